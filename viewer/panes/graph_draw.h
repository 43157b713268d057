/* How a graph looks, and what of it lies at a point. */
#pragma once

#include "focus.h"
#include "graph/graph.h"
#include "paint.h"

struct graph_drawing {
        GtkSnapshot *snapshot; /* NULL where only a point is looked up */
        struct paint *paint;
        const struct graph *graph;
        const struct timeline *timeline;
        const struct focus *focus;
        double scale, x, y; /* from the graph's points to pixels */
};

void draw_graph(struct graph_drawing *drawing, int width, int height);
/* At the bottom: what the lines mean. */
void draw_graph_legend(struct graph_drawing *drawing, int width, int height, int legend_px);

/* What the nodes cover. */
graphene_rect_t graph_bounds(const struct graph_drawing *drawing);
graphene_rect_t graph_node_bounds(const struct graph_drawing *drawing, const struct graph_node *node);
/* Does a node lie on another, or nearly? Beyond a few hundred nodes it is not looked at, and true. */
bool graph_nodes_touch(const struct graph_drawing *drawing);

const struct graph_node *graph_node_at(const struct graph_drawing *drawing, double x, double y);
const struct graph_edge *graph_edge_at(const struct graph_drawing *drawing, double x, double y);
/* What is at a point, in words; NULL: nothing. The caller frees. */
char *graph_words_at(const struct graph_drawing *drawing, double x, double y);
/* The whole of it, for those who can't see it: each edge a line, rings first. The caller frees. */
char *graph_in_words(const struct graph *graph);
