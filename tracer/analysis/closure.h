/* The sync-preserving closure (Tunç, Mathur, Pavlogiannis, Viswanathan, Sound Dynamic Deadlock Prediction in Linear Time,
 * PLDI 2023): the least set of events that holds what it was given, what must have happened before, and, of two critical
 * sections on one lock that conflict and are both begun, the end of the earlier. Run in trace order the set is a schedule
 * of the program: nothing in it waits for anything outside. It is a prefix of each thread, and only grows. */
#pragma once

#include "analysis/history.h"

struct closure_lock; /* private */
struct closure_read;

struct closure {
        const struct history *history;
        struct closure_thread {
                uint32_t prefix;  /* every event of the thread up to this id is in the set */
                uint32_t section, edge; /* the next ones to look at */
                bool queued, touched;
        } *threads;
        uint32_t *queue, n_queue;
        uint32_t *touched, n_touched;
        struct closure_lock *locks;
        uint32_t n_locks, size_locks;
        struct closure_read *reads; /* entry 0 is unused */
        uint32_t n_reads, size_reads;
        uint32_t round;       /* what belongs to earlier ones is blank */
        bool impossible;      /* a section that never ended would have to end */
        uint64_t n_steps;     /* work done in all rounds */
};

/* For a history that does not change any more. 0 or -ENOMEM. */
int closure_init(struct closure *ret_closure, const struct history *history);
void closure_finish(struct closure *closure);
/* Empties the set. */
void closure_reset(struct closure *closure);
/* Adds every event of `thread` up to `event`. Nothing follows from it before closure_run(). */
void closure_add(struct closure *closure, uint32_t thread, uint32_t event);
/* Adds what follows. 0 or -ENOMEM. */
int closure_run(struct closure *closure);
