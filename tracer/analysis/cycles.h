/* Cycles of lock dependencies: each thread of one wants what the next one holds, no two of the threads are the same, no two
 * want the same lock, and no lock is held by two of them (a gate), but by readers. Shortest first. What is found could
 * deadlock as far as locks go; whether the threads can get there at all is for the closure to say. */
#pragma once

#include "analysis/dependency.h"

struct cycle_visitor {
        /* `items[i]` wants what `items[i + 1]` holds, the last one what the first holds: the smallest lock of the cycle. Indices of
         * dependencies.items. Not 0 stops the search, and is passed on. */
        int (*visit)(const uint32_t *items, uint32_t n, void *data);
        /* The places in the source where a dependency took a lock and asks for another, as one number. */
        uint64_t (*class_of)(const struct held_lock *held, const struct dependency *item, void *data);
        /* Whether a cycle of these two classes (or of one) has been told. */
        bool (*is_told)(uint64_t class_a, uint64_t class_b, void *data);
        void *data;
};

/* Visits all cycles that could tell something new, or those that can be found in `max_steps` steps of the search. 0, -ENOMEM, or what
 * `visit` returned. */
int cycles_find(const struct dependencies *dependencies, uint64_t max_steps, const struct cycle_visitor *visitor, bool *ret_complete);

/* The lock that dependency `item` holds and the one before it in a cycle, `before`, wants; NULL when there is none. */
const struct held_lock *cycles_link(const struct dependencies *dependencies, uint32_t before, uint32_t item);
