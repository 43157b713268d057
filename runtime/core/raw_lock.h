/* A lock of one word: 0 free, 1 held, 2 held and somebody may be asleep. Without owner, poisoning or records of its
 * own: heddle_mutex adds those, and channels use it as it is.
 *
 * Any thread may call anything here, but not a signal handler. Not recursive. */
#pragma once

#include "park/atomic.h"
#include "park/park.h"

enum { RAW_FREE, RAW_HELD, RAW_CONTENDED };

static inline bool raw_lock_try(uint32_t *word) {
        uint32_t expected = RAW_FREE;

        return replace_acquire(word, &expected, RAW_HELD);
}

/* Gets it after raw_lock_try() did not. Spins only while nobody sleeps: those who do come first. */
void raw_lock_wait(uint32_t *word, struct park_reason *reason);

static inline void raw_lock(uint32_t *word) {
        if (unlikely(!raw_lock_try(word)))
                raw_lock_wait(word, NULL);
}

/* Publishes what was done under the lock; pairs with the acquire in raw_lock_try() and raw_lock_wait(). */
static inline void raw_unlock(uint32_t *word) {
        if (unlikely(exchange_release(word, RAW_FREE) == RAW_CONTENDED))
                park_wake(word, 1);
}
