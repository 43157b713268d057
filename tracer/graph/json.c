#include "graph/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "graph/text.h"

bool json_add_text(cJSON *object, const char *name, const char *text) {
        char *clean = text ? text_clean(text) : NULL;
        bool ok = text ? clean && cJSON_AddStringToObject(object, name, clean) : cJSON_AddNullToObject(object, name) != NULL;

        free(clean);
        return ok;
}

static bool add_site(cJSON *object, const char *name, const struct frame *site) {
        cJSON *item;

        if (!site)
                return cJSON_AddNullToObject(object, name) != NULL;
        item = cJSON_AddObjectToObject(object, name);
        return item && json_add_text(item, "function", site->function) && json_add_text(item, "file", site->file) &&
               cJSON_AddNumberToObject(item, "line", site->line);
}

static bool add_node(cJSON *nodes, const struct graph_node *node, uint32_t index) {
        cJSON *item = cJSON_CreateObject();

        return cJSON_AddItemToArray(nodes, item) && cJSON_AddNumberToObject(item, "node", index) &&
               cJSON_AddStringToObject(item, "type", node->is_thread ? "thread" : "object") &&
               cJSON_AddNumberToObject(item, "id", node->id) && json_add_text(item, "name", node->label) &&
               cJSON_AddNumberToObject(item, "ring", node->ring);
}

static const char *edge_kind_name(enum graph_edge_kind kind) {
        static const char *const names[] = {
                [EDGE_WAITS_FOR] = "waits-for", [EDGE_HELD_BY] = "held-by", [EDGE_TAKEN_WHILE_HOLDING] = "taken-while-holding",
                [EDGE_SENDS] = "sends", [EDGE_RECEIVES] = "receives",
        };

        return names[kind];
}

static bool add_edge(cJSON *edges, const struct graph_edge *edge, const struct graph *graph) {
        cJSON *item = cJSON_CreateObject();

        return cJSON_AddItemToArray(edges, item) && cJSON_AddNumberToObject(item, "from", edge->from) &&
               cJSON_AddNumberToObject(item, "to", edge->to) &&
               cJSON_AddStringToObject(item, "kind", edge_kind_name(edge->kind)) && json_add_text(item, "label", edge->label) &&
               cJSON_AddNumberToObject(item, "thread", edge->thread) && add_site(item, "site", edge->site) &&
               (graph->kind != GRAPH_LOCK_ORDER || add_site(item, "held_site", edge->from_site)) &&
               cJSON_AddNumberToObject(item, "event", (double) edge->event_id) &&
               cJSON_AddNumberToObject(item, "time_ns", (double) edge->time_ns) &&
               cJSON_AddNumberToObject(item, "times", (double) edge->n_times) && cJSON_AddNumberToObject(item, "ring", edge->ring);
}

/* The nodes of a ring in its order. */
static bool add_ring(cJSON *rings, const struct circle *circle) {
        cJSON *item = cJSON_CreateArray();
        bool ok = cJSON_AddItemToArray(rings, item);

        for (uint32_t i = 0; i < circle->n && ok; i++)
                ok = cJSON_AddItemToArray(item, cJSON_CreateNumber(circle->members[i]));
        return ok;
}

static bool fill(cJSON *root, const struct graph *graph, const struct circle *circles) {
        cJSON *nodes, *edges, *rings;
        bool ok;

        ok = cJSON_AddStringToObject(root, "kind", graph_kind_name(graph->kind)) != NULL;
        nodes = cJSON_AddArrayToObject(root, "nodes");
        edges = cJSON_AddArrayToObject(root, "edges");
        rings = cJSON_AddArrayToObject(root, "rings");
        ok = ok && nodes && edges && rings;
        for (uint32_t i = 0; i < graph->n_nodes && ok; i++)
                ok = add_node(nodes, &graph->nodes[i], i);
        for (size_t i = 0; i < graph->n_edges && ok; i++)
                ok = add_edge(edges, &graph->edges[i], graph);
        for (uint32_t ring = 1; ring <= graph->n_rings && ok; ring++)
                ok = add_ring(rings, &circles[ring]);
        return ok;
}

int json_write(const struct graph *graph, FILE *out) {
        struct circle *circles = circles_new(graph);
        cJSON *root = cJSON_CreateObject();
        char *text = NULL;

        if (circles && root && fill(root, graph, circles))
                text = cJSON_Print(root);
        if (text)
                fprintf(out, "%s\n", text);
        circles_free(graph, circles);
        cJSON_Delete(root);
        cJSON_free(text);
        return text ? 0 : -ENOMEM;
}
