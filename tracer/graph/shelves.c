#include "graph/shelves.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define SPACE 28.0

/* Rings and the nodes outside of them are things: first the rings, from 1, then the nodes. Thing 0 is none. */
struct shelving {
        struct graph *graph;
        const struct box *boxes;
        uint32_t n_things;
        uint32_t *first, *neighbours; /* by thing: those that an edge leads to or from */
        uint32_t *order, n_order;
        bool *is_seen;
};

static uint32_t thing_of(const struct graph *graph, uint32_t node) {
        return graph->nodes[node].ring ? graph->nodes[node].ring : graph->n_rings + 1 + node;
}

static bool is_between_things(const struct graph *graph, const struct graph_edge *edge) {
        return thing_of(graph, edge->from) != thing_of(graph, edge->to);
}

static int shelving_init(struct shelving *s, struct graph *graph, const struct box *boxes) {
        *s = (struct shelving) { .graph = graph, .boxes = boxes, .n_things = graph->n_rings + 1 + (uint32_t) graph->n_nodes };
        s->first = calloc(s->n_things + 2, sizeof(*s->first));
        s->neighbours = calloc(2 * graph->n_edges + 1, sizeof(*s->neighbours));
        s->order = calloc(s->n_things + 1, sizeof(*s->order));
        s->is_seen = calloc(s->n_things + 1, sizeof(*s->is_seen));
        if (!s->first || !s->neighbours || !s->order || !s->is_seen)
                return -ENOMEM;
        /* Counted two further on, so that filling in moves each start to where it belongs. */
        for (size_t i = 0; i < graph->n_edges; i++) {
                if (!is_between_things(graph, &graph->edges[i]))
                        continue;
                s->first[thing_of(graph, graph->edges[i].from) + 2]++;
                s->first[thing_of(graph, graph->edges[i].to) + 2]++;
        }
        for (uint32_t i = 2; i < s->n_things + 2; i++)
                s->first[i] += s->first[i - 1];
        for (size_t i = 0; i < graph->n_edges; i++) {
                uint32_t from = thing_of(graph, graph->edges[i].from), to = thing_of(graph, graph->edges[i].to);

                if (from == to)
                        continue;
                s->neighbours[s->first[from + 1]++] = to;
                s->neighbours[s->first[to + 1]++] = from;
        }
        return 0;
}

static void shelving_finish(struct shelving *s) {
        free(s->first);
        free(s->neighbours);
        free(s->order);
        free(s->is_seen);
}

/* Breadth first, so that what belongs together comes together. */
static void order_from(struct shelving *s, uint32_t start) {
        uint32_t at = s->n_order;

        if (s->is_seen[start])
                return;
        s->is_seen[start] = true;
        s->order[s->n_order++] = start;
        for (; at < s->n_order; at++)
                for (uint32_t i = s->first[s->order[at]]; i < s->first[s->order[at] + 1]; i++) {
                        uint32_t next = s->neighbours[i];

                        if (s->is_seen[next])
                                continue;
                        s->is_seen[next] = true;
                        s->order[s->n_order++] = next;
                }
}

static void order_things(struct shelving *s) {
        for (uint32_t ring = 1; ring <= s->graph->n_rings; ring++)
                order_from(s, ring);
        for (uint32_t node = 0; node < s->graph->n_nodes; node++)
                order_from(s, thing_of(s->graph, node));
}

static void size_of(const struct shelving *s, uint32_t thing, double *ret_width, double *ret_height) {
        const struct graph *graph = s->graph;

        if (thing <= graph->n_rings) {
                *ret_width = s->boxes[thing].right - s->boxes[thing].left + SPACE;
                *ret_height = s->boxes[thing].bottom - s->boxes[thing].top + SPACE;
        } else {
                *ret_width = graph->nodes[thing - graph->n_rings - 1].width + SPACE;
                *ret_height = graph->nodes[thing - graph->n_rings - 1].height + 2 * SPACE; /* the lines need room to part */
        }
}

/* About as wide as high, and wide enough for the widest. */
static double shelf_width(const struct shelving *s) {
        double area = 0, widest = 0, width, height;

        for (uint32_t i = 0; i < s->n_order; i++) {
                size_of(s, s->order[i], &width, &height);
                area += width * height;
                widest = fmax(widest, width);
        }
        return fmax(widest, 1.2 * sqrt(area));
}

int shelves_place(struct graph *graph, const struct box *boxes, void (*move_ring)(void *data, uint32_t ring, struct point centre),
                  void *data, double *ret_width, double *ret_height) {
        double x = 0, y = 0, shelf = 0, limit, width, height;
        struct shelving s;
        int r = shelving_init(&s, graph, boxes);

        if (r >= 0) {
                order_things(&s);
                limit = shelf_width(&s);
                for (uint32_t i = 0; i < s.n_order; i++) {
                        struct point centre;

                        size_of(&s, s.order[i], &width, &height);
                        if (x > 0 && x + width > limit) {
                                x = 0;
                                y += shelf;
                                shelf = 0;
                        }
                        centre = (struct point) { x + width / 2, y + height / 2 };
                        if (s.order[i] <= graph->n_rings) {
                                move_ring(data, s.order[i], centre);
                        } else {
                                graph->nodes[s.order[i] - graph->n_rings - 1].x = centre.x;
                                graph->nodes[s.order[i] - graph->n_rings - 1].y = centre.y;
                        }
                        x += width;
                        shelf = fmax(shelf, height);
                }
                *ret_width = limit;
                *ret_height = y + shelf;
        }
        shelving_finish(&s);
        return r;
}
