/* On the right: the graph as it stood at the cursor. Built and laid out in a worker, the newest wish last. */
#pragma once

#include <gtk/gtk.h>

#include "focus.h"
#include "graph/graph.h"

#define HEDDLE_TYPE_GRAPH (heddle_graph_get_type())
G_DECLARE_FINAL_TYPE(HeddleGraph, heddle_graph, HEDDLE, GRAPH, GtkBox)

GtkWidget *heddle_graph_new(HeddleFocus *focus);
void heddle_graph_show(HeddleGraph *graph, enum graph_kind kind);
/* Whether a graph is still being made. */
gboolean heddle_graph_is_busy(HeddleGraph *graph);
