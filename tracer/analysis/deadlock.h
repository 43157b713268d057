/* An observed deadlock as a finding, and its words. */
#pragma once

#include "analysis/wait_for.h"
#include "analysis/world_state.h"

/* A ring in the order in which its threads wait for each other: each waits for the next one, the last of the first
 * `n_cycle` for the first. Members beyond are in the component, but on no short way round. */
struct ring {
        uint32_t *threads;
        uint32_t n, n_cycle;
        uint64_t since_ns; /* when the last of the cycle began to wait */
};

struct deadlock {
        const struct world *world;
        const struct catalog *catalog;
        struct wait_for graph;
        struct wait_rings components;
        struct ring *rings; /* the one that formed first comes first */
        uint32_t n_rings;
        uint32_t n_queued;
};

/* Heap strings, NULL when out of memory. */
char *deadlock_title(const struct deadlock *deadlock);
char *deadlock_advice(const struct deadlock *deadlock);

/* A thread that `waiter` waits for, the next of its ring where there is one; 0 where nobody is left. */
uint32_t deadlock_holder(const struct deadlock *deadlock, const struct ring *ring, uint32_t place);
