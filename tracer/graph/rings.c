#include "graph/rings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

#define UNSEEN 0

struct tarjan {
        struct graph *graph;
        struct adjacency adjacency;
        uint32_t *number, *low; /* when a node was first seen, from 1, and the earliest it leads back to */
        uint32_t *next;         /* the next of its edges to follow */
        uint32_t *open, n_open; /* nodes whose component isn't known yet */
        bool *is_open;
        uint32_t *path, n_path; /* the nodes that a recursive search would be in */
        uint32_t n_seen;
};

static void tarjan_finish(struct tarjan *t) {
        adjacency_finish(&t->adjacency);
        free(t->number);
        free(t->low);
        free(t->next);
        free(t->open);
        free(t->is_open);
        free(t->path);
}

static int tarjan_init(struct tarjan *t, struct graph *graph) {
        size_t n = graph->n_nodes + 1;

        *t = (struct tarjan) { .graph = graph };
        t->number = calloc(n, sizeof(*t->number));
        t->low = calloc(n, sizeof(*t->low));
        t->next = calloc(n, sizeof(*t->next));
        t->open = calloc(n, sizeof(*t->open));
        t->is_open = calloc(n, sizeof(*t->is_open));
        t->path = calloc(n, sizeof(*t->path));
        if (!t->number || !t->low || !t->next || !t->open || !t->is_open || !t->path)
                return -ENOMEM;
        return adjacency_init(&t->adjacency, graph);
}

static void enter(struct tarjan *t, uint32_t node) {
        t->number[node] = t->low[node] = ++t->n_seen;
        t->next[node] = t->adjacency.first[node];
        t->open[t->n_open++] = node;
        t->is_open[node] = true;
        t->path[t->n_path++] = node;
}

static bool has_edge_to_itself(const struct tarjan *t, uint32_t node) {
        for (uint32_t i = t->adjacency.first[node]; i < t->adjacency.first[node + 1]; i++)
                if (t->adjacency.targets[i] == node)
                        return true;
        return false;
}

/* `node` is the first of its component, which is everything opened since. */
static void close_component(struct tarjan *t, uint32_t node) {
        bool is_ring = t->open[t->n_open - 1] != node || has_edge_to_itself(t, node);
        uint32_t member;

        if (is_ring)
                t->graph->n_rings++;
        do {
                member = t->open[--t->n_open];
                t->is_open[member] = false;
                t->graph->nodes[member].ring = is_ring ? t->graph->n_rings : 0;
        } while (member != node);
}

static void leave(struct tarjan *t, uint32_t node) {
        t->n_path--;
        if (t->low[node] == t->number[node])
                close_component(t, node);
        if (t->n_path > 0) {
                uint32_t before = t->path[t->n_path - 1];

                if (t->low[node] < t->low[before])
                        t->low[before] = t->low[node];
        }
}

static void search_from(struct tarjan *t, uint32_t root) {
        enter(t, root);
        while (t->n_path > 0) {
                uint32_t node = t->path[t->n_path - 1], target;

                if (t->next[node] == t->adjacency.first[node + 1]) {
                        leave(t, node);
                        continue;
                }
                target = t->adjacency.targets[t->next[node]++];
                if (t->number[target] == UNSEEN)
                        enter(t, target);
                else if (t->is_open[target] && t->number[target] < t->low[node])
                        t->low[node] = t->number[target];
        }
}

/* Tarjan closes components from the far end; a reader wants ring 1 to be the one with the first node. */
static int renumber(struct graph *graph) {
        uint32_t *numbers = calloc(graph->n_rings + 1, sizeof(*numbers)), n = 0;

        if (!numbers)
                return -ENOMEM;
        for (size_t i = 0; i < graph->n_nodes; i++) {
                struct graph_node *node = &graph->nodes[i];

                if (node->ring == 0)
                        continue;
                if (numbers[node->ring] == 0)
                        numbers[node->ring] = ++n;
                node->ring = numbers[node->ring];
        }
        free(numbers);
        return 0;
}

int rings_find(struct graph *graph) {
        struct tarjan t;
        int r = tarjan_init(&t, graph);

        if (r >= 0) {
                graph->n_rings = 0;
                for (uint32_t node = 0; node < graph->n_nodes; node++)
                        if (t.number[node] == UNSEEN)
                                search_from(&t, node);
                r = renumber(graph);
        }
        tarjan_finish(&t);
        return r < 0 ? r : rings_order(graph);
}

/* Where to begin: a ring is told from its first thread on, or from its first node where it has no thread. */
static void find_starts(const struct graph *graph, uint32_t *starts) {
        memset(starts, 0xff, (graph->n_rings + 1) * sizeof(*starts));
        for (uint32_t i = 0; i < graph->n_nodes; i++) {
                uint32_t *start = &starts[graph->nodes[i].ring];

                if (*start == UINT32_MAX || (graph->nodes[i].is_thread && !graph->nodes[*start].is_thread))
                        *start = i;
        }
}

/* Walks the ring depth first. A plain ring comes out in its own order; one with short cuts in an order that follows
 * edges for as long as it can. */
static void place_ring(struct tarjan *t, uint32_t start, uint32_t *n_placed) {
        const struct graph *graph = t->graph;

        enter(t, start);
        t->graph->nodes[start].place = (*n_placed)++;
        while (t->n_path > 0) {
                uint32_t node = t->path[t->n_path - 1], target;

                if (t->next[node] == t->adjacency.first[node + 1]) {
                        t->n_path--;
                        continue;
                }
                target = t->adjacency.targets[t->next[node]++];
                if (t->number[target] != UNSEEN || graph->nodes[target].ring != graph->nodes[start].ring)
                        continue;
                enter(t, target);
                t->graph->nodes[target].place = (*n_placed)++;
        }
}

static int place_rings(struct graph *graph) {
        uint32_t *starts = calloc(graph->n_rings + 1, sizeof(*starts));
        uint32_t *n_placed = calloc(graph->n_rings + 1, sizeof(*n_placed));
        struct tarjan t = { 0 };
        int r = -ENOMEM;

        if (starts && n_placed)
                r = tarjan_init(&t, graph);
        if (r >= 0) {
                find_starts(graph, starts);
                for (uint32_t ring = 1; ring <= graph->n_rings; ring++)
                        if (starts[ring] != UINT32_MAX)
                                place_ring(&t, starts[ring], &n_placed[ring]);
                /* What no edge leads to: only where the rings were given from outside. */
                for (uint32_t i = 0; i < graph->n_nodes; i++)
                        if (graph->nodes[i].ring > 0 && t.number[i] == UNSEEN)
                                place_ring(&t, i, &n_placed[graph->nodes[i].ring]);
        }
        tarjan_finish(&t);
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
