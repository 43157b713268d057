/* Graphs to look at: wait-for, lock-order and channels, as nodes and edges with rings marked; laid out by
 * Graphviz; written as DOT, SVG, PNG and JSON. The viewer draws the same structure itself. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "analysis/world.h"
#include "model/catalog.h"
#include "model/fault.h"
#include "model/finding.h"
#include "model/interval.h"

enum graph_kind { GRAPH_LOCK_ORDER, GRAPH_WAIT_FOR, GRAPH_CHANNELS };
enum graph_format { GRAPH_DOT, GRAPH_SVG, GRAPH_PNG, GRAPH_JSON };

struct graph_node {
        bool is_thread;
        uint32_t id;       /* thread or object */
        uint8_t object_kind; /* enum object_kind; OBJECT_THREAD for a thread */
        char *label;
        uint32_t ring;     /* the ring it is part of, from 1; 0: none */
        uint32_t place;    /* its place in the order of the ring, from 0 */
        double x, y, width, height; /* centre and size in points, y downwards, after graph_layout() */
};

enum graph_edge_kind { EDGE_WAITS_FOR, EDGE_HELD_BY, EDGE_TAKEN_WHILE_HOLDING, EDGE_SENDS, EDGE_RECEIVES };

/* The way of an edge: cubic Bézier pieces that share their ends (x and y in turn, 2 + 6 * pieces numbers), the tip of its
 * arrow and the middle of its label. */
struct graph_route {
        size_t n_points;
        double *points;
        double tip_x, tip_y, label_x, label_y;
};

struct graph_edge {
        uint32_t from, to; /* indices of nodes */
        enum graph_edge_kind kind;
        char *label;       /* who and where: "Plato bank.c:31", "waits at bank.c:31", "3 messages" */
        uint32_t ring;     /* as of the nodes, when both ends are in the same one */
        uint32_t thread;   /* who */
        uint32_t stack;    /* where */
        uint32_t from_stack; /* of a lock-order edge: where the held lock was taken */
        const struct frame *site, *from_site; /* the program's own frames of both; NULL: unknown. They live in the catalog */
        uint64_t event_id, time_ns;
        uint64_t n_times;
        struct graph_route *route; /* after graph_layout(), of an edge that isn't part of a ring; NULL: none */
};

/* Borrows from the catalog it was made from, which has to outlive it. Not thread-safe, but graphs know nothing of each
 * other: each may have a thread of its own. (Graphviz can't have two; graph_layout() and graph_write() wait for it in turn.) */
struct graph {
        enum graph_kind kind;
        struct graph_node *nodes;
        size_t n_nodes;
        struct graph_edge *edges;
        size_t n_edges;
        uint32_t n_rings;
        bool compact; /* graph_layout() is to leave no room for the labels of edges */
        double width, height;
};

/* Each returns 0 or -ENOMEM, and is given back with graph_finish().
 *
 * The wait-for graph at the moment `world` stands at: thread -> lock -> owner, thread -> thread for joins, thread ->
 * channel -> thread that could send or receive. Only threads that wait or are waited for. Its rings are those of the
 * deadlock that world_deadlock() sees: a cycle that somebody outside can still break up is none. */
int graph_wait_for(const struct world *world, const struct catalog *catalog, struct graph *ret_graph);
/* One node a lock, one edge for each pair taken in that order. Its rings are the strongly connected components. */
int graph_lock_order(const struct lock_edge *edges, size_t n, const struct catalog *catalog, struct graph *ret_graph);
/* Who sends to whom: thread -> channel -> thread, with how many messages. It has no rings. */
int graph_channels(const struct message *messages, size_t n, const struct catalog *catalog, struct graph *ret_graph);
void graph_finish(struct graph *graph);

/* What is said of a ring, from 1: "5 threads, 5 locks". */
#define GRAPH_RING_TEXT_BYTES 64
void graph_describe_ring(const struct graph *graph, uint32_t ring, char text[static GRAPH_RING_TEXT_BYTES]);

/* Places the nodes: a ring on a circle, clockwise in the order of its edges with a thread on top; the rest by Graphviz'
 * dot, to which a ring is one large node, so that nothing overlaps. 0, -ENOMEM, or -EIO with Graphviz' own words. */
int graph_layout(struct graph *graph, struct fault *ret_fault);

/* Writes to `out`, laying out first for anything but JSON; -EINVAL for a format that is not known, -EIO when Graphviz or the
 * file fails. DOT carries the places of the nodes when there are rings, so that any Graphviz tool draws it the same. */
int graph_write(struct graph *graph, enum graph_format format, FILE *out, struct fault *ret_fault);

const char *graph_kind_name(enum graph_kind kind);       /* "lock-order" */
int graph_kind_from_name(const char *name);              /* negative where there is none */
const char *graph_format_name(enum graph_format format); /* "svg" */
int graph_format_from_name(const char *name);
