/* Mutual exclusion, with guards that unlock by themselves and with poisoning. Modelled on std::sync::Mutex.
 *
 *     struct account { struct heddle_mutex lock; long balance; };
 *
 *     struct account savings = { .lock = HEDDLE_MUTEX_INIT };
 *
 *     HEDDLE_WITH(&savings.lock)              // locked for the statement or block that follows
 *             savings.balance += 10;
 *
 *     HEDDLE_GUARD guard = heddle_mutex_guard(&savings.lock);   // locked until the block around it ends
 *     if (savings.balance < 10)
 *             return -ENOENT;                                   // here, too
 *
 * A mutex is *poisoned* when a thread panics that holds it: what it protects may be half done. From then on locking
 * it says so, with -EOWNERDEAD. It is locked all the same, so that whoever looks can mend, clear and go on; who
 * cannot mend should panic as well.
 *
 * Not recursive: a thread that locks what it holds waits for itself, for ever. `heddle run` finds that. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <heddle/api.h>

HEDDLE_BEGIN

/* All zero is a mutex that nobody holds, so static and calloc()ed ones need no initialising. Must not be moved. */
struct heddle_mutex {
        /* For the functions below only. */
        uint32_t word;
        uint32_t sequence;
        void *owner;
        struct heddle_mutex *next_held;
        uint8_t poisoned;
};
#define HEDDLE_MUTEX_INIT { 0, 0, NULL, NULL, 0 }

/* Makes a mutex in the caller's memory, and ends one, before that memory is used otherwise. Both tell the trace that
 * this is another mutex than what was at the same address before; nothing else needs them.
 * finish: 0, or -EBUSY while somebody holds it: then it stays as it is. Rust: Mutex::new, and dropping it. */
HEDDLE_API void heddle_mutex_init(struct heddle_mutex *mutex);
HEDDLE_API int heddle_mutex_finish(struct heddle_mutex *mutex);

/* Gives it a name for the trace. Only where the name of its variable would not do. */
HEDDLE_API void heddle_mutex_name(struct heddle_mutex *mutex, const char *name);

/* Blocks until the calling thread holds it. 0; -EOWNERDEAD: held, and poisoned. Rust: Mutex::lock. */
HEDDLE_API int heddle_mutex_lock(struct heddle_mutex *mutex);

/* Does not block. 0; -EOWNERDEAD: held, and poisoned; -EBUSY: somebody holds it, perhaps this thread.
 * Rust: Mutex::try_lock. */
HEDDLE_API_CHECKED int heddle_mutex_try_lock(struct heddle_mutex *mutex);

/* 0, or -EPERM when the calling thread does not hold it: then nothing happens. Rust: dropping the guard. */
HEDDLE_API int heddle_mutex_unlock(struct heddle_mutex *mutex);

/* Rust: Mutex::is_poisoned, Mutex::clear_poison. */
HEDDLE_API bool heddle_mutex_is_poisoned(const struct heddle_mutex *mutex);
HEDDLE_API void heddle_mutex_clear_poison(struct heddle_mutex *mutex);

/* A mutex that is held until the guard is dropped. Rust: MutexGuard. */
struct heddle_guard {
        struct heddle_mutex *mutex; /* NULL: dropped */
        int error;                  /* 0, or -EOWNERDEAD: held, and poisoned */
};

/* Blocks, as heddle_mutex_lock(). */
HEDDLE_API_CHECKED struct heddle_guard heddle_mutex_guard(struct heddle_mutex *mutex);

/* Unlocks, before the end of the block; once is enough, and more do no harm. Rust: drop(guard). */
HEDDLE_API void heddle_guard_drop(struct heddle_guard *guard);

/* Declares a guard that is dropped at the end of its block, however that is left, except by longjmp(). */
#define HEDDLE_GUARD __attribute__((cleanup(heddle_guard_drop), unused)) struct heddle_guard

/* Holds the mutex for the statement or block that follows. It is a loop of one round: `break` and `continue` leave the
 * block (and unlock), and so do `return` and `goto`. */
#define HEDDLE_WITH(the_mutex) HEDDLE_WITH_AS(the_mutex, HEDDLE_JOIN_WORDS(heddle_with_, __COUNTER__))
#define HEDDLE_WITH_AS(the_mutex, guard)                                                          \
        for (HEDDLE_GUARD guard = heddle_mutex_guard(the_mutex); guard.mutex; heddle_guard_drop(&guard))
/* A name of its own for each, so that one may stand inside another without a warning. */
#define HEDDLE_JOIN_WORDS(a, b) HEDDLE_JOIN_EXPANDED(a, b)
#define HEDDLE_JOIN_EXPANDED(a, b) a##b

HEDDLE_END
