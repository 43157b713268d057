/* A spot where threads wait for a condition that other threads make true without a lock: a queue that is no longer
 * empty, or no longer full.
 *
 *   the waiter                              whoever makes it true
 *     spot_announce(spot)                     makes the condition true, with a sequentially consistent store
 *     checks the condition (load_seq_cst)     spot_notify(spot)
 *     false: spot_wait(spot)
 *     starts over
 *
 * Either the waiter sees the condition or the notifier sees the announcement: both sides store and then load, all
 * sequentially consistent, so at least one comes after the other's store.
 *
 * Only one waiter is woken for a notification, and until it runs further notifications cost no system call. So where
 * several may wait at a spot, whoever has announced itself there carries a baton, slept or not. When it has had its
 * share it calls spot_notify() if there is more to be had; when it leaves because the spot is closed,
 * spot_notify_all(). (Counting waiters instead was slower: every message then woke somebody who was already on the
 * way. Waking all of them is quadratic with many senders.) tests/unit/test-park-model.c goes through every
 * interleaving of this. */
#pragma once

#include "park/atomic.h"
#include "park/park.h"

struct spot {
        uint32_t word; /* 1: somebody may be asleep here */
};

static inline void spot_announce(struct spot *spot) {
        exchange_seq_cst(&spot->word, 1);
}

/* As park_wait(). */
static inline int spot_wait(struct spot *spot, uint64_t deadline_ns, struct park_reason *reason) {
        return park_wait(&spot->word, 1, deadline_ns, reason);
}

/* The only waiter of a spot may take back its announcement, which saves the notifier a system call. */
static inline void spot_leave(struct spot *spot) {
        store_relaxed(&spot->word, 0);
}

static inline void spot_notify(struct spot *spot) {
        if (unlikely(load_seq_cst(&spot->word)) && exchange_seq_cst(&spot->word, 0))
                park_wake(&spot->word, 1);
}

/* For what all of them must hear, such as that the channel has closed. */
static inline void spot_notify_all(struct spot *spot) {
        exchange_seq_cst(&spot->word, 0);
        park_wake(&spot->word, PARK_ALL);
}
