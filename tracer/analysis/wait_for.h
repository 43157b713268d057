/* Who waits for whom, and who waits for ever: the wait-for graph of a world at the moment it stands at. */
#pragma once

#include "analysis/world.h"

/* What it takes to end a wait. */
enum wake_rule {
        WAKE_SOON,   /* nothing more: what was waited for has come already */
        WAKE_ANY_OF, /* one of some threads; nobody when there are none */
        WAKE_ALL_OF, /* each of some threads */
};

/* One blocked thread. Its wakers are wait_for.wakers[first_waker …]. */
struct waiter {
        uint32_t thread;
        enum wake_rule rule;
        uint32_t first_waker, n_wakers;
        bool any_in_process; /* any other live thread of `process` will do, too */
        uint32_t process;    /* 0: of any process */
        bool has_culprit;    /* its waker is to blame (it took the semaphore), although any other thread will do */
        bool stuck;          /* in the greatest fixpoint */
        uint32_t n_stuck;    /* of WAKE_ALL_OF: how many of its wakers are */
};

struct wait_for {
        struct waiter *waiters; /* every thread that is blocked without a timeout */
        uint32_t n_waiters;
        uint32_t *wakers;
        uint32_t n_wakers, size_wakers;
        uint32_t n_stuck;
};

/* The greatest fixpoint of the design. Linear in blocked threads and their wakers. 0 or -ENOMEM. */
int wait_for_find(const struct world *world, struct wait_for *ret_wait_for);
void wait_for_finish(struct wait_for *wait_for);

/* The waiter of this thread, or NULL when it is not blocked. */
struct waiter *wait_for_waiter(const struct wait_for *wait_for, const struct world *world, uint32_t thread);

/* The strongly connected components of the threads that are stuck: one number for each waiter, sinks first, UINT32_MAX
 * for one that is not stuck. 0 or -ENOMEM. */
struct wait_rings {
        uint32_t *component; /* of each waiter */
        bool *is_ring;       /* of each component: its threads keep each other (or it itself, or nobody is left) from going on */
        uint32_t n_components;
};
int wait_for_rings(const struct wait_for *wait_for, const struct world *world, struct wait_rings *ret_rings);
void wait_rings_finish(struct wait_rings *rings);
