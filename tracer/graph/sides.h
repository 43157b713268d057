/* On which side of a ring the rest of the graph is to be. */
#pragma once

#include "graph/circle.h"

/* Dot puts what leads to a ring above it and what it leads to below. Where that is the far side of the members it has to do
 * with, its edges would cross the ring; those of the whole part that hangs together there are flipped for dot. The members
 * lie around (0, 0) of their ring. Writes for each edge whether it is; 0 or -ENOMEM. */
int sides_choose(const struct graph *graph, const struct circle *circles, bool *ret_is_flipped);
