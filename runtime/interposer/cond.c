/* Condition variables. A wait releases its mutex and takes it again inside the C library, where we do not see it; it is
 * recorded as what it is: unlock, wait, wake, lock. */
#include "interposer/cond.h"

#include <errno.h>

/* glibc's mark of one that other processes may use. */
enum { WREFS_SHARED = 1 };

static unsigned sharing(const pthread_cond_t *cond) {
        return cond->__data.__wrefs & WREFS_SHARED ? RECORD_SHARED : 0;
}

static void record_wait(const struct cond_wait *wait) {
        record_released(wait->site, wait->mutex);
        emit(wait->site, EV_COND_WAIT, OBJECT_COND, wait->flags, (uint64_t) (uintptr_t) wait->cond, 0, 0);
}

static void record_woken(const struct cond_wait *wait, int result) {
        emit_after(wait->site, EV_COND_WAKE, OBJECT_COND, wait->flags & RECORD_SHARED, (uint64_t) (uintptr_t) wait->cond, 0, (uint32_t) result);
        if (result != ENOTRECOVERABLE)
                record_acquired(wait->site, wait->mutex, 0, result == EOWNERDEAD ? result : 0);
}

/* A thread cancelled in its wait holds the mutex again while its clean-up handlers run. */
static void record_cancelled(void *data) {
        record_woken(data, 0);
}

int cond_wait_recorded(struct cond_wait *wait) {
        int result;

        if (!wrapper_records() || unlock_will_be_refused(wait->mutex))
                return wait->call(wait);
        record_wait(wait);
        pthread_cleanup_push(record_cancelled, wait);
        result = wait->call(wait);
        pthread_cleanup_pop(0);
        record_woken(wait, result);
        return result;
}

static int call_wait(const struct cond_wait *wait) {
        return REAL(pthread_cond_wait)(wait->cond, wait->mutex);
}

static int call_timedwait(const struct cond_wait *wait) {
        return REAL(pthread_cond_timedwait)(wait->cond, wait->mutex, wait->deadline);
}

static int call_clockwait(const struct cond_wait *wait) {
        return REAL(pthread_cond_clockwait)(wait->cond, wait->mutex, wait->clock, wait->deadline);
}

int cond_wait(struct emit_site site, pthread_cond_t *cond, pthread_mutex_t *mutex) {
        return cond_wait_recorded(&(struct cond_wait) { site, cond, mutex, sharing(cond), call_wait, 0, NULL });
}

EXPORT int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex) {
        return cond_wait(EMIT_SITE, cond, mutex);
}

int cond_timedwait(struct emit_site site, pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *deadline) {
        return cond_wait_recorded(&(struct cond_wait) { site, cond, mutex, sharing(cond) | RECORD_TIMED, call_timedwait, 0, deadline });
}

EXPORT int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *deadline) {
        return cond_timedwait(EMIT_SITE, cond, mutex, deadline);
}

EXPORT int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *deadline) {
        return cond_wait_recorded(&(struct cond_wait) { EMIT_SITE, cond, mutex, sharing(cond) | RECORD_TIMED, call_clockwait, clock, deadline });
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

void record_cond_made(struct emit_site site, pthread_cond_t *cond) {
        if (wrapper_records())
                emit(site, EV_LOCK_INIT, OBJECT_COND, sharing(cond), (uint64_t) (uintptr_t) cond, 0, 0);
}

EXPORT int pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attributes) {
        struct emit_site site = EMIT_SITE;
        int result = REAL(pthread_cond_init)(cond, attributes);

        if (result == 0)
                record_cond_made(site, cond);
        return result;
}

/* Recorded after: the C library waits in here until those that were woken have left. */
int cond_destroy(struct emit_site site, pthread_cond_t *cond) {
        unsigned flags = sharing(cond);
        int result = REAL(pthread_cond_destroy)(cond);

        if (result == 0 && wrapper_records())
                emit(site, EV_LOCK_DESTROY, OBJECT_COND, flags, (uint64_t) (uintptr_t) cond, 0, 0);
        return result;
}

EXPORT int pthread_cond_destroy(pthread_cond_t *cond) {
        return cond_destroy(EMIT_SITE, cond);
}
