/* Graphviz: lays out and draws what is handed to it as DOT text.
 *
 * Graphviz keeps its state in globals, so that only one thread of a process may be inside it. Any thread may call these;
 * they wait for each other. Nothing else in the process may use Graphviz. What it has to say ends in the fault, never on
 * standard error. */
#pragma once

#include <stddef.h>
#include <stdio.h>

#include "model/fault.h"

/* A place, in points, y upwards. */
struct gv_point {
        double x, y;
};

/* The way of an edge: cubic Bézier pieces from `tail` to `head`, the tips of its arrows (where an end has none, the end of the
 * curve), and the middle of its label, if it has one. */
struct gv_route {
        const struct gv_point *points;
        size_t n_points;
        struct gv_point tail_tip, head_tip, label;
};

/* What gv_layout() tells. Each is called while Graphviz is held, and mustn't call back into it. */
struct gv_visitor {
        void (*node)(const char *name, struct gv_point centre, void *data);
        void (*edge)(const char *id, const struct gv_route *route, void *data); /* only of edges with an attribute "id" */
        void *data;
};

/* Places the nodes of `dot` with an engine ("dot", "neato", …). Sizes in points. 0 or -EIO. */
int gv_layout(const char *dot, const char *engine, const struct gv_visitor *visitor, double *ret_width, double *ret_height,
              struct fault *ret_fault);
/* Draws `dot` in a format ("svg", "png"). 0 or -EIO. */
int gv_render(const char *dot, const char *engine, const char *format, FILE *out, struct fault *ret_fault);
