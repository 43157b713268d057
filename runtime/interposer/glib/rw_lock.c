/* GRWLock. It holds a pthread_rwlock_t behind a pointer; what is recorded is the program's own variable. */
#include "interposer/glib/glib.h"

EXPORT glib_void g_rw_lock_init(void *lock) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;
        bool records = glib_records(glib);
        glib_void result;
        GLIB_INSIDE;

        result = glib->g_rw_lock_init(lock);
        if (records)
                glib_record(site, EV_LOCK_INIT, OBJECT_RWLOCK, 0, lock);
        return result;
}

EXPORT glib_void g_rw_lock_clear(void *lock) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;

        if (glib_records(glib))
                glib_record(site, EV_LOCK_DESTROY, OBJECT_RWLOCK, 0, lock);
        GLIB_INSIDE;
        return glib->g_rw_lock_clear(lock);
}

static glib_void take(struct emit_site site, const struct glib *glib, unsigned flags, void *lock, int (*try)(void *), glib_void (*wait)(void *)) {
        bool records = glib_records(glib);
        GLIB_INSIDE;

        return records ? glib_take(site, OBJECT_RWLOCK, flags, lock, try, wait) : wait(lock);
}

static int try_to_take(struct emit_site site, const struct glib *glib, unsigned flags, void *lock, int (*try)(void *)) {
        bool records = glib_records(glib);
        int taken;
        GLIB_INSIDE;

        taken = try(lock);
        return records ? glib_record_tried(site, OBJECT_RWLOCK, flags, lock, taken) : taken;
}

static glib_void release(struct emit_site site, const struct glib *glib, unsigned flags, void *lock, glib_void (*unlock)(void *)) {
        if (glib_records(glib))
                glib_record(site, EV_UNLOCK, OBJECT_RWLOCK, flags, lock);
        GLIB_INSIDE;
        return unlock(lock);
}

EXPORT glib_void g_rw_lock_writer_lock(void *lock) {
        const struct glib *glib = GLIB;

        return take(EMIT_SITE, glib, 0, lock, glib->g_rw_lock_writer_trylock, glib->g_rw_lock_writer_lock);
}

EXPORT int g_rw_lock_writer_trylock(void *lock) {
        const struct glib *glib = GLIB;

        return try_to_take(EMIT_SITE, glib, 0, lock, glib->g_rw_lock_writer_trylock);
}

EXPORT glib_void g_rw_lock_writer_unlock(void *lock) {
        const struct glib *glib = GLIB;

        return release(EMIT_SITE, glib, 0, lock, glib->g_rw_lock_writer_unlock);
}

EXPORT glib_void g_rw_lock_reader_lock(void *lock) {
        const struct glib *glib = GLIB;

        return take(EMIT_SITE, glib, RECORD_READ, lock, glib->g_rw_lock_reader_trylock, glib->g_rw_lock_reader_lock);
}

EXPORT int g_rw_lock_reader_trylock(void *lock) {
        const struct glib *glib = GLIB;

        return try_to_take(EMIT_SITE, glib, RECORD_READ, lock, glib->g_rw_lock_reader_trylock);
}

EXPORT glib_void g_rw_lock_reader_unlock(void *lock) {
        const struct glib *glib = GLIB;

        return release(EMIT_SITE, glib, RECORD_READ, lock, glib->g_rw_lock_reader_unlock);
}
