/* Lets the programs of this folder reach the state they are about for certain, however the machine is loaded: by an
 * atomic counter, which Heddle neither sees nor takes for an order. */
#pragma once

#include <sched.h>
#include <stdatomic.h>

/* Returns when it has been called `wanted` times. */
static inline void all_arrive(atomic_int *n_arrived, int wanted) {
        (*n_arrived)++;
        while (*n_arrived < wanted)
                sched_yield();
}
