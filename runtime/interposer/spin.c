/* Spin locks. One that waits spins in the C library, so to the kernel it runs; its record says that it waits.
 *
 * A spin lock is one number. A number of its own for the order has no room in it, so that an acquire is stamped behind a fence;
 * and that other processes may use it is known only where it is initialised. So from the first such lock on, each record of
 * any spin lock says that it may be, which is dropped again where its memory is private (emit/shared.c). A process
 * that uses another's without having initialised one, nor been forked by one that has, is taken to have its own. */
#include <errno.h>

#include "interposer/real.h"

static bool any_shared; /* set, never cleared; a thread that does not see it yet uses none of them yet */

static unsigned sharing(void) {
        return __atomic_load_n(&any_shared, __ATOMIC_RELAXED) ? RECORD_SHARED : 0;
}

static uint64_t address_of(pthread_spinlock_t *lock) {
        return (uint64_t) (uintptr_t) lock;
}

static int record_outcome(struct emit_site site, pthread_spinlock_t *lock, unsigned flags, int result) {
        if (result == 0)
                emit_after(site, EV_LOCK, OBJECT_SPINLOCK, flags | sharing(), address_of(lock), 0, 0);
        else
                emit(site, EV_LOCK_FAIL, OBJECT_SPINLOCK, flags | sharing(), address_of(lock), 0, (uint32_t) result);
        return result;
}

EXPORT int pthread_spin_lock(pthread_spinlock_t *lock) {
        struct emit_site site = EMIT_SITE;

        if (!wrapper_records())
                return REAL(pthread_spin_lock)(lock);
        if (__builtin_expect(REAL(pthread_spin_trylock)(lock) == 0, 1))
                return record_outcome(site, lock, 0, 0);
        emit(site, EV_LOCK_WAIT, OBJECT_SPINLOCK, sharing(), address_of(lock), 0, 0);
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
                emit(site, EV_UNLOCK, OBJECT_SPINLOCK, sharing(), address_of(lock), 0, 0);
        return REAL(pthread_spin_unlock)(lock);
}

EXPORT int pthread_spin_init(pthread_spinlock_t *lock, int shared) {
        struct emit_site site = EMIT_SITE;
        int result = REAL(pthread_spin_init)(lock, shared);

        if (shared == PTHREAD_PROCESS_SHARED)
                __atomic_store_n(&any_shared, true, __ATOMIC_RELAXED);
        if (result == 0 && wrapper_records())
                emit(site, EV_LOCK_INIT, OBJECT_SPINLOCK, sharing(), address_of(lock), 0, 0);
        return result;
}

EXPORT int pthread_spin_destroy(pthread_spinlock_t *lock) {
        struct emit_site site = EMIT_SITE;

        /* Before, since the memory may be another lock right after. */
        if (wrapper_records())
                emit(site, EV_LOCK_DESTROY, OBJECT_SPINLOCK, sharing(), address_of(lock), 0, 0);
        return REAL(pthread_spin_destroy)(lock);
}
