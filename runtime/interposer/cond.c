/* Condition variables. A wait releases its mutex and takes it again inside the C library, where we do not see it; it is
 * recorded as what it is: unlock, wait, wake, lock. */
#include <errno.h>

#include "interposer/mutex.h"

/* glibc's mark of one that other processes may use. */
enum { WREFS_SHARED = 1 };

static unsigned sharing(const pthread_cond_t *cond) {
        return cond->__data.__wrefs & WREFS_SHARED ? RECORD_SHARED : 0;
}

static bool records_wait(const pthread_mutex_t *mutex) {
        return wrapper_records() && !unlock_will_be_refused(mutex);
}

static void record_wait(struct emit_site site, pthread_cond_t *cond, pthread_mutex_t *mutex, unsigned flags) {
        record_released(site, mutex);
        emit(site, EV_COND_WAIT, OBJECT_COND, flags | sharing(cond), (uint64_t) (uintptr_t) cond, 0, 0);
}

static int record_woken(struct emit_site site, pthread_cond_t *cond, pthread_mutex_t *mutex, int result) {
        emit_after(site, EV_COND_WAKE, OBJECT_COND, sharing(cond), (uint64_t) (uintptr_t) cond, 0, (uint32_t) result);
        if (result != ENOTRECOVERABLE)
                record_acquired(site, mutex, 0);
        return result;
}

/* A thread cancelled in its wait holds the mutex again while its clean-up handlers run. */
struct cancelled {
        struct emit_site site;
        pthread_cond_t *cond;
        pthread_mutex_t *mutex;
};

static void record_cancelled(void *data) {
        struct cancelled *cancelled = data;

        record_woken(cancelled->site, cancelled->cond, cancelled->mutex, 0);
}

int cond_wait(struct emit_site site, pthread_cond_t *cond, pthread_mutex_t *mutex) {
        struct cancelled cancelled = { site, cond, mutex };
        int result;

        if (!records_wait(mutex))
                return REAL(pthread_cond_wait)(cond, mutex);
        record_wait(site, cond, mutex, 0);
        pthread_cleanup_push(record_cancelled, &cancelled);
        result = REAL(pthread_cond_wait)(cond, mutex);
        pthread_cleanup_pop(0);
        return record_woken(site, cond, mutex, result);
}

EXPORT int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex) {
        return cond_wait(EMIT_SITE, cond, mutex);
}

int cond_timedwait(struct emit_site site, pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *deadline) {
        struct cancelled cancelled = { site, cond, mutex };
        int result;

        if (!records_wait(mutex))
                return REAL(pthread_cond_timedwait)(cond, mutex, deadline);
        record_wait(site, cond, mutex, RECORD_TIMED);
        pthread_cleanup_push(record_cancelled, &cancelled);
        result = REAL(pthread_cond_timedwait)(cond, mutex, deadline);
        pthread_cleanup_pop(0);
        return record_woken(site, cond, mutex, result);
}

EXPORT int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *deadline) {
        return cond_timedwait(EMIT_SITE, cond, mutex, deadline);
}

EXPORT int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *deadline) {
        struct emit_site site = EMIT_SITE;
        struct cancelled cancelled = { site, cond, mutex };
        int result;

        if (!records_wait(mutex))
                return REAL(pthread_cond_clockwait)(cond, mutex, clock, deadline);
        record_wait(site, cond, mutex, RECORD_TIMED);
        pthread_cleanup_push(record_cancelled, &cancelled);
        result = REAL(pthread_cond_clockwait)(cond, mutex, clock, deadline);
        pthread_cleanup_pop(0);
        return record_woken(site, cond, mutex, result);
}

/* Recorded before: the woken thread must not seem to be awake first. */
int cond_signal(struct emit_site site, pthread_cond_t *cond) {
        if (wrapper_records())
                emit(site, EV_COND_SIGNAL, OBJECT_COND, sharing(cond), (uint64_t) (uintptr_t) cond, 0, 0);
        return REAL(pthread_cond_signal)(cond);
}

EXPORT int pthread_cond_signal(pthread_cond_t *cond) {
        return cond_signal(EMIT_SITE, cond);
}

int cond_broadcast(struct emit_site site, pthread_cond_t *cond) {
        if (wrapper_records())
                emit(site, EV_COND_BROADCAST, OBJECT_COND, sharing(cond), (uint64_t) (uintptr_t) cond, 0, 0);
        return REAL(pthread_cond_broadcast)(cond);
}

EXPORT int pthread_cond_broadcast(pthread_cond_t *cond) {
        return cond_broadcast(EMIT_SITE, cond);
}
