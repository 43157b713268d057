/* Threads. Their start and exit are recorded by emit/thread.c, whichever way they end. */
#include <errno.h>

#include "interposer/errand.h"
#include "interposer/thread.h"

enum { SEQUENCE_EXIT = 2 };

__thread const struct errand *heddle_errand;

EXPORT int pthread_create(pthread_t *ret_thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
        struct emit_spawn spawn = { errand_site(EMIT_SITE), REAL(pthread_create), start, argument, heddle_errand ? heddle_errand->routine : NULL };

        if (!wrapper_records())
                return REAL(pthread_create)(ret_thread, attributes, start, argument);
        return heddle_emit_spawn(&spawn, ret_thread, attributes, NULL);
}

static int record_joined(struct emit_site site, uint32_t serial, unsigned flags, int result) {
        if (result == 0)
                emit(site, EV_JOIN, OBJECT_THREAD, flags, serial, SEQUENCE_EXIT, 0);
        else
                emit(site, EV_JOIN_FAIL, OBJECT_THREAD, flags, serial, 0, (uint32_t) result);
        return result;
}

/* Joins if the thread has ended already; else records that the caller waits and returns false. */
static bool joins_at_once(struct emit_site site, pthread_t thread, uint32_t serial, void **ret_value, unsigned flags) {
        if (REAL(pthread_tryjoin_np)(thread, ret_value) == 0) {
                record_joined(site, serial, flags, 0);
                return true;
        }
        emit(site, EV_JOIN_WAIT, OBJECT_THREAD, flags, serial, 0, 0);
        return false;
}

/* A thread that is cancelled while it waits runs its clean-up handlers. */
struct joining {
        struct emit_site site;
        uint32_t serial;
        unsigned flags;
};

static void record_cancelled(void *data) {
        const struct joining *joining = data;

        record_joined(joining->site, joining->serial, joining->flags, ECANCELED);
}

int thread_join(struct emit_site site, pthread_t thread, void **ret_value) {
        struct joining joining = { .site = site };
        int result;

        if (!wrapper_records())
                return REAL(pthread_join)(thread, ret_value);
        joining.serial = heddle_emit_serial_of(thread);
        if (joins_at_once(site, thread, joining.serial, ret_value, 0))
                return 0;
        pthread_cleanup_push(record_cancelled, &joining);
        result = REAL(pthread_join)(thread, ret_value);
        pthread_cleanup_pop(0);
        return record_joined(site, joining.serial, 0, result);
}

EXPORT int pthread_join(pthread_t thread, void **ret_value) {
        return thread_join(errand_site(EMIT_SITE), thread, ret_value);
}

EXPORT int pthread_tryjoin_np(pthread_t thread, void **ret_value) {
        struct emit_site site = EMIT_SITE;
        uint32_t serial;

        if (!wrapper_records())
                return REAL(pthread_tryjoin_np)(thread, ret_value);
        serial = heddle_emit_serial_of(thread);
        return record_joined(site, serial, RECORD_TRY, REAL(pthread_tryjoin_np)(thread, ret_value));
}

EXPORT int pthread_timedjoin_np(pthread_t thread, void **ret_value, const struct timespec *deadline) {
        struct joining joining = { .site = EMIT_SITE, .flags = RECORD_TIMED };
        int result;

        if (!wrapper_records())
                return REAL(pthread_timedjoin_np)(thread, ret_value, deadline);
        joining.serial = heddle_emit_serial_of(thread);
        if (joins_at_once(joining.site, thread, joining.serial, ret_value, RECORD_TIMED))
                return 0;
        pthread_cleanup_push(record_cancelled, &joining);
        result = REAL(pthread_timedjoin_np)(thread, ret_value, deadline);
        pthread_cleanup_pop(0);
        return record_joined(joining.site, joining.serial, RECORD_TIMED, result);
}

EXPORT int pthread_clockjoin_np(pthread_t thread, void **ret_value, clockid_t clock, const struct timespec *deadline) {
        struct joining joining = { .site = EMIT_SITE, .flags = RECORD_TIMED };
        int result;

        if (!wrapper_records())
                return REAL(pthread_clockjoin_np)(thread, ret_value, clock, deadline);
        joining.serial = heddle_emit_serial_of(thread);
        if (joins_at_once(joining.site, thread, joining.serial, ret_value, RECORD_TIMED))
                return 0;
        pthread_cleanup_push(record_cancelled, &joining);
        result = REAL(pthread_clockjoin_np)(thread, ret_value, clock, deadline);
        pthread_cleanup_pop(0);
        return record_joined(joining.site, joining.serial, RECORD_TIMED, result);
}

int thread_detach(struct emit_site site, pthread_t thread) {
        if (wrapper_records())
                emit(site, EV_DETACH, OBJECT_THREAD, 0, heddle_emit_serial_of(thread), 0, 0);
        return REAL(pthread_detach)(thread);
}

EXPORT int pthread_detach(pthread_t thread) {
        return thread_detach(EMIT_SITE, thread);
}

EXPORT int pthread_setname_np(pthread_t thread, const char *name) {
        int result = REAL(pthread_setname_np)(thread, name);
        uint32_t serial;

        if (result == 0 && wrapper_records() && (serial = heddle_emit_serial_of(thread)))
                heddle_emit_name(OBJECT_THREAD, serial, name);
        return result;
}
