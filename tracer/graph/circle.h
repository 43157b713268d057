/* The geometry of a ring: its nodes on a circle, its edges as arcs of it, their labels outside. Points, y downwards. */
#pragma once

#include "graph/graph.h"

#define LABEL_LINE_HEIGHT 13.0
#define LABEL_CHARACTER_WIDTH 5.6 /* at 10 points; a little more than the usual fonts have */

struct box {
        double left, top, right, bottom;
};

struct point {
        double x, y;
};

/* A ring's members in the order of their places. */
struct circle {
        uint32_t *members, n;
        const struct graph_edge **next; /* the edge from each member to the one behind it; NULL: there is none */
        double radius;
        struct point centre;
        bool has_labels;
        double caption_width, caption_height; /* of what stands in the middle; 0: nothing */
};

/* Collects the members of every ring (index 0 is blank). A ring that is closed and has no short cuts gets room for a caption. For the caller to give back with circles_free(). NULL when out of memory. */
struct circle *circles_new(const struct graph *graph);
void circles_free(const struct graph *graph, struct circle *circles);

/* The smallest circle on which neither nodes nor labels touch; places the members around (0, 0). */
void circle_fit(struct circle *circle, struct graph *graph);
/* Finds centre and radius again from where the members are. */
void circle_measure(struct circle *circle, const struct graph *graph);
/* What members, arcs and labels take up. */
struct box circle_box(const struct circle *circle, const struct graph *graph);

/* What the caption of a ring says first: "Deadlock". */
const char *circle_headline(const struct graph *graph);

/* Size of a label as it is drawn: broken at its last blank where that helps. */
void label_size(const char *label, double *ret_width, double *ret_height);
/* Where the label of the arc behind member `i` goes. */
struct point circle_label(const struct circle *circle, uint32_t i);

/* An edge as Graphviz draws it: cubic Bézier pieces and the tip of the arrow. */
#define PATH_PIECES 8
struct path {
        struct point points[PATH_PIECES * 3 + 1];
        unsigned n_points;
        struct point tip, label;
        bool has_label;
};

/* The arc from member `i` to the one behind it. */
struct path circle_arc(const struct circle *circle, const struct graph *graph, uint32_t i);
/* A short cut from one member to another, bent towards the centre. */
struct path circle_chord(const struct circle *circle, const struct graph *graph, const struct graph_edge *edge);

/* The first point that is outside of a node on the way from `point`, which is in it. */
struct point circle_way_out(const struct graph_node *node, struct point point, struct point direction);
