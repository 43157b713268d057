#include "graph/connect.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ARROW 9.0

bool connect_is_far(const struct circle *circle, const struct graph_node *member, bool leaves_below) {
        double height = circle->radius > 0 ? (member->y - circle->centre.y) / circle->radius : 0;

        return leaves_below ? height < -0.5 : height > 0.5;
}

static struct point unit(struct point from, struct point to) {
        double length = hypot(to.x - from.x, to.y - from.y);

        return length > 0 ? (struct point) { (to.x - from.x) / length, (to.y - from.y) / length } : (struct point) { 0, -1 };
}

static struct point along(struct point from, struct point direction, double length) {
        return (struct point) { from.x + direction.x * length, from.y + direction.y * length };
}

static struct point point_of(const struct graph_route *route, size_t i) {
        return (struct point) { route->points[2 * i], route->points[2 * i + 1] };
}

/* Between a member and the place where dot's route meets the box. */
struct joint {
        struct point member;  /* where the line meets the member */
        struct point outward; /* the way it leaves the member */
        struct point box;     /* where dot's route begins or ends */
        struct point onward;  /* the way dot's route goes on, away from the ring */
};

static struct joint joint_at(const struct graph_node *node, struct point box, struct point beyond) {
        struct joint joint = { .box = box, .onward = unit(box, beyond), .member = { node->x, node->y } };

        joint.outward = unit(joint.member, box);
        joint.member = circle_way_out(node, joint.member, joint.outward);
        return joint;
}

/* The two inner points of a cubic piece from `begin`, at the member, to the box. */
static void bend(const struct joint *joint, struct point begin, struct point *ret_first, struct point *ret_second) {
        double length = hypot(joint->box.x - begin.x, joint->box.y - begin.y) / 2.5;

        *ret_first = along(begin, joint->outward, length);
        *ret_second = along(joint->box, joint->onward, -length);
}

static int lengthen(struct graph_route *route, size_t at) {
        double *points = reallocarray(route->points, route->n_points + 3, 2 * sizeof(*points));

        if (!points)
                return -ENOMEM;
        memmove(points + 2 * (at + 3), points + 2 * at, 2 * (route->n_points - at) * sizeof(*points));
        route->points = points;
        route->n_points += 3;
        return 0;
}

static void set_point(struct graph_route *route, size_t i, struct point point) {
        route->points[2 * i] = point.x;
        route->points[2 * i + 1] = point.y;
}

static int connect_start(struct graph_route *route, const struct graph_node *node) {
        struct joint joint = joint_at(node, point_of(route, 0), point_of(route, 1));
        struct point first, second;

        if (lengthen(route, 0) < 0)
                return -ENOMEM;
        bend(&joint, joint.member, &first, &second);
        set_point(route, 0, joint.member);
        set_point(route, 1, first);
        set_point(route, 2, second);
        return 0;
}

static int connect_end(struct graph_route *route, const struct graph_node *node) {
        size_t n = route->n_points;
        struct joint joint = joint_at(node, point_of(route, n - 1), point_of(route, n - 2));
        struct point first, second, base = along(joint.member, joint.outward, ARROW);

        if (lengthen(route, n) < 0)
                return -ENOMEM;
        bend(&joint, base, &first, &second);
        set_point(route, n, second);
        set_point(route, n + 1, first);
        set_point(route, n + 2, base);
        route->tip_x = joint.member.x;
        route->tip_y = joint.member.y;
        return 0;
}

/* From the far side: sideways out of the member and round the ring, straight into what dot's route does behind its first piece.
 * `end` is the route's end at the ring, `step` the way along its points from there. */
static void go_round(struct graph_route *route, const struct graph_node *node, size_t end, int step) {
        struct point box = point_of(route, end), inner = point_of(route, end + (size_t) (2 * step)), member = { node->x, node->y };
        struct point outward = { box.x < node->x ? -1 : 1, 0 };
        double corner = outward.x * fmax(outward.x * box.x, outward.x * inner.x) + outward.x * 2 * ARROW;

        member = circle_way_out(node, member, outward);
        set_point(route, end + (size_t) step, (struct point) { corner, member.y });
        if (step < 0) {
                route->tip_x = member.x;
                route->tip_y = member.y;
                member = along(member, outward, ARROW);
        }
        set_point(route, end, member);
}

static int connect(struct graph_route *route, const struct graph_node *node, bool at_start, bool is_far) {
        if (is_far)
                go_round(route, node, at_start ? 0 : route->n_points - 1, at_start ? 1 : -1);
        else
                return at_start ? connect_start(route, node) : connect_end(route, node);
        return 0;
}

int connect_routes(struct graph *graph, struct circle *circles, const bool *is_flipped) {
        int r = 0;

        for (size_t i = 0; i < graph->n_edges && r >= 0; i++) {
                struct graph_edge *edge = &graph->edges[i];
                const struct graph_node *from = &graph->nodes[edge->from], *to = &graph->nodes[edge->to];

                if (!edge->route)
                        continue;
                if (from->ring > 0)
                        r = connect(edge->route, from, true, connect_is_far(&circles[from->ring], from, !is_flipped[i]));
                if (to->ring > 0 && r >= 0)
                        r = connect(edge->route, to, false, connect_is_far(&circles[to->ring], to, is_flipped[i]));
        }
        return r;
}
