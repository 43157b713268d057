/* The rings of a graph: which nodes are on a cycle together, and in which order to walk along it. */
#pragma once

#include "graph/graph.h"

/* Makes every strongly connected component that is a cycle a ring, numbered in the order of their first nodes, and goes
 * on as rings_order(). 0 or -ENOMEM. */
int rings_find(struct graph *graph);
/* With `ring` of the nodes given: `place` of the nodes, `ring` of the edges and `n_rings`. 0 or -ENOMEM. */
int rings_order(struct graph *graph);
