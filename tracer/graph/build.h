/* Puts graphs together: a thread or object becomes a node once, a pair of nodes an edge once. */
#pragma once

#include "graph/graph.h"

/* From a 64-bit key to an index; linear probing over a power of two. */
struct index_map {
        uint64_t *keys; /* key + 1, so that 0 is free */
        uint32_t *values;
        size_t n, size;
};

struct builder {
        struct graph *graph;
        const struct catalog *catalog;
        size_t size_nodes, size_edges;
        struct index_map nodes, edges;
};

void builder_init(struct builder *builder, enum graph_kind kind, const struct catalog *catalog, struct graph *graph);
void builder_finish(struct builder *builder);

/* Each returns the index of the node, made where it is new, or -ENOMEM. */
int builder_thread(struct builder *builder, uint32_t thread);
int builder_object(struct builder *builder, uint32_t object);
/* The index of the edge, made where it is new (then `n_times` is 0), or -ENOMEM. */
int builder_edge(struct builder *builder, int from, int to, enum graph_edge_kind kind);
/* The node of that thread or object, or -ENOENT. */
int builder_find(const struct builder *builder, bool is_thread, uint32_t id);

/* Says who and where in the edge: fills in its stacks and sites. */
void builder_site(struct builder *builder, struct graph_edge *edge, uint32_t thread, uint32_t stack, uint32_t from_stack);
#define SITE_TEXT_BYTES 256
/* "bank.c:31", "transfer()", or "" where nothing is known. Never NULL. */
const char *site_text(const struct frame *site, char buffer[static SITE_TEXT_BYTES]);

void route_free(struct graph_route *route);
