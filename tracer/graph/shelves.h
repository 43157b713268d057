/* A layout for graphs that are too large for dot, which needs seconds from a thousand nodes on, and minutes soon after. */
#pragma once

#include "graph/circle.h"

/* Puts rings and nodes on shelves, from the top, neighbours close to each other; the edges are left to whoever draws. `boxes` are
 * those of the rings around their own (0, 0), around which their members lie until `move_ring` is called. 0 or -ENOMEM. */
int shelves_place(struct graph *graph, const struct box *boxes, void (*move_ring)(void *data, uint32_t ring, struct point centre),
                  void *data, double *ret_width, double *ret_height);
