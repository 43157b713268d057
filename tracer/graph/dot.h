/* DOT, the language of Graphviz: for people and tools to read, for Graphviz to draw from, and for it to lay out. */
#pragma once

#include "graph/circle.h"
#include "graph/graph.h"

/* From here on a graph is drawn with straight lines and without labels on its edges; they would be a grey cloud. */
#define DOT_CROWDED_EDGES 300
#define DOT_CROWDED_NODES 200

/* And from here on dot doesn't lay it out either. */
#define DOT_HUGE_EDGES 1200
#define DOT_HUGE_NODES 600

/* A picture is made smaller to fit, at 96 dots an inch; cairo's bitmaps end at 32,767 dots, and take minutes on a huge graph
 * long before. */
#define DOT_PICTURE_INCHES 100
#define DOT_HUGE_PICTURE_INCHES 40

enum dot_purpose {
        DOT_TO_READ, /* nodes pinned for neato where we placed them */
        DOT_TO_DRAW, /* for the engine "nop2": nodes, arcs and their labels in place, captions in the middle of rings */
};

/* A laid out graph; what it writes is cut short only if `out` fails. 0 or -ENOMEM. */
int dot_write(const struct graph *graph, /* And from here on dot doesn't lay it out either. */
#define DOT_HUGE_EDGES 1200
#define DOT_HUGE_NODES 600

enum dot_purpose purpose, FILE *out);

bool dot_is_crowded(const struct graph *graph);
bool dot_is_huge(const struct graph *graph);
bool dot_is_placed(const struct graph *graph); /* by us; else dot places it again whenever it draws */
bool dot_has_labels(const struct graph *graph); /* on its edges */
/* The attributes that both laying out and drawing with "dot" need, so that both come to the same. */
void dot_write_spacing(const struct graph *graph, FILE *out);
/* "label=…" of an edge, broken as label_size() says, with a little room at its sides. */
int dot_write_label(const char *label, FILE *out);
