#include "graph/circle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GAP 46.0        /* an arc that can be seen between two nodes */
#define MANY 40         /* members, from which on a ring gets too large to look at anyway */
#define CLEARANCE 5.0   /* between a label and everything else */
#define MARGIN 2.0      /* between a node and the end of an edge */
#define ARROW 10.0
#define HEADLINE_CHARACTER_WIDTH 7.6

void circles_free(const struct graph *graph, struct circle *circles) {
        if (!circles)
                return;
        for (uint32_t ring = 1; ring <= graph->n_rings; ring++) {
                free(circles[ring].members);
                free(circles[ring].next);
        }
        free(circles);
}

static bool make_room(const struct graph *graph, struct circle *circles) {
        for (size_t i = 0; i < graph->n_nodes; i++)
                circles[graph->nodes[i].ring].n++;
        for (uint32_t ring = 1; ring <= graph->n_rings; ring++) {
                circles[ring].members = calloc(circles[ring].n + 1, sizeof(*circles[ring].members));
                circles[ring].next = calloc(circles[ring].n + 1, sizeof(*circles[ring].next));
                circles[ring].has_labels = true;
                if (!circles[ring].members || !circles[ring].next)
                        return false;
        }
        return true;
}

const char *circle_headline(const struct graph *graph) {
        return finding_kind_headline(graph->kind == GRAPH_WAIT_FOR ? FINDING_DEADLOCK : FINDING_LOCK_ORDER_CYCLE);
}

/* Where every edge of the ring is an arc of it, the middle is free. */
static void make_captions(const struct graph *graph, struct circle *circles) {
        uint32_t *n_edges = calloc(graph->n_rings + 1, sizeof(*n_edges));

        for (size_t i = 0; n_edges && i < graph->n_edges; i++)
                n_edges[graph->edges[i].ring]++;
        for (uint32_t ring = 1; n_edges && ring <= graph->n_rings; ring++) {
                struct circle *circle = &circles[ring];
                char text[GRAPH_RING_TEXT_BYTES];
                bool is_plain = circle->n > 1 && n_edges[ring] == circle->n;

                for (uint32_t i = 0; i < circle->n; i++)
                        is_plain = is_plain && circle->next[i];
                if (!is_plain)
                        continue;
                graph_describe_ring(graph, ring, text);
                circle->caption_width = fmax((double) strlen(circle_headline(graph)) * HEADLINE_CHARACTER_WIDTH,
                                             (double) strlen(text) * LABEL_CHARACTER_WIDTH);
                circle->caption_height = 2.5 * LABEL_LINE_HEIGHT;
        }
        free(n_edges);
}

struct circle *circles_new(const struct graph *graph) {
        struct circle *circles = calloc(graph->n_rings + 1, sizeof(*circles));

        if (!circles || !make_room(graph, circles)) {
                circles_free(graph, circles);
                return NULL;
        }
        for (uint32_t i = 0; i < graph->n_nodes; i++)
                if (graph->nodes[i].ring > 0)
                        circles[graph->nodes[i].ring].members[graph->nodes[i].place] = i;
        for (size_t i = 0; i < graph->n_edges; i++) {
                const struct graph_edge *edge = &graph->edges[i];
                struct circle *circle = &circles[edge->ring];
                uint32_t place = graph->nodes[edge->from].place;

                if (edge->ring > 0 && circle->n > 1 && graph->nodes[edge->to].place == (place + 1) % circle->n)
                        circle->next[place] = edge;
        }
        make_captions(graph, circles);
        return circles;
}

void label_size(const char *label, double *ret_width, double *ret_height) {
        const char *blank = strrchr(label, ' ');
        size_t n_bytes = strlen(label), n_last = blank ? strlen(blank + 1) : n_bytes;
        size_t n_longest = blank && n_bytes - n_last > n_last ? n_bytes - n_last : n_last;

        *ret_width = (double) n_longest * LABEL_CHARACTER_WIDTH;
        *ret_height = blank ? 2 * LABEL_LINE_HEIGHT : LABEL_LINE_HEIGHT;
}

static double angle_of(const struct circle *circle, double place) {
        return -M_PI_2 + 2 * M_PI * place / circle->n;
}

static struct point point_at(const struct circle *circle, double angle) {
        return (struct point) { circle->centre.x + circle->radius * cos(angle), circle->centre.y + circle->radius * sin(angle) };
}

static struct box box_around(struct point centre, double width, double height) {
        return (struct box) { centre.x - width / 2, centre.y - height / 2, centre.x + width / 2, centre.y + height / 2 };
}

static struct box node_box(const struct graph_node *node) {
        return box_around((struct point) { node->x, node->y }, node->width, node->height);
}

static bool boxes_touch(struct box a, struct box b, double clearance) {
        return a.left < b.right + clearance && b.left < a.right + clearance && a.top < b.bottom + clearance &&
               b.top < a.bottom + clearance;
}

static double clamp(double value, double low, double high) {
        return value < low ? low : value > high ? high : value;
}

/* Moves outwards until the whole box is off the circle. */
struct point circle_label(const struct circle *circle, uint32_t i) {
        double angle = angle_of(circle, i + 0.5), width, height;
        struct circle wider = *circle;
        struct point centre;

        label_size(circle->next[i]->label, &width, &height);
        for (double away = height / 2; ; away += 2) {
                double dx, dy;
                struct box box;

                wider.radius = circle->radius + away;
                centre = point_at(&wider, angle);
                box = box_around(centre, width, height);
                dx = clamp(circle->centre.x, box.left, box.right) - circle->centre.x;
                dy = clamp(circle->centre.y, box.top, box.bottom) - circle->centre.y;
                if (hypot(dx, dy) >= circle->radius + CLEARANCE)
                        return centre;
        }
}

static struct box label_box(const struct circle *circle, uint32_t i) {
        double width, height;

        label_size(circle->next[i]->label, &width, &height);
        return box_around(circle_label(circle, i), width, height);
}

static void place_members(struct circle *circle, struct graph *graph) {
        for (uint32_t i = 0; i < circle->n; i++) {
                struct point point = point_at(circle, angle_of(circle, i));

                graph->nodes[circle->members[i]].x = point.x;
                graph->nodes[circle->members[i]].y = point.y;
        }
}

static bool has_label(const struct circle *circle, uint32_t i) {
        return circle->has_labels && circle->next[i] && circle->next[i]->label;
}

/* Only neighbours are looked at: on a circle they meet first. */
static bool fits_at(const struct circle *circle, const struct graph *graph, uint32_t i) {
        uint32_t next = (i + 1) % circle->n;
        struct box here = node_box(&graph->nodes[circle->members[i]]), there = node_box(&graph->nodes[circle->members[next]]);
        struct box label;

        if (boxes_touch(here, there, circle->n > MANY ? GAP / 3 : GAP))
                return false;
        if (boxes_touch(here, box_around(circle->centre, circle->caption_width, circle->caption_height), CLEARANCE))
                return false;
        if (!has_label(circle, i))
                return true;
        label = label_box(circle, i);
        if (boxes_touch(label, here, CLEARANCE) || boxes_touch(label, there, CLEARANCE))
                return false;
        return circle->n < 3 || !has_label(circle, next) || !boxes_touch(label, label_box(circle, next), CLEARANCE);
}

static bool fits(const struct circle *circle, const struct graph *graph) {
        for (uint32_t i = 0; i < circle->n; i++)
                if (!fits_at(circle, graph, i))
                        return false;
        return true;
}

void circle_fit(struct circle *circle, struct graph *graph) {
        circle->centre = (struct point) { 0, 0 };
        circle->radius = circle->n > 1 ? 60 + 8.0 * circle->n : 0;
        place_members(circle, graph);
        while (circle->n > 1 && !fits(circle, graph)) {
                circle->radius *= 1.05;
                place_members(circle, graph);
        }
}

void circle_measure(struct circle *circle, const struct graph *graph) {
        circle->centre = (struct point) { 0, 0 };
        for (uint32_t i = 0; i < circle->n; i++) {
                circle->centre.x += graph->nodes[circle->members[i]].x / circle->n;
                circle->centre.y += graph->nodes[circle->members[i]].y / circle->n;
        }
        circle->radius = hypot(graph->nodes[circle->members[0]].x - circle->centre.x,
                               graph->nodes[circle->members[0]].y - circle->centre.y);
}

static void extend(struct box *box, struct box other) {
        box->left = fmin(box->left, other.left);
        box->top = fmin(box->top, other.top);
        box->right = fmax(box->right, other.right);
        box->bottom = fmax(box->bottom, other.bottom);
}

struct box circle_box(const struct circle *circle, const struct graph *graph) {
        struct box box = box_around(circle->centre, 2 * circle->radius, 2 * circle->radius);

        for (uint32_t i = 0; i < circle->n; i++) {
                extend(&box, node_box(&graph->nodes[circle->members[i]]));
                if (has_label(circle, i))
                        extend(&box, label_box(circle, i));
        }
        return box;
}

static bool is_inside(const struct graph_node *node, struct point point) {
        double dx = fabs(point.x - node->x), dy = fabs(point.y - node->y);
        double a = node->width / 2 + MARGIN, b = node->height / 2 + MARGIN;

        if (node->is_thread)
                return dx <= a && dy <= b;
        return dx * dx / (a * a) + dy * dy / (b * b) <= 1;
}

struct point circle_way_out(const struct graph_node *node, struct point point, struct point direction) {
        while (is_inside(node, point) && (direction.x != 0 || direction.y != 0)) {
                point.x += direction.x;
                point.y += direction.y;
        }
        return point;
}

/* A curve as a function of t from 0 to 1. */
struct curve {
        const struct circle *circle;
        double from, to;          /* angles of an arc */
        struct point start, bend, end; /* of a quadratic Bézier */
        bool is_arc;
};

static struct point curve_at(const struct curve *curve, double t) {
        double u = 1 - t;

        if (curve->is_arc)
                return point_at(curve->circle, curve->from + (curve->to - curve->from) * t);
        return (struct point) { u * u * curve->start.x + 2 * u * t * curve->bend.x + t * t * curve->end.x,
                                u * u * curve->start.y + 2 * u * t * curve->bend.y + t * t * curve->end.y };
}

static struct point derivative_at(const struct curve *curve, double t) {
        if (curve->is_arc) {
                double sweep = curve->to - curve->from, angle = curve->from + sweep * t;

                return (struct point) { -curve->circle->radius * sin(angle) * sweep, curve->circle->radius * cos(angle) * sweep };
        }
        return (struct point) { 2 * ((1 - t) * (curve->bend.x - curve->start.x) + t * (curve->end.x - curve->bend.x)),
                                2 * ((1 - t) * (curve->bend.y - curve->start.y) + t * (curve->end.y - curve->bend.y)) };
}

/* The visible part of a curve between two nodes, as cubic pieces that agree with it in points and slopes. */
static struct path path_along(const struct curve *curve, const struct graph_node *from, const struct graph_node *to) {
        const double step = 1.0 / 512;
        double begin = 0, end = 1, arrow;
        struct path path = { 0 };

        while (begin < 0.5 && is_inside(from, curve_at(curve, begin)))
                begin += step;
        while (end > 0.5 && is_inside(to, curve_at(curve, end)))
                end -= step;
        path.tip = curve_at(curve, end);
        for (arrow = end; arrow > begin + step; arrow -= step) {
                struct point point = curve_at(curve, arrow);

                if (hypot(point.x - path.tip.x, point.y - path.tip.y) >= ARROW)
                        break;
        }
        path.points[path.n_points++] = curve_at(curve, begin);
        for (unsigned i = 0; i < PATH_PIECES; i++) {
                double width = (arrow - begin) / PATH_PIECES, t = begin + width * i;
                struct point a = curve_at(curve, t), b = curve_at(curve, t + width);
                struct point da = derivative_at(curve, t), db = derivative_at(curve, t + width);

                path.points[path.n_points++] = (struct point) { a.x + da.x * width / 3, a.y + da.y * width / 3 };
                path.points[path.n_points++] = (struct point) { b.x - db.x * width / 3, b.y - db.y * width / 3 };
                path.points[path.n_points++] = b;
        }
        return path;
}

struct path circle_arc(const struct circle *circle, const struct graph *graph, uint32_t i) {
        struct curve curve = { .circle = circle, .is_arc = true, .from = angle_of(circle, i), .to = angle_of(circle, i + 1) };
        uint32_t next = (i + 1) % circle->n;
        struct path path;

        if (circle->n == 2 && !circle->next[next]) /* there and not back is no circle */
                return circle_chord(circle, graph, circle->next[i]);
        path = path_along(&curve, &graph->nodes[circle->members[i]], &graph->nodes[circle->members[next]]);
        path.has_label = has_label(circle, i);
        if (path.has_label)
                path.label = circle_label(circle, i);
        return path;
}

/* Where a label clears the line: to the right of its way, not in the middle, where other lines cross. */
static struct point beside(const struct curve *curve, double t, const char *label) {
        struct point on = curve_at(curve, t), way = derivative_at(curve, t);
        double length = hypot(way.x, way.y), width, height, away;

        if (length <= 0)
                return on;
        label_size(label, &width, &height);
        away = fabs(way.y / length) * width / 2 + fabs(way.x / length) * height / 2 + CLEARANCE;
        return (struct point) { on.x - way.y / length * away, on.y + way.x / length * away };
}

struct path circle_chord(const struct circle *circle, const struct graph *graph, const struct graph_edge *edge) {
        const struct graph_node *from = &graph->nodes[edge->from], *to = &graph->nodes[edge->to];
        struct curve curve = { .circle = circle, .start = { from->x, from->y }, .end = { to->x, to->y } };
        struct point middle = { (from->x + to->x) / 2, (from->y + to->y) / 2 };
        double length = hypot(to->x - from->x, to->y - from->y);
        struct path path;

        /* Towards the centre, and to the right of its way, so that there and back are two lines. */
        curve.bend.x = middle.x + 0.35 * (circle->centre.x - middle.x) - (length > 0 ? 14 * (to->y - from->y) / length : 0);
        curve.bend.y = middle.y + 0.35 * (circle->centre.y - middle.y) + (length > 0 ? 14 * (to->x - from->x) / length : 0);
        path = path_along(&curve, from, to);
        path.has_label = circle->has_labels && edge->label != NULL;
        if (path.has_label)
                path.label = beside(&curve, 0.4, edge->label);
        return path;
}
