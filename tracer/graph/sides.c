#include "graph/sides.h"

#include <errno.h>
#include <stdlib.h>

/* What hangs together outside of the rings. */
struct part {
        uint32_t parent;  /* towards the node that stands for the part */
        uint32_t ring;    /* the only one it touches; 0: none yet, UINT32_MAX: several */
        double below;     /* positive: the members it touches are in the lower half */
        int led_to;       /* positive: more edges lead from the ring to it than back */
};

static uint32_t part_of(struct part *parts, uint32_t node) {
        while (parts[node].parent != node) {
                parts[node].parent = parts[parts[node].parent].parent;
                node = parts[node].parent;
        }
        return node;
}

static void touch(struct part *part, const struct circle *circle, const struct graph_node *member, bool from_ring) {
        part->ring = part->ring == 0 || part->ring == member->ring ? member->ring : UINT32_MAX;
        part->below += circle->radius > 0 ? member->y / circle->radius : 0;
        part->led_to += from_ring ? 1 : -1;
}

static void find_parts(const struct graph *graph, const struct circle *circles, struct part *parts) {
        for (uint32_t i = 0; i < graph->n_nodes; i++)
                parts[i].parent = i;
        for (size_t i = 0; i < graph->n_edges; i++) {
                const struct graph_edge *edge = &graph->edges[i];

                if (graph->nodes[edge->from].ring == 0 && graph->nodes[edge->to].ring == 0)
                        parts[part_of(parts, edge->from)].parent = part_of(parts, edge->to);
        }
        for (size_t i = 0; i < graph->n_edges; i++) {
                const struct graph_edge *edge = &graph->edges[i];
                const struct graph_node *from = &graph->nodes[edge->from], *to = &graph->nodes[edge->to];

                if (from->ring > 0 && to->ring == 0)
                        touch(&parts[part_of(parts, edge->to)], &circles[from->ring], from, true);
                else if (from->ring == 0 && to->ring > 0)
                        touch(&parts[part_of(parts, edge->from)], &circles[to->ring], to, false);
        }
}

static bool is_on_the_far_side(const struct part *part) {
        if (part->ring == 0 || part->ring == UINT32_MAX)
                return false;
        return (part->below > 0.3 && part->led_to < 0) || (part->below < -0.3 && part->led_to > 0);
}

int sides_choose(const struct graph *graph, const struct circle *circles, bool *ret_is_flipped) {
        struct part *parts = calloc(graph->n_nodes + 1, sizeof(*parts));

        if (!parts)
                return -ENOMEM;
        find_parts(graph, circles, parts);
        for (size_t i = 0; i < graph->n_edges; i++) {
                const struct graph_edge *edge = &graph->edges[i];
                uint32_t outside = graph->nodes[edge->from].ring == 0 ? edge->from : edge->to;

                ret_is_flipped[i] = graph->nodes[outside].ring == 0 && is_on_the_far_side(&parts[part_of(parts, outside)]);
        }
        free(parts);
        return 0;
}
