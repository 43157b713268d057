/* DOT, the language of Graphviz: for people and tools to read, for Graphviz to draw from, and for it to lay out. */
#pragma once

#include "graph/circle.h"
#include "graph/graph.h"

/* From here on a graph is drawn with straight lines and without labels on its edges; they would be a grey cloud. */
#define DOT_CROWDED_EDGES 300
#define DOT_CROWDED_NODES 200

enum dot_purpose {
        DOT_TO_READ, /* nodes of rings pinned for neato */
        DOT_TO_DRAW, /* for the engine "nop2": nodes, arcs and their labels in place, captions in the middle of rings */
};

/* A laid out graph; what it writes is cut short only if `out` fails. 0 or -ENOMEM. */
int dot_write(const struct graph *graph, enum dot_purpose purpose, FILE *out);

bool dot_is_crowded(const struct graph *graph);
bool dot_has_labels(const struct graph *graph); /* on its edges */
/* The attributes that both laying out and drawing with "dot" need, so that both come to the same. */
void dot_write_spacing(const struct graph *graph, FILE *out);
/* "label=…" of an edge, broken as label_size() says, with a little room at its sides. */
int dot_write_label(const char *label, FILE *out);
