/* Places the nodes of a graph. Each ring becomes a circle by itself; then Graphviz' dot lays out what remains when every
 * ring is folded into one large node, so that circles, nodes and labels keep clear of each other whatever there is.
 * Tried before: neato and fdp with the rings pinned. They pull the rest across the rings, and differ from run to run. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "graph/build.h"
#include "graph/circle.h"
#include "graph/connect.h"
#include "graph/dot.h"
#include "graph/gv.h"
#include "graph/shelves.h"
#include "graph/sides.h"
#include "graph/text.h"

#define MAX_NODE_WIDTH 260.0
#define RING_MARGIN 12.0

struct layout {
        struct graph *graph;
        struct circle *circles;
        struct box *boxes; /* of each ring around its own (0, 0) */
        bool *is_flipped;  /* of each edge: handed to dot the other way round */
        double width, height;
        int error;
};

/* Fonts differ; this is a little more than 12 points of the usual ones need. */
static void size_nodes(struct graph *graph) {
        for (size_t i = 0; i < graph->n_nodes; i++) {
                struct graph_node *node = &graph->nodes[i];
                double width = 7.4 * (double) text_n_characters(node->label) + (node->is_thread ? 22 : 32);

                node->width = fmin(fmax(width, 56), MAX_NODE_WIDTH + 32);
                node->height = node->is_thread ? 30 : 34;
        }
}

/* A node's name in the folded graph. */
static void write_name(const struct graph *graph, uint32_t node, FILE *out) {
        uint32_t ring = graph->nodes[node].ring;

        fprintf(out, "%c%" PRIu32, ring ? 'r' : 'n', ring ? ring : node);
}

static void write_sized(double width, double height, FILE *out) {
        fprintf(out, " [width=%.3f, height=%.3f];\n", width / 72, height / 72);
}

/* The side of a ring on which an edge meets it: one of eight winds, as the end of a name. What has to go round the ring meets it
 * at its flank, where there is room for a label. */
static const char *side_of(const struct layout *layout, uint32_t node, bool leaves_below) {
        static const char *const winds[] = { ":e", ":se", ":s", ":sw", ":w", ":nw", ":n", ":ne" };
        const struct graph_node *member = &layout->graph->nodes[node];

        if (member->ring == 0 || layout->circles[member->ring].n < 2)
                return "";
        if (connect_is_far(&layout->circles[member->ring], member, leaves_below))
                return member->x < -1 ? ":w" : ":e";
        /* Around the ring's own (0, 0), y downwards, so that angles go clockwise from the east. */
        return winds[(int) lround(atan2(member->y, member->x) / M_PI_4 + 8) % 8];
}

static int write_edge(const struct layout *layout, uint32_t index, FILE *out) {
        const struct graph_edge *edge = &layout->graph->edges[index];
        bool is_flipped = layout->is_flipped[index];
        uint32_t tail = is_flipped ? edge->to : edge->from, head = is_flipped ? edge->from : edge->to;
        int r = 0;

        write_name(layout->graph, tail, out);
        fprintf(out, "%s -> ", side_of(layout, tail, true));
        write_name(layout->graph, head, out);
        fprintf(out, "%s [id=%" PRIu32 "%s", side_of(layout, head, false), index, is_flipped ? ", dir=back" : "");
        if (edge->label && dot_has_labels(layout->graph)) {
                fprintf(out, ", ");
                r = dot_write_label(edge->label, out);
        }
        fprintf(out, "];\n");
        return r;
}

static int write_folded(const struct layout *layout, FILE *out) {
        const struct graph *graph = layout->graph;
        int r = 0;

        fprintf(out, "digraph folded {\ngraph [");
        dot_write_spacing(graph, out);
        fprintf(out, "];\nnode [shape=box, fixedsize=true, label=\"\"];\nedge [fontname=Helvetica, fontsize=10, arrowsize=0.8];\n");
        for (uint32_t ring = 1; ring <= graph->n_rings; ring++) {
                const struct box *box = &layout->boxes[ring];

                fprintf(out, "r%" PRIu32, ring);
                write_sized(box->right - box->left + 2 * RING_MARGIN, box->bottom - box->top + 2 * RING_MARGIN, out);
        }
        for (uint32_t i = 0; i < graph->n_nodes; i++) {
                if (graph->nodes[i].ring > 0)
                        continue;
                write_name(graph, i, out);
                write_sized(graph->nodes[i].width, graph->nodes[i].height, out);
        }
        for (uint32_t i = 0; i < graph->n_edges && r >= 0; i++)
                if (graph->edges[i].ring == 0)
                        r = write_edge(layout, i, out);
        fprintf(out, "}\n");
        return r;
}

/* Moves a ring from its own (0, 0) so that its box is around `centre`. */
static void move_ring(void *data, uint32_t ring, struct point centre) {
        const struct layout *layout = data;
        const struct circle *circle = &layout->circles[ring];
        const struct box *box = &layout->boxes[ring];

        for (uint32_t i = 0; i < circle->n; i++) {
                layout->graph->nodes[circle->members[i]].x += centre.x - (box->left + box->right) / 2;
                layout->graph->nodes[circle->members[i]].y += centre.y - (box->top + box->bottom) / 2;
        }
}

/* `y` is upwards still; turned round when the height is known. */
static void place(const char *name, struct gv_point centre, void *data) {
        const struct layout *layout = data;
        uint32_t number = (uint32_t) strtoul(name + 1, NULL, 10);

        if (name[0] == 'r') {
                move_ring(data, number, (struct point) { centre.x, -centre.y });
                return;
        }
        layout->graph->nodes[number].x = centre.x;
        layout->graph->nodes[number].y = -centre.y;
}

static struct graph_route *copy_route(const struct gv_route *from, bool is_flipped) {
        struct graph_route *route = calloc(1, sizeof(*route));
        struct gv_point tip = is_flipped ? from->tail_tip : from->head_tip;

        if (!route)
                return NULL;
        route->points = calloc(from->n_points, 2 * sizeof(*route->points));
        if (!route->points) {
                free(route);
                return NULL;
        }
        route->n_points = from->n_points;
        for (size_t i = 0; i < from->n_points; i++) {
                struct gv_point point = from->points[is_flipped ? from->n_points - 1 - i : i];

                route->points[2 * i] = point.x;
                route->points[2 * i + 1] = -point.y;
        }
        route->tip_x = tip.x;
        route->tip_y = -tip.y;
        route->label_x = from->label.x;
        route->label_y = -from->label.y;
        return route;
}

static void keep_route(const char *id, const struct gv_route *route, void *data) {
        struct layout *layout = data;
        uint32_t index = (uint32_t) strtoul(id, NULL, 10);
        struct graph_edge *edge = &layout->graph->edges[index];

        edge->route = copy_route(route, layout->is_flipped[index]);
        if (!edge->route)
                layout->error = -ENOMEM;
}

/* Dot counts from the bottom, a page from the top. */
static void turn_round(struct layout *layout) {
        struct graph *graph = layout->graph;

        for (size_t i = 0; i < graph->n_nodes; i++)
                graph->nodes[i].y += layout->height;
        for (size_t i = 0; i < graph->n_edges; i++) {
                struct graph_route *route = graph->edges[i].route;

                for (size_t point = 0; route && point < route->n_points; point++)
                        route->points[2 * point + 1] += layout->height;
                if (route) {
                        route->tip_y += layout->height;
                        route->label_y += layout->height;
                }
        }
}

static int lay_out_folded(struct layout *layout, struct fault *ret_fault) {
        const struct gv_visitor visitor = { .node = place, .edge = keep_route, .data = layout };
        char *dot = NULL;
        size_t n_bytes;
        FILE *out = open_memstream(&dot, &n_bytes);
        int r;

        if (!out)
                return -ENOMEM;
        r = sides_choose(layout->graph, layout->circles, layout->is_flipped);
        if (r >= 0)
                r = write_folded(layout, out);
        if (fclose(out) != 0 && r >= 0)
                r = -ENOMEM;
        if (r >= 0)
                r = gv_layout(dot, "dot", &visitor, &layout->width, &layout->height, ret_fault);
        free(dot);
        if (r >= 0)
                r = layout->error;
        if (r < 0)
                return r;
        turn_round(layout);
        for (uint32_t ring = 1; ring <= layout->graph->n_rings; ring++)
                circle_measure(&layout->circles[ring], layout->graph);
        return connect_routes(layout->graph, layout->circles, layout->is_flipped);
}

/* One ring and nothing else: no need to ask Graphviz. */
static int lay_out_ring(struct layout *layout) {
        const struct box *box = &layout->boxes[1];

        layout->width = box->right - box->left + 2 * RING_MARGIN;
        layout->height = box->bottom - box->top + 2 * RING_MARGIN;
        move_ring(layout, 1, (struct point) { layout->width / 2, layout->height / 2 });
        return 0;
}

static int lay_out(struct layout *layout, struct fault *ret_fault) {
        struct graph *graph = layout->graph;

        size_nodes(graph);
        for (uint32_t ring = 1; ring <= graph->n_rings; ring++) {
                layout->circles[ring].has_labels = dot_has_labels(graph);
                circle_fit(&layout->circles[ring], graph);
                layout->boxes[ring] = circle_box(&layout->circles[ring], graph);
        }
        if (graph->n_rings == 1 && layout->circles[1].n == graph->n_nodes)
                return lay_out_ring(layout);
        if (dot_is_huge(graph))
                return shelves_place(graph, layout->boxes, move_ring, layout, &layout->width, &layout->height);
        return lay_out_folded(layout, ret_fault);
}

int graph_layout(struct graph *graph, struct fault *ret_fault) {
        struct layout layout = { .graph = graph, .circles = circles_new(graph) };
        int r = -ENOMEM;

        for (size_t i = 0; i < graph->n_edges; i++) {
                route_free(graph->edges[i].route);
                graph->edges[i].route = NULL;
        }
        layout.boxes = calloc(graph->n_rings + 1, sizeof(*layout.boxes));
        layout.is_flipped = calloc(graph->n_edges + 1, sizeof(*layout.is_flipped));
        if (layout.circles && layout.boxes && layout.is_flipped)
                r = lay_out(&layout, ret_fault);
        if (r == -ENOMEM)
                fault_set(ret_fault, ENOMEM, "not enough memory to lay out a graph of %zu nodes", graph->n_nodes);
        circles_free(graph, layout.circles);
        free(layout.boxes);
        free(layout.is_flipped);
        if (r < 0)
                return r;
        graph->width = layout.width;
        graph->height = layout.height;
        return 0;
}
