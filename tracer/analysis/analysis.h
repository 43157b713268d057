/* The analyses: what an event iterator and a catalog tell about a program. No SQLite in here. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/catalog.h"
#include "model/event.h"
#include "model/finding.h"
#include "model/interval.h"

/* What is derived from the events in one pass. Arrays on the heap. */
struct derived {
        struct wait *waits;
        size_t n_waits;
        struct hold *holds; /* only where asked for: there are as many as locks taken */
        size_t n_holds;
        struct message *messages;
        size_t n_messages;
        struct lock_edge *edges;
        size_t n_edges;
        uint64_t n_unchecked_cycles; /* of the lock-order graph, at least; 0: every one was looked at. Say so where it is not */
        uint64_t n_doubtful_cycles;  /* of code sites, that have no schedule which leads there; not among the findings unless asked for */
};
void derived_finish(struct derived *derived);

enum analyse_what {
        ANALYSE_HOLDS = 1,      /* derive them, too */
        ANALYSE_ALL = 4,        /* find cycles that have no witness as well */
        ANALYSE_INCOMPLETE = 2, /* records are missing: what may rest on them says so */
};

/* One pass over `source`: intervals, lock-order edges and findings, sorted worst first. 0 or a negative errno. */
int analyse(struct event_source *source, const struct catalog *catalog, unsigned what,
            struct derived *ret_derived, struct finding_list *ret_findings);

/* One finding as text for a terminal: the sentence; who waits for what, held by whom since when; both
 * stacks of every step with source lines; what to do about it. The caller frees. NULL when out of memory. */
char *explain_finding(const struct finding *finding, const struct catalog *catalog, bool with_colour);
