/* What it takes to wake one thread. */
#pragma once

#include "analysis/wait_for.h"
#include "analysis/world_state.h"

/* Who reads which lock, sorted by lock; gathered only when a writer waits behind readers. */
struct readers {
        struct reader {
                uint32_t object, thread;
        } *items;
        size_t n;
        bool gathered;
};

/* Describes the wait of `thread` and appends its wakers, live ones and (of WAKE_ALL_OF) ended ones, to
 * wait_for.wakers. 0 or -ENOMEM. */
int wakers_find(const struct world *world, uint32_t thread, struct readers *readers, struct wait_for *wait_for, struct waiter *ret_waiter);
