/* Graphviz: lays out and draws what is handed to it as DOT text.
 *
 * Graphviz keeps its state in globals, so that only one thread of a process may be inside it. Any thread may call these;
 * they wait for each other. Nothing else in the process may use Graphviz. What it has to say ends in the fault, never on
 * standard error. */
#pragma once

#include <stdio.h>

#include "model/fault.h"

/* Called for each node with its name and centre, in points, y upwards. */
typedef void gv_visit(const char *name, double x, double y, void *data);

/* Places the nodes of `dot` with an engine ("dot", "neato", …). Sizes in points. 0 or -EIO. */
int gv_layout(const char *dot, const char *engine, gv_visit *visit, void *data, double *ret_width, double *ret_height,
              struct fault *ret_fault);
/* Draws `dot` in a format ("svg", "png"). 0 or -EIO. */
int gv_render(const char *dot, const char *engine, const char *format, FILE *out, struct fault *ret_fault);
