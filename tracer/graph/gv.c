#include "graph/gv.h"

#include <assert.h>
#include <errno.h>
#include <graphviz/gvc.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static char complaint[256]; /* the last thing Graphviz said; under the mutex */

/* Graphviz says a sentence in pieces ("Error: ", the text, a newline); each is a call. */
static int keep_complaint(char *text) {
        size_t n = strlen(complaint);

        snprintf(complaint + n, sizeof(complaint) - n, "%s", text);
        return 0;
}

static int fail(const char *what, struct fault *ret_fault) {
        complaint[strcspn(complaint, "\n")] = '\0';
        return fault_set(ret_fault, EIO, "Graphviz could not %s the graph%s%s", what, complaint[0] ? ": " : "", complaint);
}

/* Made once and kept: Graphviz' text layout remembers the name of the last font beyond the life of its context, and reads
 * it again in the next one. Under the mutex. */
static GVC_t *context;

struct session {
        Agraph_t *graph;
        bool is_laid_out;
        agusererrf before;
};

static int session_begin(struct session *session, const char *dot, const char *engine, struct fault *ret_fault) {
        pthread_mutex_lock(&one_at_a_time);
        complaint[0] = '\0';
        session->before = agseterrf(keep_complaint);
        if (!context)
                context = gvContext();
        if (!context)
                return fail("start on", ret_fault);
        session->graph = agmemread(dot);
        if (!session->graph)
                return fail("read", ret_fault);
        if (gvLayout(context, session->graph, engine) != 0)
                return fail("lay out", ret_fault);
        session->is_laid_out = true;
        return 0;
}

static void session_end(struct session *session) {
        if (session->is_laid_out)
                gvFreeLayout(context, session->graph);
        if (session->graph)
                agclose(session->graph);
        agseterrf(session->before);
        pthread_mutex_unlock(&one_at_a_time);
}

static_assert(sizeof(struct gv_point) == sizeof(pointf), "points are handed on as they are");

static void visit_edge(Agedge_t *edge, const struct gv_visitor *visitor) {
        char id_name[] = "id", *id = agget(edge, id_name);
        const struct gv_point *points;
        struct gv_route route;
        const bezier *curve;

        if (!id || !id[0] || !ED_spl(edge) || ED_spl(edge)->size < 1)
                return;
        curve = &ED_spl(edge)->list[0];
        if (curve->size < 4)
                return;
        points = (const struct gv_point *) (const void *) curve->list;
        route = (struct gv_route) { .points = points, .n_points = (size_t) curve->size };
        route.tail_tip = curve->sflag ? (struct gv_point) { curve->sp.x, curve->sp.y } : points[0];
        route.head_tip = curve->eflag ? (struct gv_point) { curve->ep.x, curve->ep.y } : points[curve->size - 1];
        if (ED_label(edge))
                route.label = (struct gv_point) { ED_label(edge)->pos.x, ED_label(edge)->pos.y };
        visitor->edge(id, &route, visitor->data);
}

static void visit(Agraph_t *graph, const struct gv_visitor *visitor) {
        for (Agnode_t *node = agfstnode(graph); node; node = agnxtnode(graph, node)) {
                visitor->node(agnameof(node), (struct gv_point) { ND_coord(node).x, ND_coord(node).y }, visitor->data);
                for (Agedge_t *edge = agfstout(graph, node); edge; edge = agnxtout(graph, edge))
                        visit_edge(edge, visitor);
        }
}

int gv_layout(const char *dot, const char *engine, const struct gv_visitor *visitor, double *ret_width, double *ret_height,
              struct fault *ret_fault) {
        struct session session = { 0 };
        int r = session_begin(&session, dot, engine, ret_fault);

        if (r >= 0) {
                visit(session.graph, visitor);
                *ret_width = GD_bb(session.graph).UR.x;
                *ret_height = GD_bb(session.graph).UR.y;
        }
        session_end(&session);
        return r;
}

int gv_render(const char *dot, const char *engine, const char *format, FILE *out, struct fault *ret_fault) {
        struct session session = { 0 };
        int r = session_begin(&session, dot, engine, ret_fault);
        unsigned n_bytes = 0;
        char *bytes = NULL;

        if (r >= 0 && gvRenderData(context, session.graph, format, &bytes, &n_bytes) != 0)
                r = fail("draw", ret_fault);
        if (r >= 0 && fwrite(bytes, 1, n_bytes, out) != n_bytes)
                r = fault_set(ret_fault, EIO, "cannot write the picture: %s", strerror(errno));
        if (bytes)
                gvFreeRenderData(bytes);
        session_end(&session);
        return r;
}
