/* Deadlocks that could happen between a lock and something else: a thread that waits for a thread to end, a semaphore, a signal or a
 * message while it holds a lock, and the thread that would have to end, post, signal or send but needs that lock first.
 *
 * As for cycles of locks, a schedule is looked for that keeps each thread's own order, what each event needed, and the order
 * of critical sections (closure.h), in which the first thread stands before the end of its wait and the second before
 * the lock. It is told only when nobody but those two would end the wait in what they still had to do, and when what is
 * waited for is not there already. Not of a join where the other thread signals while it holds the lock: it may have said so
 * that it is done. After Sulzmann, Beyond Per-Thread Lock Sets, 2025, where the lock that is held across the wait is
 * held over what the other thread does until then; found there by lock sets, here by schedules. */
#pragma once

#include "analysis/lock_order.h"

/* A thread and one of its events. */
struct turn {
        uint32_t thread, event;
};

struct communication {
        struct exchange {          /* of each object that threads wait for and others provide */
                uint32_t initial;  /* of a semaphore */
                uint32_t capacity; /* of a channel */
                struct turn *gives; /* posts, signals, messages sent, a thread's end */
                uint32_t n_gives, size_gives;
                struct turn *takes; /* semaphores taken, messages received */
                uint32_t n_takes, size_takes;
        } *exchanges;
        uint32_t n_exchanges, size_exchanges;
        struct await {             /* a wait that ended, of a thread that held something */
                uint32_t thread, object, stack, event;
                uint64_t time_ns;
                uint32_t first_held, n_held;
                uint8_t kind;      /* the event that begins such a wait */
        } *awaits;
        uint32_t n_awaits, size_awaits;
        struct held_lock *held;
        uint32_t n_held, size_held;
        struct await_key {         /* open addressing: how often such a wait was kept */
                uint64_t key;
                uint32_t n;
        } *keys;
        uint32_t n_keys, keys_size;
        uint8_t *timed;            /* of each thread: its wait has a timeout */
        uint32_t n_timed, size_timed;
};

void communication_finish(struct communication *communication);
/* To be called after lock_order_apply(). 0 or -ENOMEM. */
int communication_apply(struct communication *communication, const struct lock_order *lock_order, const struct catalog *catalog,
                        const struct event *event, uint64_t id);
/* Adds a finding for each pair of places, unless it is in `list` as a deadlock. 0 or -ENOMEM. */
int communication_find(const struct communication *communication, const struct lock_order *lock_order, const struct catalog *catalog,
                       const struct lock_order_limits *limits, struct finding_list *list, uint64_t *ret_n_unchecked);
