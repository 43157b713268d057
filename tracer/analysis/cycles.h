/* Cycles of lock dependencies: each thread of one wants what the next one holds, no two of the threads are the same, no two
 * want the same lock, and no lock is held by two of them (a gate), but by readers. Shortest first. What is found could
 * deadlock as far as locks go; whether the threads can get there at all is for the closure to say. */
#pragma once

#include "analysis/dependency.h"

/* `items[i]` wants what `items[i + 1]` holds, the last one what the first holds: the smallest lock of the cycle. Indices of
 * dependencies.items. Not 0 stops the search, and is passed on. */
typedef int (*cycle_visit)(const uint32_t *items, uint32_t n, void *data);

/* Visits all cycles, or those that can be found in `max_steps` steps of the search. 0, -ENOMEM, or what `visit` returned. */
int cycles_find(const struct dependencies *dependencies, uint64_t max_steps, cycle_visit visit, void *data, bool *ret_complete);

/* The lock that dependency `item` holds and the one before it in a cycle, `before`, wants; NULL when there is none. */
const struct held_lock *cycles_link(const struct dependencies *dependencies, uint32_t before, uint32_t item);
