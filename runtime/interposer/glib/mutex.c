/* GMutex, which is a futex where GLib has one, and GCond. A mutex that was never initialised is a free one. */
#include "interposer/glib/glib.h"

EXPORT glib_void g_mutex_init(void *mutex) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;
        glib_void result = glib->g_mutex_init(mutex);

        if (glib_records(glib))
                glib_record(site, EV_LOCK_INIT, OBJECT_MUTEX, 0, mutex);
        return result;
}

/* Recorded before, since the memory may be another mutex right after. */
EXPORT glib_void g_mutex_clear(void *mutex) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;

        if (glib_records(glib))
                glib_record(site, EV_LOCK_DESTROY, OBJECT_MUTEX, 0, mutex);
        return glib->g_mutex_clear(mutex);
}

EXPORT glib_void g_mutex_lock(void *mutex) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;

        if (!glib_records(glib))
                return glib->g_mutex_lock(mutex);
        return glib_take(site, OBJECT_MUTEX, 0, mutex, glib->g_mutex_trylock, glib->g_mutex_lock);
}

EXPORT int g_mutex_trylock(void *mutex) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;
        int taken = glib->g_mutex_trylock(mutex);

        return glib_records(glib) ? glib_record_tried(site, OBJECT_MUTEX, 0, mutex, taken) : taken;
}

EXPORT glib_void g_mutex_unlock(void *mutex) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;

        if (glib_records(glib))
                glib_record(site, EV_UNLOCK, OBJECT_MUTEX, 0, mutex);
        return glib->g_mutex_unlock(mutex);
}

/* ---- condition variables: a wait is unlock, wait, wake, lock */

static void record_wait(struct emit_site site, void *cond, void *mutex, unsigned flags) {
        glib_record(site, EV_UNLOCK, OBJECT_MUTEX, 0, mutex);
        glib_record(site, EV_COND_WAIT, OBJECT_COND, flags, cond);
}

static void record_woken(struct emit_site site, void *cond, void *mutex, int result) {
        glib_record_refused(site, EV_COND_WAKE, OBJECT_COND, 0, cond, result);
        glib_record_after(site, EV_LOCK, OBJECT_MUTEX, 0, mutex);
}

EXPORT glib_void g_cond_init(void *cond) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;
        glib_void result = glib->g_cond_init(cond);

        if (glib_records(glib))
                glib_record(site, EV_LOCK_INIT, OBJECT_COND, 0, cond);
        return result;
}

EXPORT glib_void g_cond_clear(void *cond) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;

        if (glib_records(glib))
                glib_record(site, EV_LOCK_DESTROY, OBJECT_COND, 0, cond);
        return glib->g_cond_clear(cond);
}

EXPORT glib_void g_cond_wait(void *cond, void *mutex) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;

        if (!glib_records(glib))
                return glib->g_cond_wait(cond, mutex);
        record_wait(site, cond, mutex, 0);
        {
                GLIB_INSIDE;
                glib->g_cond_wait(cond, mutex);
        }
        record_woken(site, cond, mutex, 0);
        return 0;
}

EXPORT int g_cond_wait_until(void *cond, void *mutex, int64_t end_time) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;
        int signalled;

        if (!glib_records(glib))
                return glib->g_cond_wait_until(cond, mutex, end_time);
        record_wait(site, cond, mutex, RECORD_TIMED);
        {
                GLIB_INSIDE;
                signalled = glib->g_cond_wait_until(cond, mutex, end_time);
        }
        record_woken(site, cond, mutex, signalled ? 0 : ETIMEDOUT);
        return signalled;
}

/* Deprecated, and still called. Without an end it waits like g_cond_wait(). */
EXPORT int g_cond_timed_wait(void *cond, void *mutex, void *end_time) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;
        int signalled;

        if (!glib_records(glib))
                return glib->g_cond_timed_wait(cond, mutex, end_time);
        record_wait(site, cond, mutex, end_time ? RECORD_TIMED : 0);
        {
                GLIB_INSIDE;
                signalled = glib->g_cond_timed_wait(cond, mutex, end_time);
        }
        record_woken(site, cond, mutex, signalled ? 0 : ETIMEDOUT);
        return signalled;
}

EXPORT glib_void g_cond_signal(void *cond) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;

        if (glib_records(glib))
                glib_record(site, EV_COND_SIGNAL, OBJECT_COND, 0, cond);
        return glib->g_cond_signal(cond);
}

EXPORT glib_void g_cond_broadcast(void *cond) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;

        if (glib_records(glib))
                glib_record(site, EV_COND_BROADCAST, OBJECT_COND, 0, cond);
        return glib->g_cond_broadcast(cond);
}
