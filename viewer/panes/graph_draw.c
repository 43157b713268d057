#include "panes/graph_draw.h"

#include <math.h>

#include "model/tell.h"

#define HEAD_PX 9
#define BEND_PX 44
#define NODES_COMPARED_MAX 300
#define NODE_GAP_PX 7 /* room for an arrow's head */
#define LABELS_MAX 8  /* edges; of more, only the tooltip has the words */

struct shape {
        double x, y, half_width, half_height;
        bool is_box;
};

static enum text_style style_of(const struct graph_drawing *d) {
        return d->scale >= 1 ? TEXT_BOLD : TEXT_SMALL_BOLD;
}

/* A node in pixels, at least as large as its label. */
static struct shape shape_of(const struct graph_drawing *d, const struct graph_node *node) {
        double text =
                paint_text_width(d->paint, node->label ? node->label : "", style_of(d)) + (node->is_thread ? 18 : 26);

        return (struct shape) { d->x + node->x * d->scale, d->y + node->y * d->scale,
                               fmax(fmin(node->width * d->scale, 1.2 * text), text) / 2,
                               fmax(fmin(node->height * d->scale, 32), 26) / 2, node->is_thread };
}

/* Where the line from a node's middle towards a point leaves it. */
static void border(const struct shape *shape, double to_x, double to_y, double gap, double *ret_x, double *ret_y) {
        double dx = to_x - shape->x, dy = to_y - shape->y, length = hypot(dx, dy), part;

        if (length < 1) {
                *ret_x = shape->x;
                *ret_y = shape->y;
                return;
        }
        if (shape->is_box)
                part = fmin(fabs(dx) > 0.01 ? shape->half_width / fabs(dx) : 1e9,
                            fabs(dy) > 0.01 ? shape->half_height / fabs(dy) : 1e9);
        else
                part = 1 / hypot(dx / shape->half_width, dy / shape->half_height);
        part += gap / length;
        *ret_x = shape->x + dx * part;
        *ret_y = shape->y + dy * part;
}

/* ---- edges ---- */

/* An edge as a curve: two ends and the point it bends towards. */
struct curve {
        double x0, y0, cx, cy, x1, y1;
};

static bool has_reverse(const struct graph *graph, const struct graph_edge *edge) {
        for (size_t i = 0; i < graph->n_edges; i++)
                if (graph->edges[i].from == edge->to && graph->edges[i].to == edge->from)
                        return true;
        return false;
}

/* Two edges back and forth between two nodes are bent apart, everything else is straight. */
static struct curve curve_of(const struct graph_drawing *d, const struct graph_edge *edge) {
        struct shape from = shape_of(d, &d->graph->nodes[edge->from]), to = shape_of(d, &d->graph->nodes[edge->to]);
        struct curve curve = { .cx = (from.x + to.x) / 2, .cy = (from.y + to.y) / 2 };
        double length = hypot(to.x - from.x, to.y - from.y);

        if (edge->from != edge->to && has_reverse(d->graph, edge) && length > 1) {
                curve.cx += (to.y - from.y) / length * BEND_PX;
                curve.cy -= (to.x - from.x) / length * BEND_PX;
        }
        border(&from, curve.cx, curve.cy, 2, &curve.x0, &curve.y0);
        border(&to, curve.cx, curve.cy, 3, &curve.x1, &curve.y1);
        return curve;
}

static void curve_point(const struct curve *curve, double t, double *ret_x, double *ret_y) {
        double a = (1 - t) * (1 - t), b = 2 * t * (1 - t), c = t * t;

        *ret_x = a * curve->x0 + b * curve->cx + c * curve->x1;
        *ret_y = a * curve->y0 + b * curve->cy + c * curve->y1;
}

static void trace_edge(cairo_t *cairo, const struct curve *curve, bool dashed) {
        double dx = curve->x1 - curve->cx, dy = curve->y1 - curve->cy, length = hypot(dx, dy), x, y;

        if (length < 1)
                return;
        dx *= HEAD_PX / length;
        dy *= HEAD_PX / length;
        cairo_set_dash(cairo, (double[]){ 5, 3 }, dashed ? 2 : 0, 0);
        cairo_move_to(cairo, curve->x0, curve->y0);
        for (int i = 1; i <= 16; i++) { /* short of the head, so that its tip stays sharp */
                curve_point(curve, i / 16.0, &x, &y);
                if (i == 16) {
                        x -= dx * 0.7;
                        y -= dy * 0.7;
                }
                cairo_line_to(cairo, x, y);
        }
        cairo_stroke(cairo);
        cairo_set_dash(cairo, NULL, 0, 0);
        cairo_move_to(cairo, curve->x1, curve->y1);
        cairo_line_to(cairo, curve->x1 - dx - dy * 0.5, curve->y1 - dy + dx * 0.5);
        cairo_line_to(cairo, curve->x1 - dx + dy * 0.5, curve->y1 - dy - dx * 0.5);
        cairo_close_path(cairo);
        cairo_fill(cairo);
}

static bool edge_dashed(const struct graph_edge *edge) {
        return edge->kind == EDGE_HELD_BY || edge->kind == EDGE_RECEIVES;
}

/* Rings last, on top of the others. */
static void draw_edges(struct graph_drawing *d, int width, int height) {
        cairo_t *cairo =
                gtk_snapshot_append_cairo(d->snapshot, &GRAPHENE_RECT_INIT(0, 0, (float) width, (float) height));

        for (unsigned ring = 0; ring < 2; ring++)
                for (size_t i = 0; i < d->graph->n_edges; i++) {
                        const struct graph_edge *edge = &d->graph->edges[i];
                        struct curve curve = curve_of(d, edge);

                        if ((edge->ring > 0) != ring)
                                continue;
                        paint_source(cairo, ring ? COLOUR_DEAD_TEXT : COLOUR_EDGE);
                        cairo_set_line_width(cairo, ring ? 2.4 : 1.3);
                        trace_edge(cairo, &curve, edge_dashed(edge));
                }
        cairo_destroy(cairo);
}

/* The label of an edge that is bent goes to the side it is bent to, away from the one that comes back. */
static void outward(const struct curve *curve, double x, double y, double width, double *ret_x, double *ret_y) {
        double dx = curve->cx - (curve->x0 + curve->x1) / 2, dy = curve->cy - (curve->y0 + curve->y1) / 2,
               length = hypot(dx, dy);

        *ret_x = length > 1 ? x + dx / length * (width / 2 + 8) : x;
        *ret_y = length > 1 ? y + dy / length * 12 : y;
}

/* Labels placed so far, and how wide the pane is: none may lie on another, on a node or beyond the pane. */
struct label_room {
        graphene_rect_t taken[LABELS_MAX];
        size_t n;
        int width;
};

static bool label_fits(const struct graph_drawing *d, const struct label_room *room, const graphene_rect_t *place) {
        if (place->origin.x < 2 || place->origin.x + place->size.width > (float) room->width - 2)
                return false;
        for (size_t i = 0; i < room->n; i++)
                if (graphene_rect_intersection(&room->taken[i], place, NULL))
                        return false;
        for (size_t i = 0; i < d->graph->n_nodes; i++) {
                struct shape shape = shape_of(d, &d->graph->nodes[i]);
                graphene_rect_t node = GRAPHENE_RECT_INIT((float) (shape.x - shape.half_width), (float) (shape.y - shape.half_height),
                                                          (float) (2 * shape.half_width), (float) (2 * shape.half_height));

                if (graphene_rect_intersection(&node, place, NULL))
                        return false;
        }
        return true;
}

/* Draws the lines of a label around a point of its edge, if there is room for them. */
static bool draw_label(struct graph_drawing *d, struct label_room *room, const struct graph_edge *edge, char *const *lines, size_t n_lines) {
        struct curve curve = curve_of(d, edge);
        double x, y, width = 0, height = 15.0 * (double) n_lines;
        graphene_rect_t place;

        for (size_t i = 0; i < n_lines; i++)
                width = fmax(width, paint_text_width(d->paint, lines[i], TEXT_SMALL));
        curve_point(&curve, 0.5, &x, &y);
        outward(&curve, x, y, width, &x, &y);
        place = GRAPHENE_RECT_INIT((float) (x - width / 2 - 3), (float) (y - height / 2), (float) width + 6, (float) height);
        if (!label_fits(d, room, &place))
                return false;
        room->taken[room->n++] = place;
        paint_box(d->snapshot, COLOUR_GROUND, place.origin.x, place.origin.y, place.size.width, place.size.height);
        for (size_t i = 0; i < n_lines; i++)
                paint_text(d->paint, d->snapshot, lines[i], TEXT_SMALL, edge->ring ? COLOUR_DEAD_TEXT : COLOUR_DIM,
                           x - paint_text_width(d->paint, lines[i], TEXT_SMALL) / 2, y - height / 2 + 15.0 * (double) i + 7.5, width + 1);
        return true;
}

/* Who, and where below it; who alone where there is less room; nothing where there is none, since the tooltip has it all. */
static void draw_edge_labels(struct graph_drawing *d, int width) {
        struct label_room room = { .width = width };

        if (d->graph->n_edges > LABELS_MAX || d->graph->kind == GRAPH_WAIT_FOR)
                return;
        for (size_t i = 0; i < d->graph->n_edges; i++) {
                const struct graph_edge *edge = &d->graph->edges[i];
                const char *where = edge->label ? strrchr(edge->label, ' ') : NULL;
                g_autofree char *who = where ? g_strndup(edge->label, (gsize) (where - edge->label)) : g_strdup(edge->label);
                char *lines[] = { who, where ? (char *) where + 1 : NULL };

                if (who && who[0] && !(where && draw_label(d, &room, edge, lines, 2)))
                        (void) draw_label(d, &room, edge, lines, 1);
        }
}

/* ---- nodes ---- */

static void draw_ellipse(GtkSnapshot *snapshot, enum colour fill, enum colour line, double thick,
                         const struct shape *shape) {
        cairo_t *cairo =
                gtk_snapshot_append_cairo(snapshot, &GRAPHENE_RECT_INIT((float) (shape->x - shape->half_width - 5),
                                                                        (float) (shape->y - shape->half_height - 5),
                                                                        (float) (2 * shape->half_width + 10),
                                                                        (float) (2 * shape->half_height + 10)));

        cairo_save(cairo);
        cairo_translate(cairo, shape->x, shape->y);
        cairo_scale(cairo, shape->half_width, shape->half_height);
        cairo_arc(cairo, 0, 0, 1, 0, 2 * G_PI);
        cairo_restore(cairo);
        paint_source(cairo, fill);
        cairo_fill_preserve(cairo);
        paint_source(cairo, line);
        cairo_set_line_width(cairo, thick);
        cairo_stroke(cairo);
        cairo_destroy(cairo);
}

static bool node_in_focus(const struct graph_drawing *d, const struct graph_node *node) {
        return node->id == (node->is_thread ? d->focus->thread : d->focus->object);
}

static void draw_node(struct graph_drawing *d, const struct graph_node *node) {
        struct shape shape = shape_of(d, node);
        enum colour line = node->ring ? COLOUR_DEAD_TEXT : COLOUR_EDGE, text = COLOUR_TEXT;
        double left = shape.x - shape.half_width, top = shape.y - shape.half_height, width = 2 * shape.half_width,
               height = 2 * shape.half_height;
        double label = paint_text_width(d->paint, node->label ? node->label : "", style_of(d));

        if (node_in_focus(d, node))
                paint_outline(d->snapshot, COLOUR_ACCENT, left - 4, top - 4, width + 8, height + 8,
                              node->is_thread ? 9 : height / 2 + 4, 2);
        if (node->is_thread) {
                paint_round_box(d->snapshot, node->ring ? COLOUR_DEAD_WASH : COLOUR_BAND, left, top, width, height, 6);
                paint_outline(d->snapshot, line, left, top, width, height, 6, node->ring ? 2 : 1);
        } else {
                enum colour fill = palette_of_object(timeline_object(d->timeline, node->id)->colour);

                draw_ellipse(d->snapshot, fill, node->ring ? line : fill, node->ring ? 2.4 : 1, &shape);
                text = COLOUR_ON_LOCK;
        }
        paint_text(d->paint, d->snapshot, node->label ? node->label : "", style_of(d), text, shape.x - label / 2,
                   shape.y, label + 2);
}

/* In the middle of a ring, where it leaves room: what it is. */
static void draw_ring_words(struct graph_drawing *d, uint32_t ring, int pane_width) {
        struct label_room room = { .width = pane_width };
        double x = 0, y = 0, radius = 1e9, half;
        char words[GRAPH_RING_TEXT_BYTES];
        const char *name = d->graph->kind == GRAPH_WAIT_FOR ? "Deadlock" : "Cycle";
        size_t n = 0;

        for (size_t i = 0; i < d->graph->n_nodes; i++)
                if (d->graph->nodes[i].ring == ring) {
                        struct shape shape = shape_of(d, &d->graph->nodes[i]);

                        x += shape.x;
                        y += shape.y;
                        n++;
                }
        if (n < 3)
                return;
        x /= (double) n;
        y /= (double) n;
        for (size_t i = 0; i < d->graph->n_nodes; i++) {
                struct shape shape = shape_of(d, &d->graph->nodes[i]);

                radius =
                        fmin(radius, fmax(fabs(shape.x - x) - shape.half_width, fabs(shape.y - y) - shape.half_height));
        }
        graph_describe_ring(d->graph, ring, words);
        half = fmax(paint_text_width(d->paint, name, TEXT_BOLD), paint_text_width(d->paint, words, TEXT_SMALL)) / 2 + 3;
        if (radius < 22 ||
            !label_fits(d, &room, &GRAPHENE_RECT_INIT((float) (x - half), (float) y - 18, (float) (2 * half), 36)))
                return;
        paint_text(d->paint, d->snapshot, name, TEXT_BOLD, COLOUR_DEAD_TEXT,
                   x - paint_text_width(d->paint, name, TEXT_BOLD) / 2, y - 9, 200);
        paint_text(d->paint, d->snapshot, words, TEXT_SMALL, COLOUR_DIM,
                   x - paint_text_width(d->paint, words, TEXT_SMALL) / 2, y + 9, 400);
}

void draw_graph(struct graph_drawing *d, int width, int height) {
        draw_edges(d, width, height);
        draw_edge_labels(d, width);
        for (uint32_t ring = 1; ring <= d->graph->n_rings; ring++)
                draw_ring_words(d, ring, width);
        for (size_t i = 0; i < d->graph->n_nodes; i++)
                draw_node(d, &d->graph->nodes[i]);
}

static double legend_entry(struct graph_drawing *d, const char *words, bool dashed, bool ring, double x, double y) {
        cairo_t *cairo = gtk_snapshot_append_cairo(d->snapshot, &GRAPHENE_RECT_INIT((float) x, (float) y - 8, 40, 16));
        struct curve curve = { x, y, x + 17, y, x + 34, y };

        paint_source(cairo, ring ? COLOUR_DEAD_TEXT : COLOUR_EDGE);
        cairo_set_line_width(cairo, ring ? 2.4 : 1.3);
        trace_edge(cairo, &curve, dashed);
        cairo_destroy(cairo);
        return x + 40 + paint_text(d->paint, d->snapshot, words, TEXT_SMALL, COLOUR_DIM, x + 40, y, 300) + 16;
}

void draw_graph_legend(struct graph_drawing *d, int width, int height, int legend_px) {
        double x = 14, y = height - legend_px / 2.0;
        bool ring = d->graph->n_rings > 0;

        paint_box(d->snapshot, COLOUR_GROUND, 0, height - legend_px, width, legend_px);
        paint_box(d->snapshot, COLOUR_LINE, 0, height - legend_px, width, 1);
        switch (d->graph->kind) {
        case GRAPH_WAIT_FOR:
                x = legend_entry(d, "waits for", false, ring, x, y);
                legend_entry(d, "held by, or up to", true, ring, x, y);
                break;
        case GRAPH_LOCK_ORDER:
                legend_entry(d, "held while the other was taken", false, ring, x, y);
                break;
        case GRAPH_CHANNELS:
                x = legend_entry(d, "sends", false, false, x, y);
                legend_entry(d, "received by", true, false, x, y);
                break;
        }
}

/* ---- what lies where ---- */

graphene_rect_t graph_node_bounds(const struct graph_drawing *d, const struct graph_node *node) {
        struct shape shape = shape_of(d, node);

        return GRAPHENE_RECT_INIT((float) (shape.x - shape.half_width), (float) (shape.y - shape.half_height),
                                  (float) (2 * shape.half_width), (float) (2 * shape.half_height));
}

graphene_rect_t graph_bounds(const struct graph_drawing *d) {
        double x0 = 1e9, y0 = 1e9, x1 = -1e9, y1 = -1e9;

        for (size_t i = 0; i < d->graph->n_nodes; i++) {
                struct shape shape = shape_of(d, &d->graph->nodes[i]);

                x0 = fmin(x0, shape.x - shape.half_width);
                y0 = fmin(y0, shape.y - shape.half_height);
                x1 = fmax(x1, shape.x + shape.half_width);
                y1 = fmax(y1, shape.y + shape.half_height);
        }
        return GRAPHENE_RECT_INIT((float) x0, (float) y0, (float) (x1 - x0), (float) (y1 - y0));
}

bool graph_nodes_touch(const struct graph_drawing *d) {
        if (d->graph->n_nodes > NODES_COMPARED_MAX)
                return true;
        for (size_t i = 0; i < d->graph->n_nodes; i++) {
                struct shape a = shape_of(d, &d->graph->nodes[i]);

                for (size_t k = 0; k < i; k++) {
                        struct shape b = shape_of(d, &d->graph->nodes[k]);

                        if (fabs(a.x - b.x) < a.half_width + b.half_width + NODE_GAP_PX &&
                            fabs(a.y - b.y) < a.half_height + b.half_height + NODE_GAP_PX)
                                return true;
                }
        }
        return false;
}

const struct graph_node *graph_node_at(const struct graph_drawing *d, double x, double y) {
        for (size_t i = d->graph->n_nodes; i-- > 0;) {
                struct shape shape = shape_of(d, &d->graph->nodes[i]);

                if (fabs(x - shape.x) <= shape.half_width && fabs(y - shape.y) <= shape.half_height)
                        return &d->graph->nodes[i];
        }
        return NULL;
}

const struct graph_edge *graph_edge_at(const struct graph_drawing *d, double x, double y) {
        for (size_t i = d->graph->n_edges; i-- > 0;) {
                struct curve curve = curve_of(d, &d->graph->edges[i]);

                for (int k = 0; k <= 24; k++) {
                        double edge_x, edge_y;

                        curve_point(&curve, k / 24.0, &edge_x, &edge_y);
                        if (hypot(edge_x - x, edge_y - y) < 8)
                                return &d->graph->edges[i];
                }
        }
        return NULL;
}

static const char *const edge_words[] = {
        [EDGE_WAITS_FOR] = "waits for",
        [EDGE_HELD_BY] = "is held by",
        [EDGE_TAKEN_WHILE_HOLDING] = "was held while this was taken:",
        [EDGE_SENDS] = "sends on",
        [EDGE_RECEIVES] = "is received by",
};

static char *words_of_edge(const struct graph *graph, const struct graph_edge *edge) {
        return g_strdup_printf("%s %s %s%s%s", graph->nodes[edge->from].label, edge_words[edge->kind],
                               graph->nodes[edge->to].label, edge->label && edge->label[0] ? "\n" : "",
                               edge->label ? edge->label : "");
}

char *graph_words_at(const struct graph_drawing *d, double x, double y) {
        const struct graph_node *node = graph_node_at(d, x, y);
        const struct graph_edge *edge = node ? NULL : graph_edge_at(d, x, y);
        char words[TELL_BYTES];

        if (edge)
                return words_of_edge(d->graph, edge);
        if (!node || !d->timeline)
                return NULL;
        if (node->is_thread)
                tell_thread(d->timeline, node->id, d->focus->time_ns, words);
        else
                tell_object(d->timeline, node->id, d->focus->time_ns, words);
        return g_strdup_printf("%s: %s", node->label, words);
}

char *graph_in_words(const struct graph *graph) {
        GString *text = g_string_new(NULL);

        for (uint32_t ring = 1; ring <= graph->n_rings; ring++) {
                char words[GRAPH_RING_TEXT_BYTES];

                graph_describe_ring(graph, ring, words);
                g_string_append_printf(text, "Ring %u: %s.\n", ring, words);
        }
        for (size_t i = 0; i < graph->n_edges && text->len < 4000; i++) {
                g_autofree char *words = words_of_edge(graph, &graph->edges[i]);

                g_string_append_printf(text, "%s\n", g_strdelimit(words, "\n", ','));
        }
        return g_string_free(text, FALSE);
}
