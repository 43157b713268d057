/* Misuse of locks: unlocked by a thread that does not hold it, destroyed while it is held, left locked by a thread that ends.
 * What is told has happened; whether it did harm in this run is not asked. */
#pragma once

#include "analysis/sightings.h"

struct misuse {
        struct lock_past {     /* of each object */
                bool is_robust;  /* made to outlive its owner */
                bool was_locked; /* in this trace; one that was locked before, or by nobody we know, is nobody's mistake */
                struct finding_step last; /* its last unlock; event 0: none */
        } *locks;
        uint32_t n_locks, size_locks;
};

void misuse_finish(struct misuse *misuse);
/* To be called before the event goes to world_apply(). 0 or -ENOMEM. */
int misuse_apply(struct misuse *misuse, struct sightings *sightings, const struct world *world, const struct event *event, uint64_t id);
