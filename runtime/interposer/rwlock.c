/* Read-write locks. As with mutexes, each acquire tries first, so that only one that has to wait costs a second record.
 *
 * They have no number of their own for the order: readers come and go at the same time, and nothing in a lock that is only
 * read belongs to one of them. So an acquire is stamped behind a fence, after the release that let it in. A thread that reads
 * a lock again while it reads it has two holds; nothing in the lock would tell that cheaply, and the analyses count them. */
#include <errno.h>

#include "interposer/deadline.h"
#include "interposer/real.h"

static unsigned shared_flag(const pthread_rwlock_t *lock) {
        return lock->__data.__shared ? RECORD_SHARED : 0;
}

static int record_outcome(struct emit_site site, const pthread_rwlock_t *lock, unsigned flags, int result) {
        if (result == 0)
                emit_after(site, EV_LOCK, OBJECT_RWLOCK, flags | shared_flag(lock), (uint64_t) (uintptr_t) lock, 0, 0);
        else
                emit(site, EV_LOCK_FAIL, OBJECT_RWLOCK, flags | shared_flag(lock), (uint64_t) (uintptr_t) lock, 0, (uint32_t) result);
        return result;
}

static void record_wait(struct emit_site site, const pthread_rwlock_t *lock, unsigned flags) {
        emit(site, EV_LOCK_WAIT, OBJECT_RWLOCK, flags | shared_flag(lock), (uint64_t) (uintptr_t) lock, 0, 0);
}

/* Whether that was all: the lock was taken, or refused for another reason than that it is busy. Else the wait is recorded. */
static bool is_settled(struct emit_site site, const pthread_rwlock_t *lock, unsigned flags, int result) {
        if (__builtin_expect(result == EBUSY, 0)) {
                record_wait(site, lock, flags);
                return false;
        }
        record_outcome(site, lock, flags, result);
        return true;
}

EXPORT int pthread_rwlock_rdlock(pthread_rwlock_t *lock) {
        struct emit_site site = EMIT_SITE;
        int result;

        if (!wrapper_records())
                return REAL(pthread_rwlock_rdlock)(lock);
        result = REAL(pthread_rwlock_tryrdlock)(lock);
        if (is_settled(site, lock, RECORD_READ, result))
                return result;
        return record_outcome(site, lock, RECORD_READ, REAL(pthread_rwlock_rdlock)(lock));
}

EXPORT int pthread_rwlock_wrlock(pthread_rwlock_t *lock) {
        struct emit_site site = EMIT_SITE;
        int result;

        if (!wrapper_records())
                return REAL(pthread_rwlock_wrlock)(lock);
        result = REAL(pthread_rwlock_trywrlock)(lock);
        if (is_settled(site, lock, 0, result))
                return result;
        return record_outcome(site, lock, 0, REAL(pthread_rwlock_wrlock)(lock));
}

EXPORT int pthread_rwlock_tryrdlock(pthread_rwlock_t *lock) {
        struct emit_site site = EMIT_SITE;
        int result = REAL(pthread_rwlock_tryrdlock)(lock);

        return wrapper_records() ? record_outcome(site, lock, RECORD_TRY | RECORD_READ, result) : result;
}

EXPORT int pthread_rwlock_trywrlock(pthread_rwlock_t *lock) {
        struct emit_site site = EMIT_SITE;
        int result = REAL(pthread_rwlock_trywrlock)(lock);

        return wrapper_records() ? record_outcome(site, lock, RECORD_TRY, result) : result;
}

/* A deadline that makes no sense is refused even where the lock is free, so it has to get as far as the C library. */

EXPORT int pthread_rwlock_timedrdlock(pthread_rwlock_t *lock, const struct timespec *deadline) {
        struct emit_site site = EMIT_SITE;
        int result;

        if (!wrapper_records() || !deadline_is_valid(CLOCK_REALTIME, deadline))
                return REAL(pthread_rwlock_timedrdlock)(lock, deadline);
        result = REAL(pthread_rwlock_tryrdlock)(lock);
        if (is_settled(site, lock, RECORD_TIMED | RECORD_READ, result))
                return result;
        return record_outcome(site, lock, RECORD_TIMED | RECORD_READ, REAL(pthread_rwlock_timedrdlock)(lock, deadline));
}

EXPORT int pthread_rwlock_timedwrlock(pthread_rwlock_t *lock, const struct timespec *deadline) {
        struct emit_site site = EMIT_SITE;
        int result;

        if (!wrapper_records() || !deadline_is_valid(CLOCK_REALTIME, deadline))
                return REAL(pthread_rwlock_timedwrlock)(lock, deadline);
        result = REAL(pthread_rwlock_trywrlock)(lock);
        if (is_settled(site, lock, RECORD_TIMED, result))
                return result;
        return record_outcome(site, lock, RECORD_TIMED, REAL(pthread_rwlock_timedwrlock)(lock, deadline));
}

EXPORT int pthread_rwlock_clockrdlock(pthread_rwlock_t *lock, clockid_t clock, const struct timespec *deadline) {
        struct emit_site site = EMIT_SITE;
        int result;

        if (!wrapper_records() || !deadline_is_valid(clock, deadline))
                return REAL(pthread_rwlock_clockrdlock)(lock, clock, deadline);
        result = REAL(pthread_rwlock_tryrdlock)(lock);
        if (is_settled(site, lock, RECORD_TIMED | RECORD_READ, result))
                return result;
        return record_outcome(site, lock, RECORD_TIMED | RECORD_READ, REAL(pthread_rwlock_clockrdlock)(lock, clock, deadline));
}

EXPORT int pthread_rwlock_clockwrlock(pthread_rwlock_t *lock, clockid_t clock, const struct timespec *deadline) {
        struct emit_site site = EMIT_SITE;
        int result;

        if (!wrapper_records() || !deadline_is_valid(clock, deadline))
                return REAL(pthread_rwlock_clockwrlock)(lock, clock, deadline);
        result = REAL(pthread_rwlock_trywrlock)(lock);
        if (is_settled(site, lock, RECORD_TIMED, result))
                return result;
        return record_outcome(site, lock, RECORD_TIMED, REAL(pthread_rwlock_clockwrlock)(lock, clock, deadline));
}

/* The C library asks the same to know which of the two it is. */
static bool is_written_by_caller(const pthread_rwlock_t *lock) {
        return (uint32_t) __atomic_load_n(&lock->__data.__cur_writer, __ATOMIC_RELAXED) == heddle_emit_self.tid;
}

EXPORT int pthread_rwlock_unlock(pthread_rwlock_t *lock) {
        struct emit_site site = EMIT_SITE;

        if (wrapper_records())
                emit(site, EV_UNLOCK, OBJECT_RWLOCK, shared_flag(lock) | (is_written_by_caller(lock) ? 0 : RECORD_READ),
                     (uint64_t) (uintptr_t) lock, 0, 0);
        return REAL(pthread_rwlock_unlock)(lock);
}

EXPORT int pthread_rwlock_init(pthread_rwlock_t *lock, const pthread_rwlockattr_t *attributes) {
        struct emit_site site = EMIT_SITE;
        int result = REAL(pthread_rwlock_init)(lock, attributes);

        if (result == 0 && wrapper_records())
                emit(site, EV_LOCK_INIT, OBJECT_RWLOCK, shared_flag(lock), (uint64_t) (uintptr_t) lock, 0, 0);
        return result;
}

EXPORT int pthread_rwlock_destroy(pthread_rwlock_t *lock) {
        struct emit_site site = EMIT_SITE;

        /* Before, since the memory may be another lock right after. */
        if (wrapper_records())
                emit(site, EV_LOCK_DESTROY, OBJECT_RWLOCK, shared_flag(lock), (uint64_t) (uintptr_t) lock, 0, 0);
        return REAL(pthread_rwlock_destroy)(lock);
}
