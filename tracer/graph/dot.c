#include "graph/dot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "graph/build.h"
#include "graph/text.h"

#define FONT "Helvetica"
#define FONT_BOLD "Helvetica-Bold"
#define CALM "#5e5c64"
#define ALARM "#c01c28"
#define LABEL_CHARACTERS 36 /* of a node, in a picture; its tooltip has the rest */

bool dot_is_crowded(const struct graph *graph) {
        return graph->n_edges > DOT_CROWDED_EDGES || graph->n_nodes > DOT_CROWDED_NODES;
}

bool dot_is_huge(const struct graph *graph) {
        return graph->n_edges > DOT_HUGE_EDGES || graph->n_nodes > DOT_HUGE_NODES;
}

bool dot_is_placed(const struct graph *graph) {
        return graph->n_rings > 0 || dot_is_huge(graph);
}

bool dot_has_labels(const struct graph *graph) {
        return !graph->compact && !dot_is_crowded(graph);
}

void dot_write_spacing(const struct graph *graph, FILE *out) {
        fprintf(out, "nodesep=0.4, ranksep=0.5");
        if (dot_is_crowded(graph)) /* bounds the search for few crossings; the default takes minutes on a thousand nodes */
                fprintf(out, ", splines=line, nslimit=1, nslimit1=1, mclimit=0.1, searchsize=10");
}

int dot_write_label(const char *label, FILE *out) {
        char *clean = text_clean(label), *blank, *roomy = NULL;
        int r = -ENOMEM;

        blank = clean ? strrchr(clean, ' ') : NULL;
        if (blank)
                *blank = '\0';
        if (clean)
                r = blank ? asprintf(&roomy, " %s \n %s ", clean, blank + 1) : asprintf(&roomy, " %s ", clean);
        if (r >= 0) {
                fprintf(out, "label=");
                text_write_dot(roomy, out);
                free(roomy);
        }
        free(clean);
        return r < 0 ? -ENOMEM : 0;
}

static int write_clean(const char *attribute, const char *text, FILE *out) {
        char *clean = text_clean(text);

        if (!clean)
                return -ENOMEM;
        fprintf(out, "%s=", attribute);
        text_write_dot(clean, out);
        free(clean);
        return 0;
}

static const char *legend(enum graph_kind kind) {
        switch (kind) {
        case GRAPH_WAIT_FOR:
                return "\nsolid: waits for  ·  dashed: held by  ·  bold red: a deadlock";
        case GRAPH_LOCK_ORDER:
                return "\nA → B: B was taken while A was held  ·  bold red: orders that form a ring";
        default:
                return "\nthread → channel: sends  ·  channel → thread: receives";
        }
}

static void write_head(const struct graph *graph, enum dot_purpose purpose, FILE *out) {
        int inches = dot_is_huge(graph) ? DOT_HUGE_PICTURE_INCHES : DOT_PICTURE_INCHES;

        fprintf(out, "digraph \"%s\" {\n", graph_kind_name(graph->kind));
        fprintf(out, "        graph [");
        dot_write_spacing(graph, out);
        if (dot_is_placed(graph) && purpose == DOT_TO_READ)
                fprintf(out, ", layout=neato, inputscale=72");
        if (graph->n_rings > 0 && !dot_is_crowded(graph))
                fprintf(out, ", splines=true");
        if (purpose == DOT_TO_DRAW)
                fprintf(out, ", size=\"%d,%d\"", inches, inches);
        fprintf(out, ", outputorder=edgesfirst, pad=0.25, bgcolor=white,\n               fontname=\"" FONT "\", fontsize=10, "
                     "fontcolor=\"" CALM "\", label=");
        text_write_dot(legend(graph->kind), out);
        fprintf(out, "];\n        node [fontname=\"" FONT "\", fontsize=12, style=filled, fillcolor=white, color=\"" CALM "\"];\n"
                     "        edge [fontname=\"" FONT "\", fontsize=10, color=\"" CALM "\", fontcolor=\"#3d3846\", arrowsize=0.8];\n\n");
}

static void write_name(const struct graph_node *node, FILE *out) {
        fprintf(out, "%c%" PRIu32, node->is_thread ? 't' : 'o', node->id);
}

static int write_node_label(const struct graph_node *node, FILE *out) {
        char *clean = text_clean(node->label), *shorter = clean ? text_shorten(clean, LABEL_CHARACTERS) : NULL;
        int r = shorter ? 0 : -ENOMEM;

        if (shorter) {
                fprintf(out, "label=");
                text_write_dot(shorter, out);
                if (strcmp(shorter, clean) != 0)
                        r = fputs(", ", out) < 0 ? 0 : write_clean("tooltip", node->label, out);
        }
        free(clean);
        free(shorter);
        return r;
}

static int write_node(const struct graph *graph, const struct graph_node *node, enum dot_purpose purpose, FILE *out) {
        int r;

        fprintf(out, "        ");
        write_name(node, out);
        fprintf(out, " [");
        r = write_node_label(node, out);
        if (r < 0)
                return r;
        if (node->is_thread)
                fprintf(out, ", shape=box, style=\"rounded,filled\"");
        else
                fprintf(out, ", shape=ellipse, fillcolor=\"%s\"", node->ring ? "#fbe1e2" : "#e3edfb");
        fprintf(out, ", fixedsize=true, width=%.2f, height=%.2f", node->width / 72, node->height / 72);
        if (node->ring > 0)
                fprintf(out, ", color=\"" ALARM "\", penwidth=2.5, fontname=\"" FONT_BOLD "\"");
        if (dot_is_placed(graph))
                fprintf(out, ", pos=\"%.1f,%.1f%s\"", node->x, graph->height - node->y, purpose == DOT_TO_READ ? "!" : "");
        fprintf(out, "];\n");
        return 0;
}

static void write_path(const struct graph *graph, const struct path *path, FILE *out) {
        fprintf(out, ", pos=\"e,%.1f,%.1f", path->tip.x, graph->height - path->tip.y);
        for (unsigned i = 0; i < path->n_points; i++)
                fprintf(out, " %.1f,%.1f", path->points[i].x, graph->height - path->points[i].y);
        fprintf(out, "\"");
        if (path->has_label)
                fprintf(out, ", lp=\"%.1f,%.1f\"", path->label.x, graph->height - path->label.y);
}

static void write_route(const struct graph *graph, const struct graph_route *route, bool has_label, FILE *out) {
        fprintf(out, ", pos=\"e,%.1f,%.1f", route->tip_x, graph->height - route->tip_y);
        for (size_t i = 0; i < route->n_points; i++)
                fprintf(out, " %.1f,%.1f", route->points[2 * i], graph->height - route->points[2 * i + 1]);
        fprintf(out, "\"");
        if (has_label)
                fprintf(out, ", lp=\"%.1f,%.1f\"", route->label_x, graph->height - route->label_y);
}

/* What doesn't fit on the edge: the functions, and how often. */
static int write_tooltip(const struct graph *graph, const struct graph_edge *edge, FILE *out) {
        char *text, here[SITE_TEXT_BYTES], there[SITE_TEXT_BYTES];
        int r;

        site_text(edge->site, here);
        site_text(edge->from_site, there);
        r = asprintf(&text, "%s to %s%s%s%s%s%s%s, %" PRIu64 " time%s", graph->nodes[edge->from].label,
                     graph->nodes[edge->to].label, here[0] ? " at " : "", here,
                     edge->site && edge->site->function ? " in " : "",
                     edge->site && edge->site->function ? edge->site->function : "", there[0] ? "; held since " : "", there,
                     edge->n_times, edge->n_times == 1 ? "" : "s");
        if (r < 0)
                return -ENOMEM;
        fprintf(out, ", ");
        r = write_clean("tooltip", text, out);
        free(text);
        return r;
}

/* `path` is NULL outside of rings. */
static int write_edge(const struct graph *graph, const struct graph_edge *edge, const struct path *path, enum dot_purpose purpose,
                      FILE *out) {
        bool has_label = edge->label && (path ? path->has_label : dot_has_labels(graph));
        int r = 0;

        fprintf(out, "        ");
        write_name(&graph->nodes[edge->from], out);
        fprintf(out, " -> ");
        write_name(&graph->nodes[edge->to], out);
        fprintf(out, " [style=%s", edge->kind == EDGE_HELD_BY ? edge->ring ? "\"dashed,bold\"" : "dashed"
                                                              : edge->ring ? "bold" : "solid");
        if (edge->ring > 0)
                fprintf(out, ", color=\"" ALARM "\", penwidth=2.5");
        if (has_label) {
                fprintf(out, ", ");
                r = dot_write_label(edge->label, out);
        }
        if (path)
                write_path(graph, path, out);
        else if (purpose == DOT_TO_DRAW && edge->route && dot_is_placed(graph))
                write_route(graph, edge->route, has_label, out);
        if (r >= 0)
                r = write_tooltip(graph, edge, out);
        fprintf(out, "];\n");
        return r;
}

static bool is_arc(const struct circle *circle, const struct graph *graph, const struct graph_edge *edge) {
        return circle->n > 1 && circle->next[graph->nodes[edge->from].place] == edge;
}

static int write_edges(const struct graph *graph, const struct circle *circles, enum dot_purpose purpose, FILE *out) {
        int r = 0;

        for (size_t i = 0; i < graph->n_edges && r >= 0; i++) {
                const struct graph_edge *edge = &graph->edges[i];
                const struct circle *circle = &circles[edge->ring];
                struct path path;

                if (purpose == DOT_TO_READ || edge->ring == 0 || edge->from == edge->to) {
                        r = write_edge(graph, edge, NULL, purpose, out);
                        continue;
                }
                path = is_arc(circle, graph, edge) ? circle_arc(circle, graph, graph->nodes[edge->from].place)
                                                   : circle_chord(circle, graph, edge);
                r = write_edge(graph, edge, &path, purpose, out);
        }
        return r;
}

/* In the middle of a ring, where there is room for one. */
static void write_captions(const struct graph *graph, const struct circle *circles, FILE *out) {
        for (uint32_t ring = 1; ring <= graph->n_rings; ring++) {
                char text[GRAPH_RING_TEXT_BYTES];

                if (circles[ring].caption_width <= 0)
                        continue;
                graph_describe_ring(graph, ring, text);
                fprintf(out, "        ring%" PRIu32 " [shape=plaintext, style=\"\", label=<<font color=\"" ALARM "\"><b>%s</b></font><br/>"
                             "<font point-size=\"10\" color=\"" CALM "\">%s</font>>, pos=\"%.1f,%.1f\"];\n",
                        ring, circle_headline(graph), text, circles[ring].centre.x, graph->height - circles[ring].centre.y);
        }
}

int dot_write(const struct graph *graph, enum dot_purpose purpose, FILE *out) {
        struct circle *circles = circles_new(graph);
        int r = 0;

        if (!circles)
                return -ENOMEM;
        for (uint32_t ring = 1; ring <= graph->n_rings; ring++) {
                circles[ring].has_labels = dot_has_labels(graph);
                circle_measure(&circles[ring], graph);
        }
        write_head(graph, purpose, out);
        for (size_t i = 0; i < graph->n_nodes && r >= 0; i++)
                r = write_node(graph, &graph->nodes[i], purpose, out);
        if (graph->n_edges > 0)
                fputc('\n', out);
        if (r >= 0)
                r = write_edges(graph, circles, purpose, out);
        if (purpose == DOT_TO_DRAW)
                write_captions(graph, circles, out);
        fputs("}\n", out);
        circles_free(graph, circles);
        return r;
}
