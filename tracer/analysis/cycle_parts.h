/* What the searches for cycles of two and of more dependencies share. Private to them. */
#pragma once

#include "analysis/cycles.h"

/* Two threads that hold one lock, not both for reading, cannot stand where they would have to at once. */
bool cycle_has_gate(const struct dependencies *dependencies, uint32_t a, uint32_t b);
/* Whether `next` keeps `before` from the lock that it wants. */
bool cycle_excludes(const struct dependencies *dependencies, uint32_t before, uint32_t next);

/* A dependency with one of the locks held: an edge of the lock-order graph, inside a component. */
struct cycle_edge {
        uint32_t held, wanted, item;
        uint64_t class; /* of its places in the source */
};

/* All cycles of two, in `edges`, which are sorted by held and wanted. 0, -ENOMEM, what `visit` returned, or 1 when out of steps. */
int cycle_pairs_visit(const struct dependencies *dependencies, const struct cycle_edge *edges, uint32_t n_edges,
                      const struct cycle_visitor *visitor, uint64_t *n_steps, uint64_t max_steps);
/* Marks, by their number, the components in which every two classes have been told as a cycle: longer cycles there are made of
 * what is told already. 0 or -ENOMEM. */
int cycle_pairs_mark_told(const struct cycle_edge *edges, uint32_t n_edges, const uint32_t *component, const struct cycle_visitor *visitor,
                          bool *is_told);
