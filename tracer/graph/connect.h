/* From the edge of a ring's box, where dot's routes end, on to the member that is meant. */
#pragma once

#include "graph/circle.h"

/* True when dot, which puts what an edge leads to below, has the other end on the far side of the ring. */
bool connect_is_far(const struct circle *circle, const struct graph_node *member, bool leaves_below);

/* Lengthens the routes of all edges that meet a ring, whose circles have been measured. `is_flipped` is by edge. 0 or -ENOMEM. */
int connect_routes(struct graph *graph, struct circle *circles, const bool *is_flipped);
