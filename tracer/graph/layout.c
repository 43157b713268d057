/* Places the nodes of a graph. Each ring becomes a circle by itself; then Graphviz' dot lays out what remains when every
 * ring is folded into one large node, so that circles, nodes and labels keep clear of each other whatever there is.
 * Tried before: neato and fdp with the rings pinned. They pull the rest across the rings, and differ from run to run. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "graph/circle.h"
#include "graph/dot.h"
#include "graph/gv.h"
#include "graph/text.h"

#define MAX_NODE_WIDTH 260.0
#define RING_MARGIN 12.0

struct layout {
        struct graph *graph;
        struct circle *circles;
        struct box *boxes; /* of each ring around its own (0, 0) */
        double width, height;
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

static int write_folded(const struct layout *layout, FILE *out) {
        const struct graph *graph = layout->graph;
        int r = 0;

        fprintf(out, "digraph folded {\ngraph [");
        dot_write_spacing(graph, out);
        fprintf(out, "];\nnode [shape=box, fixedsize=true, label=\"\"];\nedge [fontname=Helvetica, fontsize=10];\n");
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
        for (size_t i = 0; i < graph->n_edges && r >= 0; i++) {
                const struct graph_edge *edge = &graph->edges[i];

                if (edge->ring > 0)
                        continue;
                write_name(graph, edge->from, out);
                fprintf(out, " -> ");
                write_name(graph, edge->to, out);
                fprintf(out, " [");
                if (edge->label && dot_has_labels(graph))
                        r = dot_write_label(edge->label, out);
                fprintf(out, "];\n");
        }
        fprintf(out, "}\n");
        return r;
}

/* Moves a ring from its own (0, 0) so that its box is around `centre`. */
static void move_ring(const struct layout *layout, uint32_t ring, struct point centre) {
        const struct circle *circle = &layout->circles[ring];
        const struct box *box = &layout->boxes[ring];

        for (uint32_t i = 0; i < circle->n; i++) {
                layout->graph->nodes[circle->members[i]].x += centre.x - (box->left + box->right) / 2;
                layout->graph->nodes[circle->members[i]].y += centre.y - (box->top + box->bottom) / 2;
        }
}

/* `y` is upwards still; turned round when the height is known. */
static void place(const char *name, double x, double y, void *data) {
        const struct layout *layout = data;
        uint32_t number = (uint32_t) strtoul(name + 1, NULL, 10);

        if (name[0] == 'r') {
                move_ring(layout, number, (struct point) { x, -y });
                return;
        }
        layout->graph->nodes[number].x = x;
        layout->graph->nodes[number].y = -y;
}

static int lay_out_folded(struct layout *layout, struct fault *ret_fault) {
        char *dot = NULL;
        size_t n_bytes;
        FILE *out = open_memstream(&dot, &n_bytes);
        int r;

        if (!out)
                return -ENOMEM;
        r = write_folded(layout, out);
        if (fclose(out) != 0 && r >= 0)
                r = -ENOMEM;
        if (r >= 0)
                r = gv_layout(dot, "dot", place, layout, &layout->width, &layout->height, ret_fault);
        free(dot);
        for (size_t i = 0; i < layout->graph->n_nodes && r >= 0; i++)
                layout->graph->nodes[i].y += layout->height;
        return r;
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
        return lay_out_folded(layout, ret_fault);
}

int graph_layout(struct graph *graph, struct fault *ret_fault) {
        struct layout layout = { .graph = graph, .circles = circles_new(graph) };
        int r = -ENOMEM;

        layout.boxes = calloc(graph->n_rings + 1, sizeof(*layout.boxes));
        if (layout.circles && layout.boxes)
                r = lay_out(&layout, ret_fault);
        if (r == -ENOMEM)
                fault_set(ret_fault, ENOMEM, "not enough memory to lay out a graph of %zu nodes", graph->n_nodes);
        circles_free(graph, layout.circles);
        free(layout.boxes);
        if (r < 0)
                return r;
        graph->width = layout.width;
        graph->height = layout.height;
        return 0;
}
