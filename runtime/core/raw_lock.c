/* The slow half of raw_lock.h. */
#include "core/raw_lock.h"

static bool spin_for(uint32_t *word) {
        for (unsigned round = 0; load_relaxed(word) != RAW_CONTENDED && park_spin(&round);)
                if (load_relaxed(word) == RAW_FREE && raw_lock_try(word))
                        return true;
        return false;
}

void raw_lock_wait(uint32_t *word, struct park_reason *reason) {
        if (spin_for(word))
                return;
        /* From here on the word says CONTENDED even when this thread alone waited: it cannot know, and one wake-up in
         * vain is cheaper than a count. */
        while (exchange_acquire(word, RAW_CONTENDED) != RAW_FREE)
                (void) park_wait(word, RAW_CONTENDED, PARK_FOREVER, reason);
}
