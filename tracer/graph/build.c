#include "graph/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = { [GRAPH_LOCK_ORDER] = "lock-order", [GRAPH_WAIT_FOR] = "wait-for", [GRAPH_CHANNELS] = "channels" };
static const char *const format_names[] = { [GRAPH_DOT] = "dot", [GRAPH_SVG] = "svg", [GRAPH_PNG] = "png", [GRAPH_JSON] = "json" };

#define N_ELEMENTS(array) (sizeof(array) / sizeof(*(array)))

static int index_of(const char *const *names, size_t n, const char *name) {
        for (size_t i = 0; i < n; i++)
                if (strcmp(names[i], name) == 0)
                        return (int) i;
        return -ENOENT;
}

const char *graph_kind_name(enum graph_kind kind) {
        return kind_names[kind];
}

int graph_kind_from_name(const char *name) {
        return index_of(kind_names, N_ELEMENTS(kind_names), name);
}

const char *graph_format_name(enum graph_format format) {
        return format_names[format];
}

int graph_format_from_name(const char *name) {
        return index_of(format_names, N_ELEMENTS(format_names), name);
}

static size_t slot_of(const struct index_map *map, uint64_t key) {
        uint64_t hash = (key + 1) * UINT64_C(0x9E3779B97F4A7C15);
        size_t slot = (size_t) (hash >> 32) & (map->size - 1);

        while (map->keys[slot] != 0 && map->keys[slot] != key + 1)
                slot = (slot + 1) & (map->size - 1);
        return slot;
}

static int64_t map_get(const struct index_map *map, uint64_t key) {
        size_t slot;

        if (map->size == 0)
                return -ENOENT;
        slot = slot_of(map, key);
        return map->keys[slot] == 0 ? -ENOENT : (int64_t) map->values[slot];
}

static int map_grow(struct index_map *map) {
        struct index_map larger = { .n = map->n, .size = map->size ? map->size * 2 : 64 };

        larger.keys = calloc(larger.size, sizeof(*larger.keys));
        larger.values = calloc(larger.size, sizeof(*larger.values));
        if (!larger.keys || !larger.values) {
                free(larger.keys);
                free(larger.values);
                return -ENOMEM;
        }
        for (size_t i = 0; i < map->size; i++) {
                size_t slot;

                if (map->keys[i] == 0)
                        continue;
                slot = slot_of(&larger, map->keys[i] - 1);
                larger.keys[slot] = map->keys[i];
                larger.values[slot] = map->values[i];
        }
        free(map->keys);
        free(map->values);
        *map = larger;
        return 0;
}

static int map_put(struct index_map *map, uint64_t key, uint32_t value) {
        size_t slot;

        if (map->n * 2 >= map->size && map_grow(map) < 0)
                return -ENOMEM;
        slot = slot_of(map, key);
        map->n += map->keys[slot] == 0;
        map->keys[slot] = key + 1;
        map->values[slot] = value;
        return 0;
}

void builder_init(struct builder *builder, enum graph_kind kind, const struct catalog *catalog, struct graph *graph) {
        *graph = (struct graph) { .kind = kind };
        *builder = (struct builder) { .graph = graph, .catalog = catalog };
}

void builder_finish(struct builder *builder) {
        free(builder->nodes.keys);
        free(builder->nodes.values);
        free(builder->edges.keys);
        free(builder->edges.values);
        *builder = (struct builder) { 0 };
}

void route_free(struct graph_route *route) {
        if (!route)
                return;
        free(route->points);
        free(route);
}

void graph_finish(struct graph *graph) {
        for (size_t i = 0; i < graph->n_nodes; i++)
                free(graph->nodes[i].label);
        for (size_t i = 0; i < graph->n_edges; i++) {
                free(graph->edges[i].label);
                route_free(graph->edges[i].route);
        }
        free(graph->nodes);
        free(graph->edges);
        *graph = (struct graph) { 0 };
}

static int grow(void *array, size_t n, size_t *size, size_t item_bytes) {
        void **items = array, *moved;
        size_t new_size = *size ? *size * 2 : 32;

        if (n < *size)
                return 0;
        moved = reallocarray(*items, new_size, item_bytes);
        if (!moved)
                return -ENOMEM;
        *items = moved;
        *size = new_size;
        return 0;
}

static uint64_t node_key(bool is_thread, uint32_t id) {
        return (uint64_t) is_thread << 32 | id;
}

int builder_find(const struct builder *builder, bool is_thread, uint32_t id) {
        return (int) map_get(&builder->nodes, node_key(is_thread, id));
}

static int add_node(struct builder *builder, bool is_thread, uint32_t id, unsigned object_kind, const char *name) {
        struct graph *graph = builder->graph;
        int found = builder_find(builder, is_thread, id);
        char *label;

        if (found >= 0)
                return found;
        if (grow(&graph->nodes, graph->n_nodes, &builder->size_nodes, sizeof(*graph->nodes)) < 0)
                return -ENOMEM;
        label = strdup(name);
        if (!label)
                return -ENOMEM;
        if (map_put(&builder->nodes, node_key(is_thread, id), (uint32_t) graph->n_nodes) < 0) {
                free(label);
                return -ENOMEM;
        }
        graph->nodes[graph->n_nodes] = (struct graph_node) {
                .is_thread = is_thread, .id = id, .object_kind = (uint8_t) object_kind, .label = label,
        };
        return (int) graph->n_nodes++;
}

int builder_thread(struct builder *builder, uint32_t thread) {
        char buffer[CATALOG_LABEL_BYTES];

        return add_node(builder, true, thread, OBJECT_THREAD, catalog_thread_label(builder->catalog, thread, buffer));
}

int builder_object(struct builder *builder, uint32_t object) {
        uint32_t thread = catalog_object_thread(builder->catalog, object);
        char buffer[CATALOG_NAME_BYTES];

        if (thread > 0)
                return builder_thread(builder, thread);
        return add_node(builder, false, object, catalog_object(builder->catalog, object)->kind,
                        catalog_object_name(builder->catalog, object, buffer));
}

int builder_edge(struct builder *builder, int from, int to, enum graph_edge_kind kind) {
        struct graph *graph = builder->graph;
        uint64_t key = (uint64_t) kind << 60 | (uint64_t) (uint32_t) from << 30 | (uint32_t) to;
        int64_t found = map_get(&builder->edges, key);

        if (found >= 0)
                return (int) found;
        if (grow(&graph->edges, graph->n_edges, &builder->size_edges, sizeof(*graph->edges)) < 0 ||
            map_put(&builder->edges, key, (uint32_t) graph->n_edges) < 0)
                return -ENOMEM;
        graph->edges[graph->n_edges] = (struct graph_edge) { .from = (uint32_t) from, .to = (uint32_t) to, .kind = kind };
        return (int) graph->n_edges++;
}

void builder_site(struct builder *builder, struct graph_edge *edge, uint32_t thread, uint32_t stack, uint32_t from_stack) {
        edge->thread = thread;
        edge->stack = stack;
        edge->from_stack = from_stack;
        edge->site = stack ? catalog_site(builder->catalog, stack) : NULL;
        edge->from_site = from_stack ? catalog_site(builder->catalog, from_stack) : NULL;
}

const char *site_text(const struct frame *site, char buffer[static SITE_TEXT_BYTES]) {
        buffer[0] = '\0';
        if (site && site->file && site->line > 0) {
                const char *slash = strrchr(site->file, '/');

                snprintf(buffer, SITE_TEXT_BYTES, "%s:%u", slash ? slash + 1 : site->file, (unsigned) site->line);
        } else if (site && site->function) {
                snprintf(buffer, SITE_TEXT_BYTES, "%s()", site->function);
        }
        return buffer;
}
