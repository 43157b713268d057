/* Mutexes. A free one costs one record on acquiring and one on releasing; only one that is not free costs a further
 * record, before the thread waits. So each acquire tries first.
 *
 * A mutex's own order is a counter kept in the mutex itself, in the link that glibc uses for robust mutexes only and
 * zeroes in pthread_mutex_init() and in every static initialiser: it is written while the mutex is held, lies in the
 * cache line that was just fetched, and begins anew when the memory does. Robust mutexes go by time, stamped exactly; so do those
 * shared between processes, whose records say in place of the number which memory they lie in. */
#include <errno.h>

#include "interposer/deadline.h"
#include "interposer/mutex.h"

/* The kinds of glibc's __data.__kind that matter here. */
enum { KIND_TYPE = 3, KIND_RECURSIVE = 1, KIND_ERRORCHECK = 2, KIND_ROBUST = 16, KIND_INHERIT = 32, KIND_SHARED = 128 };

/* Of __data.__lock, where the kernel has a say in who owns it: robust mutexes and those that inherit priority. */
#define LOCK_OWNER 0x3fffffffu

/* The owner's name is not in __owner of a robust mutex whose owner before died, until it is made consistent. */
static bool is_held_by_caller(const pthread_mutex_t *mutex) {
        if (mutex->__data.__kind & (KIND_ROBUST | KIND_INHERIT))
                return ((uint32_t) mutex->__data.__lock & LOCK_OWNER) == heddle_emit_self.tid;
        return (uint32_t) mutex->__data.__owner == heddle_emit_self.tid;
}

/* Not an object of that type to the compiler, so it has to be told. */
typedef uint32_t __attribute__((may_alias)) counter;

static uint32_t next_sequence(pthread_mutex_t *mutex) {
#if defined(__LP64__)
        if (!(mutex->__data.__kind & (KIND_ROBUST | KIND_SHARED)))
                return ++*(counter *) &mutex->__data.__list.__next;
#endif
        return 0;
}

/* RECORD_SHARED for one that other processes may use. */
static unsigned sharing(const pthread_mutex_t *mutex) {
        return mutex->__data.__kind & KIND_SHARED ? RECORD_SHARED : 0;
}

static bool is_taken_again(const pthread_mutex_t *mutex) {
        return (mutex->__data.__kind & KIND_TYPE) == KIND_RECURSIVE && mutex->__data.__count > 1;
}

/* One that is taken again, or goes by time. */
__attribute__((noinline)) static void record_acquired_by_time(struct emit_site site, pthread_mutex_t *mutex, unsigned flags, int result) {
        flags |= sharing(mutex) | (is_taken_again(mutex) ? RECORD_AGAIN : 0);
        emit_after(site, EV_LOCK, OBJECT_MUTEX, flags, (uint64_t) (uintptr_t) mutex, 0, (uint32_t) result);
}

void record_acquired(struct emit_site site, pthread_mutex_t *mutex, unsigned flags, int result) {
        uint32_t sequence = __builtin_expect(is_taken_again(mutex), 0) ? 0 : next_sequence(mutex);

        if (__builtin_expect(sequence == 0, 0))
                record_acquired_by_time(site, mutex, flags, result);
        else
                emit(site, EV_LOCK, OBJECT_MUTEX, flags, (uint64_t) (uintptr_t) mutex, sequence, 0);
}

__attribute__((noinline)) static void record_released_by_time(struct emit_site site, pthread_mutex_t *mutex) {
        unsigned flags = sharing(mutex) | (is_taken_again(mutex) ? RECORD_AGAIN : 0);

        emit(site, EV_UNLOCK, OBJECT_MUTEX, flags, (uint64_t) (uintptr_t) mutex, 0, 0);
}

void record_released(struct emit_site site, pthread_mutex_t *mutex) {
        uint32_t sequence = __builtin_expect(is_taken_again(mutex), 0) ? 0 : next_sequence(mutex);

        if (__builtin_expect(sequence == 0, 0))
                record_released_by_time(site, mutex);
        else
                emit(site, EV_UNLOCK, OBJECT_MUTEX, 0, (uint64_t) (uintptr_t) mutex, sequence, 0);
}

/* Those that keep no owner, the adaptive ones too, are unlocked by whoever asks. */
static bool is_unlocked_by_anybody(const pthread_mutex_t *mutex) {
        int type = mutex->__data.__kind & KIND_TYPE;

        return !(mutex->__data.__kind & (KIND_ROBUST | KIND_INHERIT)) && type != KIND_RECURSIVE && type != KIND_ERRORCHECK;
}

/* An unlock that the C library will refuse changes nothing. */
bool unlock_will_be_refused(const pthread_mutex_t *mutex) {
        return !is_unlocked_by_anybody(mutex) && !is_held_by_caller(mutex);
}

/* Both acquire, and the record's value says which; the second after the owner of a robust mutex died. */
static bool is_acquired(int result) {
        return result == 0 || result == EOWNERDEAD;
}

/* Takes a mutex that is free; EBUSY when it is not. For a robust one that is a wait which is over at once: glibc's
 * pthread_mutex_trylock() locks one that cannot be recovered for good, where locking only says so. */
static int try_to_lock(pthread_mutex_t *mutex) {
        static const struct timespec long_ago;
        int result;

        if (__builtin_expect(!(mutex->__data.__kind & KIND_ROBUST), 1))
                return REAL(pthread_mutex_trylock)(mutex);
        result = REAL(pthread_mutex_timedlock)(mutex, &long_ago);
        return result == ETIMEDOUT ? EBUSY : result;
}

static int record_outcome(struct emit_site site, pthread_mutex_t *mutex, unsigned flags, int result) {
        if (is_acquired(result))
                record_acquired(site, mutex, flags, result);
        else
                emit(site, EV_LOCK_FAIL, OBJECT_MUTEX, flags | sharing(mutex), (uint64_t) (uintptr_t) mutex, 0, (uint32_t) result);
        return result;
}

static void record_wait(struct emit_site site, pthread_mutex_t *mutex, unsigned flags) {
        emit(site, EV_LOCK_WAIT, OBJECT_MUTEX, flags | sharing(mutex), (uint64_t) (uintptr_t) mutex, 0, 0);
}

__attribute__((noinline)) static int lock_contended(struct emit_site site, pthread_mutex_t *mutex) {
        record_wait(site, mutex, 0);
        return record_outcome(site, mutex, 0, REAL(pthread_mutex_lock)(mutex));
}

/* Inlined into pthread_mutex_lock(), and a function for others. */
__attribute__((always_inline)) inline int mutex_lock(struct emit_site site, pthread_mutex_t *mutex) {
        int result;

        if (!wrapper_records() || __builtin_expect(emit_is_unwinders(mutex), 0))
                return REAL(pthread_mutex_lock)(mutex);
        result = try_to_lock(mutex);
        if (__builtin_expect(result != 0, 0))
                return result == EBUSY ? lock_contended(site, mutex) : record_outcome(site, mutex, 0, result);
        record_acquired(site, mutex, 0, 0);
        return result;
}

EXPORT int pthread_mutex_lock(pthread_mutex_t *mutex) {
        return mutex_lock(EMIT_SITE, mutex);
}

int mutex_trylock(struct emit_site site, pthread_mutex_t *mutex) {
        int result = REAL(pthread_mutex_trylock)(mutex);

        if (!wrapper_records())
                return result;
        return record_outcome(site, mutex, RECORD_TRY, result);
}

EXPORT int pthread_mutex_trylock(pthread_mutex_t *mutex) {
        return mutex_trylock(EMIT_SITE, mutex);
}

int mutex_timedlock(struct emit_site site, pthread_mutex_t *mutex, const struct timespec *deadline) {
        int result;

        if (!wrapper_records())
                return REAL(pthread_mutex_timedlock)(mutex, deadline);
        result = try_to_lock(mutex);
        if (result != EBUSY)
                return record_outcome(site, mutex, RECORD_TIMED, result);
        record_wait(site, mutex, RECORD_TIMED);
        return record_outcome(site, mutex, RECORD_TIMED, REAL(pthread_mutex_timedlock)(mutex, deadline));
}

EXPORT int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *deadline) {
        return mutex_timedlock(EMIT_SITE, mutex, deadline);
}

/* A clock that cannot be waited by is refused even where the mutex is free; a deadline that makes no sense is not. */
EXPORT int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock, const struct timespec *deadline) {
        struct emit_site site = EMIT_SITE;
        int result;

        if (!wrapper_records() || !clock_is_valid(clock))
                return REAL(pthread_mutex_clocklock)(mutex, clock, deadline);
        result = try_to_lock(mutex);
        if (result != EBUSY)
                return record_outcome(site, mutex, RECORD_TIMED, result);
        record_wait(site, mutex, RECORD_TIMED);
        return record_outcome(site, mutex, RECORD_TIMED, REAL(pthread_mutex_clocklock)(mutex, clock, deadline));
}

__attribute__((noinline)) static int unlock_refused(struct emit_site site, pthread_mutex_t *mutex) {
        int result = REAL(pthread_mutex_unlock)(mutex);

        if (result != 0)
                emit(site, EV_UNLOCK_FAIL, OBJECT_MUTEX, sharing(mutex), (uint64_t) (uintptr_t) mutex, 0, (uint32_t) result);
        return result;
}

__attribute__((always_inline)) inline int mutex_unlock(struct emit_site site, pthread_mutex_t *mutex) {
        if (!wrapper_records() || __builtin_expect(emit_is_unwinders(mutex), 0))
                return REAL(pthread_mutex_unlock)(mutex);
        if (__builtin_expect(unlock_will_be_refused(mutex), 0))
                return unlock_refused(site, mutex);
        record_released(site, mutex);
        return REAL(pthread_mutex_unlock)(mutex);
}

EXPORT int pthread_mutex_unlock(pthread_mutex_t *mutex) {
        return mutex_unlock(EMIT_SITE, mutex);
}

void record_made(struct emit_site site, pthread_mutex_t *mutex) {
        if (wrapper_records())
                emit(site, EV_LOCK_INIT, OBJECT_MUTEX, sharing(mutex), (uint64_t) (uintptr_t) mutex, 0,
                     mutex->__data.__kind & KIND_ROBUST ? MUTEX_ROBUST : 0);
}

EXPORT int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes) {
        struct emit_site site = EMIT_SITE;
        int result = REAL(pthread_mutex_init)(mutex, attributes);

        if (result == 0)
                record_made(site, mutex);
        return result;
}

/* One that is busy is not destroyed. Whether it is, only the C library knows for every kind; the memory is no other mutex
 * before this has returned. */
int mutex_destroy(struct emit_site site, pthread_mutex_t *mutex) {
        unsigned flags = sharing(mutex);
        int result = REAL(pthread_mutex_destroy)(mutex);

        if (wrapper_records())
                emit(site, result == 0 ? EV_LOCK_DESTROY : EV_DESTROY_FAIL, OBJECT_MUTEX, flags, (uint64_t) (uintptr_t) mutex, 0,
                     (uint32_t) result);
        return result;
}

EXPORT int pthread_mutex_destroy(pthread_mutex_t *mutex) {
        return mutex_destroy(EMIT_SITE, mutex);
}

/* Locks the mutex inside the C library, and unlocks it again: a wait, after which nothing is held. */
EXPORT int pthread_mutex_setprioceiling(pthread_mutex_t *mutex, int ceiling, int *ret_before) {
        struct emit_site site = EMIT_SITE;
        int result;

        if (!wrapper_records() || is_held_by_caller(mutex))
                return REAL(pthread_mutex_setprioceiling)(mutex, ceiling, ret_before);
        record_wait(site, mutex, 0);
        result = REAL(pthread_mutex_setprioceiling)(mutex, ceiling, ret_before);
        emit(site, EV_LOCK_FAIL, OBJECT_MUTEX, sharing(mutex), (uint64_t) (uintptr_t) mutex, 0, (uint32_t) result);
        return result;
}
