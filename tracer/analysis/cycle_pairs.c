/* Cycles of two. Most deadlocks are of two threads, and a thousand locks that are taken in any order make more cycles than
 * anybody can list: so the pairs are found by looking each edge's opposite up, and where they tell all there is to tell,
 * longer ones are not looked for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cycle_parts.h"

#define MOST_CLASSES 64 /* of a component, for which every two are asked about */

static int compare_to(const struct cycle_edge *edge, uint32_t held, uint32_t wanted) {
        if (edge->held != held)
                return edge->held < held ? -1 : 1;
        return edge->wanted < wanted ? -1 : edge->wanted > wanted;
}

/* The first edge that is not before (held, wanted). */
static uint32_t find_edge(const struct cycle_edge *edges, uint32_t n_edges, uint32_t held, uint32_t wanted) {
        uint32_t low = 0, high = n_edges;

        while (low < high) {
                uint32_t middle = low + (high - low) / 2;

                if (compare_to(&edges[middle], held, wanted) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static bool is_cycle(const struct dependencies *dependencies, uint32_t a, uint32_t b) {
        return dependencies->items[a].thread != dependencies->items[b].thread && cycle_excludes(dependencies, a, b) &&
               cycle_excludes(dependencies, b, a) && !cycle_has_gate(dependencies, a, b);
}

int cycle_pairs_visit(const struct dependencies *dependencies, const struct cycle_edge *edges, uint32_t n_edges,
                      const struct cycle_visitor *visitor, uint64_t *n_steps, uint64_t max_steps) {
        uint32_t opposite = 0;
        int r = 0;

        for (uint32_t i = 0; r == 0 && i < n_edges; i++) {
                if (edges[i].held > edges[i].wanted)
                        continue; /* found from its opposite, which begins with the smaller lock */
                if (i == 0 || compare_to(&edges[i - 1], edges[i].held, edges[i].wanted) != 0)
                        opposite = find_edge(edges, n_edges, edges[i].wanted, edges[i].held);
                for (uint32_t j = opposite; r == 0 && j < n_edges && compare_to(&edges[j], edges[i].wanted, edges[i].held) == 0; j++) {
                        uint32_t path[] = { edges[i].item, edges[j].item };

                        if (++*n_steps > max_steps)
                                return 1;
                        if (is_cycle(dependencies, edges[i].item, edges[j].item))
                                r = visitor->visit(path, 2, visitor->data);
                }
        }
        return r;
}

/* ---- what has been told */

struct classes {
        uint64_t of[MOST_CLASSES];
        uint32_t n; /* MOST_CLASSES + 1: too many */
};

static void add_class(struct classes *classes, uint64_t class) {
        if (classes->n > MOST_CLASSES)
                return;
        for (uint32_t i = 0; i < classes->n; i++)
                if (classes->of[i] == class)
                        return;
        if (classes->n < MOST_CLASSES)
                classes->of[classes->n] = class;
        classes->n++;
}

static bool all_pairs_are_told(const struct classes *classes, const struct cycle_visitor *visitor) {
        if (classes->n == 0 || classes->n > MOST_CLASSES)
                return false;
        for (uint32_t i = 0; i < classes->n; i++)
                for (uint32_t j = i; j < classes->n; j++)
                        if (!visitor->is_told(classes->of[i], classes->of[j], visitor->data))
                                return false;
        return true;
}

static int compare_components(const void *left, const void *right, void *data) {
        const struct cycle_edge *const *a = left, *const *b = right;
        const uint32_t *component = data;

        return component[(*a)->held] < component[(*b)->held] ? -1 : component[(*a)->held] > component[(*b)->held];
}

int cycle_pairs_mark_told(const struct cycle_edge *edges, uint32_t n_edges, const uint32_t *component, const struct cycle_visitor *visitor,
                          bool *is_told) {
        const struct cycle_edge **sorted = malloc(((size_t) n_edges + 1) * sizeof(struct cycle_edge *));
        struct classes classes = { .n = 0 };

        if (!sorted)
                return -ENOMEM;
        for (uint32_t i = 0; i < n_edges; i++)
                sorted[i] = &edges[i];
        qsort_r(sorted, n_edges, sizeof(*sorted), compare_components, (void *) (uintptr_t) component);
        for (uint32_t i = 0; i < n_edges; i++) {
                add_class(&classes, sorted[i]->class);
                if (i + 1 < n_edges && component[sorted[i + 1]->held] == component[sorted[i]->held])
                        continue;
                is_told[component[sorted[i]->held]] = all_pairs_are_told(&classes, visitor);
                classes.n = 0;
        }
        free(sorted);
        return 0;
}
