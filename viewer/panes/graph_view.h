/* Draws one graph: threads as boxes, locks and channels as ellipses in their lanes' colours, rings in red. Fits it into
 * the room there is as long as its text stays readable; beyond that it can be dragged about and zoomed. */
#pragma once

#include <gtk/gtk.h>

#include "focus.h"
#include "graph/graph.h"

#define HEDDLE_TYPE_GRAPH_VIEW (heddle_graph_view_get_type())
G_DECLARE_FINAL_TYPE(HeddleGraphView, heddle_graph_view, HEDDLE, GRAPH_VIEW, GtkWidget)

GtkWidget *heddle_graph_view_new(HeddleFocus *focus);
/* Takes over what `graph` holds; `trace` is kept alive, since the graph borrows from its catalog. NULL shows `words`
 * instead. */
void heddle_graph_view_set(HeddleGraphView *view, struct graph *graph, struct trace *trace, const char *words);
