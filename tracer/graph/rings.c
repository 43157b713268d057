#include "graph/rings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/scc.h"

/* Edges by the node they leave: those of node n are targets[first[n]] … targets[first[n + 1] - 1]. */
struct adjacency {
        uint32_t *first, *targets;
};

static void adjacency_finish(struct adjacency *adjacency) {
        free(adjacency->first);
        free(adjacency->targets);
}

static int adjacency_init(struct adjacency *adjacency, const struct graph *graph) {
        adjacency->first = calloc(graph->n_nodes + 2, sizeof(*adjacency->first));
        adjacency->targets = calloc(graph->n_edges + 1, sizeof(*adjacency->targets));
        if (!adjacency->first || !adjacency->targets)
                return -ENOMEM;
        /* Counted two further on, so that filling in moves each start to where it belongs. */
        for (size_t i = 0; i < graph->n_edges; i++)
                adjacency->first[graph->edges[i].from + 2]++;
        for (size_t n = 2; n < graph->n_nodes + 2; n++)
                adjacency->first[n] += adjacency->first[n - 1];
        for (size_t i = 0; i < graph->n_edges; i++)
                adjacency->targets[adjacency->first[graph->edges[i].from + 1]++] = graph->edges[i].to;
        return 0;
}

/* Numbers the components that are cycles in the order of their first nodes. */
static int number_rings(struct graph *graph, const uint32_t *component, uint32_t n_components) {
        uint32_t *sizes = calloc(n_components + 1, sizeof(*sizes)), *rings = calloc(n_components + 1, sizeof(*rings));

        if (sizes && rings) {
                for (size_t i = 0; i < graph->n_nodes; i++)
                        sizes[component[i]]++;
                for (size_t i = 0; i < graph->n_edges; i++)
                        if (graph->edges[i].from == graph->edges[i].to)
                                sizes[component[graph->edges[i].from]] = 2; /* a node that leads to itself is a cycle */
                graph->n_rings = 0;
                for (size_t i = 0; i < graph->n_nodes; i++) {
                        uint32_t *ring = &rings[component[i]];

                        if (sizes[component[i]] > 1 && *ring == 0)
                                *ring = ++graph->n_rings;
                        graph->nodes[i].ring = *ring;
                }
        }
        free(sizes);
        free(rings);
        return sizes && rings ? 0 : -ENOMEM;
}

int rings_find(struct graph *graph) {
        uint32_t *component = calloc(graph->n_nodes + 1, sizeof(*component)), n_components;
        struct adjacency adjacency;
        int r = adjacency_init(&adjacency, graph);

        if (r >= 0)
                r = component ? scc_find((uint32_t) graph->n_nodes, adjacency.first, adjacency.targets, component, &n_components) : -ENOMEM;
        if (r >= 0)
                r = number_rings(graph, component, n_components);
        adjacency_finish(&adjacency);
        free(component);
        return r < 0 ? r : rings_order(graph);
}

/* Where to begin: with the thread of the lowest number, or the object where there is no thread. */
static bool is_better_start(const struct graph_node *a, const struct graph_node *b) {
        return a->is_thread != b->is_thread ? a->is_thread : a->id < b->id;
}

static void find_starts(const struct graph *graph, uint32_t *starts) {
        memset(starts, 0xff, (graph->n_rings + 1) * sizeof(*starts));
        for (uint32_t i = 0; i < graph->n_nodes; i++) {
                uint32_t *start = &starts[graph->nodes[i].ring];

                if (*start == UINT32_MAX || is_better_start(&graph->nodes[i], &graph->nodes[*start]))
                        *start = i;
        }
}

/* A walk along edges, depth first. */
struct walk {
        struct graph *graph;
        struct adjacency adjacency;
        uint32_t *next; /* of each node, the next of its edges to follow */
        uint32_t *path, n_path;
        bool *is_placed;
};

static void walk_finish(struct walk *walk) {
        adjacency_finish(&walk->adjacency);
        free(walk->next);
        free(walk->path);
        free(walk->is_placed);
}

static int walk_init(struct walk *walk, struct graph *graph) {
        *walk = (struct walk) {
                .graph = graph,
                .next = calloc(graph->n_nodes + 1, sizeof(*walk->next)),
                .path = calloc(graph->n_nodes + 1, sizeof(*walk->path)),
                .is_placed = calloc(graph->n_nodes + 1, sizeof(*walk->is_placed)),
        };
        if (!walk->next || !walk->path || !walk->is_placed)
                return -ENOMEM;
        return adjacency_init(&walk->adjacency, graph);
}

static void enter(struct walk *walk, uint32_t node, uint32_t place) {
        walk->graph->nodes[node].place = place;
        walk->is_placed[node] = true;
        walk->next[node] = walk->adjacency.first[node];
        walk->path[walk->n_path++] = node;
}

/* A plain ring comes out in its own order; one with short cuts in an order that follows edges for as long as it can. */
static void place_ring(struct walk *walk, uint32_t start, uint32_t *n_placed) {
        const struct graph_node *nodes = walk->graph->nodes;

        enter(walk, start, (*n_placed)++);
        while (walk->n_path > 0) {
                uint32_t node = walk->path[walk->n_path - 1], target;

                if (walk->next[node] == walk->adjacency.first[node + 1]) {
                        walk->n_path--;
                        continue;
                }
                target = walk->adjacency.targets[walk->next[node]++];
                if (!walk->is_placed[target] && nodes[target].ring == nodes[start].ring)
                        enter(walk, target, (*n_placed)++);
        }
}

static int place_rings(struct graph *graph) {
        uint32_t *starts = calloc(graph->n_rings + 1, sizeof(*starts));
        uint32_t *n_placed = calloc(graph->n_rings + 1, sizeof(*n_placed));
        struct walk walk = { 0 };
        int r = starts && n_placed ? walk_init(&walk, graph) : -ENOMEM;

        if (r >= 0) {
                find_starts(graph, starts);
                for (uint32_t ring = 1; ring <= graph->n_rings; ring++)
                        if (starts[ring] != UINT32_MAX)
                                place_ring(&walk, starts[ring], &n_placed[ring]);
                /* What no edge leads to: only where the rings were given from outside. */
                for (uint32_t i = 0; i < graph->n_nodes; i++)
                        if (graph->nodes[i].ring > 0 && !walk.is_placed[i])
                                place_ring(&walk, i, &n_placed[graph->nodes[i].ring]);
        }
        walk_finish(&walk);
        free(starts);
        free(n_placed);
        return r;
}

int rings_order(struct graph *graph) {
        graph->n_rings = 0;
        for (size_t i = 0; i < graph->n_nodes; i++)
                if (graph->nodes[i].ring > graph->n_rings)
                        graph->n_rings = graph->nodes[i].ring;
        for (size_t i = 0; i < graph->n_edges; i++) {
                struct graph_edge *edge = &graph->edges[i];
                uint32_t ring = graph->nodes[edge->from].ring;

                edge->ring = ring == graph->nodes[edge->to].ring ? ring : 0;
        }
        return place_rings(graph);
}

/* What all of them are, in a word. */
static const char *common_word(bool all_locks, bool all_channels) {
        return all_locks ? "lock" : all_channels ? "channel" : "object";
}

void graph_describe_ring(const struct graph *graph, uint32_t ring, char text[static GRAPH_RING_TEXT_BYTES]) {
        unsigned n_threads = 0, n_others = 0;
        bool all_locks = true, all_channels = true;

        for (size_t i = 0; i < graph->n_nodes; i++) {
                const struct graph_node *node = &graph->nodes[i];

                if (node->ring != ring)
                        continue;
                n_threads += node->is_thread;
                if (node->is_thread)
                        continue;
                n_others++;
                all_locks = all_locks && (node->object_kind == OBJECT_MUTEX || node->object_kind == OBJECT_RWLOCK ||
                                          node->object_kind == OBJECT_SPINLOCK);
                all_channels = all_channels && node->object_kind == OBJECT_CHANNEL;
        }
        text[0] = '\0';
        if (n_threads > 0)
                snprintf(text, GRAPH_RING_TEXT_BYTES, "%u thread%s", n_threads, n_threads == 1 ? "" : "s");
        if (n_others > 0)
                snprintf(text + strlen(text), GRAPH_RING_TEXT_BYTES - strlen(text), "%s%u %s%s", n_threads ? ", " : "",
                         n_others, common_word(all_locks, all_channels), n_others == 1 ? "" : "s");
}
