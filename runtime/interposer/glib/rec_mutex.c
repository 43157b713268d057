/* GRecMutex. It holds a recursive pthread_mutex_t behind a pointer; what is recorded is the program's own variable. */
#include "interposer/glib/glib.h"

/* Its first word points to that mutex, from its first lock on, in every GLib since 2.32 on systems with pthreads. */
struct rec_mutex {
        const pthread_mutex_t *inner;
};

enum { KIND_TYPE = 3, KIND_RECURSIVE = 1 }; /* of glibc's __data.__kind */

/* Held by the caller, and not for the first time. */
static unsigned again_flag(const struct rec_mutex *mutex) {
        const pthread_mutex_t *inner = mutex->inner;

        return inner && (inner->__data.__kind & KIND_TYPE) == KIND_RECURSIVE && inner->__data.__count > 1 ? RECORD_AGAIN : 0;
}

EXPORT glib_void g_rec_mutex_init(void *mutex) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;
        bool records = glib_records(glib);
        glib_void result;
        GLIB_INSIDE;

        result = glib->g_rec_mutex_init(mutex);
        if (records)
                glib_record(site, EV_LOCK_INIT, OBJECT_MUTEX, 0, mutex);
        return result;
}

EXPORT glib_void g_rec_mutex_clear(void *mutex) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;

        if (glib_records(glib))
                glib_record(site, EV_LOCK_DESTROY, OBJECT_MUTEX, 0, mutex);
        GLIB_INSIDE;
        return glib->g_rec_mutex_clear(mutex);
}

EXPORT glib_void g_rec_mutex_lock(void *mutex) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;
        bool records = glib_records(glib);
        GLIB_INSIDE;

        if (!records)
                return glib->g_rec_mutex_lock(mutex);
        if (!glib->g_rec_mutex_trylock(mutex)) {
                glib_record(site, EV_LOCK_WAIT, OBJECT_MUTEX, 0, mutex);
                glib->g_rec_mutex_lock(mutex);
        }
        glib_record_after(site, EV_LOCK, OBJECT_MUTEX, again_flag(mutex), mutex);
        return 0;
}

EXPORT int g_rec_mutex_trylock(void *mutex) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;
        bool records = glib_records(glib);
        int taken;
        GLIB_INSIDE;

        taken = glib->g_rec_mutex_trylock(mutex);
        return records ? glib_record_tried(site, OBJECT_MUTEX, taken ? again_flag(mutex) : 0, mutex, taken) : taken;
}

EXPORT glib_void g_rec_mutex_unlock(void *mutex) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;

        if (glib_records(glib))
                glib_record(site, EV_UNLOCK, OBJECT_MUTEX, again_flag(mutex), mutex);
        GLIB_INSIDE;
        return glib->g_rec_mutex_unlock(mutex);
}
