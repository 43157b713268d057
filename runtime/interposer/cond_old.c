/* Condition variables of programs that were linked on x86-64 before 2003. glibc keeps that version of the functions, with objects
 * of another kind: a pointer to a condition variable, which is made when it is used first. Today's functions would write
 * behind such an object, so our own must not be taken for these either: versions.map tells them apart. */
#include "interposer/cond.h"

#if defined(__x86_64__) && defined(__LP64__)

#define EXPORT_OLD(name)                                                    \
        __asm__(".symver old_" #name ", " #name "@GLIBC_2.2.5");            \
        __attribute__((visibility("default"), used))

#define REAL_OLD(name) REAL(old_##name)

static int call_wait(const struct cond_wait *wait) {
        return REAL_OLD(pthread_cond_wait)(wait->cond, wait->mutex);
}

static int call_timedwait(const struct cond_wait *wait) {
        return REAL_OLD(pthread_cond_timedwait)(wait->cond, wait->mutex, wait->deadline);
}

int old_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex);
int old_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *deadline);
int old_pthread_cond_signal(pthread_cond_t *cond);
int old_pthread_cond_broadcast(pthread_cond_t *cond);
int old_pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attributes);
int old_pthread_cond_destroy(pthread_cond_t *cond);

EXPORT_OLD(pthread_cond_wait) int old_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex) {
        return cond_wait_recorded(&(struct cond_wait) { EMIT_SITE, cond, mutex, 0, call_wait, 0, NULL });
}

EXPORT_OLD(pthread_cond_timedwait) int old_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *deadline) {
        return cond_wait_recorded(&(struct cond_wait) { EMIT_SITE, cond, mutex, RECORD_TIMED, call_timedwait, 0, deadline });
}

static void record(struct emit_site site, enum event_kind kind, const pthread_cond_t *cond) {
        if (wrapper_records())
                emit(site, kind, OBJECT_COND, 0, (uint64_t) (uintptr_t) cond, 0, 0);
}

EXPORT_OLD(pthread_cond_signal) int old_pthread_cond_signal(pthread_cond_t *cond) {
        record(EMIT_SITE, EV_COND_SIGNAL, cond);
        return REAL_OLD(pthread_cond_signal)(cond);
}

EXPORT_OLD(pthread_cond_broadcast) int old_pthread_cond_broadcast(pthread_cond_t *cond) {
        record(EMIT_SITE, EV_COND_BROADCAST, cond);
        return REAL_OLD(pthread_cond_broadcast)(cond);
}

EXPORT_OLD(pthread_cond_init) int old_pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attributes) {
        record(EMIT_SITE, EV_LOCK_INIT, cond);
        return REAL_OLD(pthread_cond_init)(cond, attributes);
}

EXPORT_OLD(pthread_cond_destroy) int old_pthread_cond_destroy(pthread_cond_t *cond) {
        record(EMIT_SITE, EV_LOCK_DESTROY, cond);
        return REAL_OLD(pthread_cond_destroy)(cond);
}

#endif
