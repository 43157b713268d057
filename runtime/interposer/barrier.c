/* Barriers. Every arrival is recorded, the last one of a round too: it lets the others through. */
#include "interposer/real.h"

/* glibc's barrier, which its header does not show (since 2.25). */
enum { BARRIER_IN, BARRIER_ROUND, BARRIER_COUNT, BARRIER_SHARED };

static unsigned shared_flag(const pthread_barrier_t *barrier) {
        unsigned words[BARRIER_SHARED + 1];

        __builtin_memcpy(words, barrier, sizeof(words));
        return words[BARRIER_SHARED] ? RECORD_SHARED : 0;
}

EXPORT int pthread_barrier_wait(pthread_barrier_t *barrier) {
        struct emit_site site = EMIT_SITE;
        unsigned flags;
        int result;

        if (!wrapper_records())
                return REAL(pthread_barrier_wait)(barrier);
        flags = shared_flag(barrier); /* which may be gone afterwards */
        emit(site, EV_BARRIER_WAIT, OBJECT_BARRIER, flags, (uint64_t) (uintptr_t) barrier, 0, 0);
        result = REAL(pthread_barrier_wait)(barrier);
        emit_after(site, EV_BARRIER_LEAVE, OBJECT_BARRIER, flags, (uint64_t) (uintptr_t) barrier, 0, 0);
        return result;
}

EXPORT int pthread_barrier_init(pthread_barrier_t *barrier, const pthread_barrierattr_t *attributes, unsigned count) {
        struct emit_site site = EMIT_SITE;
        int result = REAL(pthread_barrier_init)(barrier, attributes, count);

        if (result == 0 && wrapper_records())
                emit(site, EV_LOCK_INIT, OBJECT_BARRIER, shared_flag(barrier), (uint64_t) (uintptr_t) barrier, 0, count);
        return result;
}

/* Waits until those that were let through have left, which nobody can keep them from. */
EXPORT int pthread_barrier_destroy(pthread_barrier_t *barrier) {
        struct emit_site site = EMIT_SITE;
        bool records = wrapper_records();
        unsigned flags = records ? shared_flag(barrier) : 0;
        int result = REAL(pthread_barrier_destroy)(barrier);

        if (result == 0 && records)
                emit(site, EV_LOCK_DESTROY, OBJECT_BARRIER, flags, (uint64_t) (uintptr_t) barrier, 0, 0);
        return result;
}
