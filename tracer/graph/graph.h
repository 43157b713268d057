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
        char *label;
        uint32_t ring;     /* the strongly connected component that is a cycle, from 1; 0: none */
        double x, y, width, height; /* centre and size in points, y downwards, after graph_layout() */
};

enum graph_edge_kind { EDGE_WAITS_FOR, EDGE_HELD_BY, EDGE_TAKEN_WHILE_HOLDING, EDGE_SENDS, EDGE_RECEIVES };

struct graph_edge {
        uint32_t from, to; /* indices of nodes */
        enum graph_edge_kind kind;
        char *label;       /* "Plato, bank.c:31" */
        uint32_t ring;     /* as of the nodes, when both ends are in the same one */
        uint32_t thread;   /* who */
        uint32_t stack;    /* where */
        uint32_t from_stack; /* of a lock-order edge: where the held lock was taken */
        uint64_t event_id, time_ns;
        uint64_t n_times;
};

struct graph {
        enum graph_kind kind;
        struct graph_node *nodes;
        size_t n_nodes;
        struct graph_edge *edges;
        size_t n_edges;
        uint32_t n_rings;
        double width, height;
};

/* The wait-for graph at the moment `world` stands at: thread -> lock -> owner, thread -> thread for joins, thread ->
 * channel -> thread that could send or receive. Only threads that wait or are waited for. */
int graph_wait_for(const struct world *world, const struct catalog *catalog, struct graph *ret_graph);
/* One node a lock, one edge for each pair taken in that order. */
int graph_lock_order(const struct lock_edge *edges, size_t n, const struct catalog *catalog, struct graph *ret_graph);
void graph_finish(struct graph *graph);

/* Places the nodes: a ring on a circle in the order of its edges, the rest by Graphviz' dot around it. */
int graph_layout(struct graph *graph, struct fault *ret_fault);
/* Writes to `out`; -EINVAL for a format that is not known. */
int graph_write(struct graph *graph, enum graph_format format, FILE *out, struct fault *ret_fault);
