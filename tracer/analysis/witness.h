/* A cycle that has a witness, as a finding. */
#pragma once

#include "analysis/lock_order.h"

struct witness {
        const struct lock_order *lock_order;
        const struct catalog *catalog;
        const struct closure *closure; /* the schedule; NULL where there is none */
        const uint32_t *items;         /* the cycle, see cycles.h */
        const uint32_t *events;        /* of each, the event the thread stands before */
        uint32_t n;
};

/* Adds, in the order of the trace, what the finding's threads do in the schedule until they stand: their last locks and
 * unlocks. 0 or -ENOMEM. */
int witness_add_schedule(const struct history *history, const struct closure *closure, struct finding *finding);
/* 0 or -ENOMEM. */
int witness_add_finding(const struct witness *witness, struct finding_list *list);
