/* Whether threads can all come to stand before something: the sync-preserving check of a pattern. */
#pragma once

#include "analysis/closure.h"

/* One thread of a pattern: the events before which it would have to stand, any one of them, in order; and which is tried. */
struct side {
        uint32_t thread;
        uint32_t *events, n_events, at;
};

/* Whether there is a schedule in which each thread stands before its event `at`, the first such. The closure is that
 * schedule then. 1, 0 or -ENOMEM. The set only grows, so each side's events are gone through once. */
int sides_check(struct closure *closure, struct side *sides, uint32_t n);
