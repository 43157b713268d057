/* Locks taken in an order that can deadlock in another schedule: the lock-order graph, and those of its cycles for
 * which such a schedule, a witness, is found. wait_for.c finds the deadlocks that did happen. */
#pragma once

#include "analysis/closure.h"
#include "analysis/cycles.h"
#include "model/finding.h"

struct lock_order {
        struct history history;
        struct dependencies dependencies;
        bool stopped; /* the trace is longer than can be looked at */
};

void lock_order_finish(struct lock_order *lock_order);
/* 0 or -ENOMEM. */
int lock_order_apply(struct lock_order *lock_order, const struct catalog *catalog, const struct event *event, uint64_t id);

/* Limits of the search; a trace has to be made for the purpose to reach them. */
struct lock_order_limits {
        uint64_t max_search_steps;
        uint64_t max_closure_steps;
};
extern const struct lock_order_limits lock_order_default_limits;

struct lock_order_counts {
        uint64_t n_unchecked; /* cycles that were beyond the limits, at least; 0: all was looked at */
        uint64_t n_doubtful;  /* cycles of code sites that have no witness */
};

/* Adds a finding for each cycle of code sites that has a witness and is not in `list` as a deadlock already; where
 * `with_doubtful` is set, for those that have none as well. 0 or -ENOMEM. */
int lock_order_find(const struct lock_order *lock_order, const struct catalog *catalog, const struct lock_order_limits *limits,
                    bool with_doubtful, struct finding_list *list, struct lock_order_counts *ret_counts);

/* Whether the threads of these dependencies can all come to stand before what they want. On success `events` (of n) says
 * before which event each stands, and the closure is the schedule. 1, 0 or -ENOMEM. */
int lock_order_check(const struct dependencies *dependencies, struct closure *closure, const uint32_t *items, uint32_t n, uint32_t *events);
