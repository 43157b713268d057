/* Spin locks. One that waits spins in the C library, so to the kernel it runs; its record says that it waits.
 *
 * A spin lock is one number, which is all that there is to tell: that it is shared between processes is known only where it
 * is initialised, and a number of its own for the order has no room, so that an acquire is stamped behind a fence. */
#include <errno.h>

#include "interposer/real.h"

static uint64_t address_of(pthread_spinlock_t *lock) {
        return (uint64_t) (uintptr_t) lock;
}

static int record_outcome(struct emit_site site, pthread_spinlock_t *lock, unsigned flags, int result) {
        if (result == 0)
                emit_after(site, EV_LOCK, OBJECT_SPINLOCK, flags, address_of(lock), 0, 0);
        else
                emit(site, EV_LOCK_FAIL, OBJECT_SPINLOCK, flags, address_of(lock), 0, (uint32_t) result);
        return result;
}

EXPORT int pthread_spin_lock(pthread_spinlock_t *lock) {
        struct emit_site site = EMIT_SITE;

        if (!wrapper_records())
                return REAL(pthread_spin_lock)(lock);
        if (__builtin_expect(REAL(pthread_spin_trylock)(lock) == 0, 1))
                return record_outcome(site, lock, 0, 0);
        emit(site, EV_LOCK_WAIT, OBJECT_SPINLOCK, 0, address_of(lock), 0, 0);
        return record_outcome(site, lock, 0, REAL(pthread_spin_lock)(lock));
}

EXPORT int pthread_spin_trylock(pthread_spinlock_t *lock) {
        struct emit_site site = EMIT_SITE;
        int result = REAL(pthread_spin_trylock)(lock);

        return wrapper_records() ? record_outcome(site, lock, RECORD_TRY, result) : result;
}

EXPORT int pthread_spin_unlock(pthread_spinlock_t *lock) {
        struct emit_site site = EMIT_SITE;

        if (wrapper_records())
                emit(site, EV_UNLOCK, OBJECT_SPINLOCK, 0, address_of(lock), 0, 0);
        return REAL(pthread_spin_unlock)(lock);
}

EXPORT int pthread_spin_init(pthread_spinlock_t *lock, int shared) {
        struct emit_site site = EMIT_SITE;
        int result = REAL(pthread_spin_init)(lock, shared);

        if (result == 0 && wrapper_records())
                emit(site, EV_LOCK_INIT, OBJECT_SPINLOCK, shared == PTHREAD_PROCESS_SHARED ? RECORD_SHARED : 0, address_of(lock), 0, 0);
        return result;
}

EXPORT int pthread_spin_destroy(pthread_spinlock_t *lock) {
        struct emit_site site = EMIT_SITE;

        /* Before, since the memory may be another lock right after. */
        if (wrapper_records())
                emit(site, EV_LOCK_DESTROY, OBJECT_SPINLOCK, 0, address_of(lock), 0, 0);
        return REAL(pthread_spin_destroy)(lock);
}
