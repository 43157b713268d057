/* A graph in the formats that others read. */
#include <errno.h>
#include <stdlib.h>

#include "graph/dot.h"
#include "graph/graph.h"
#include "graph/gv.h"
#include "graph/json.h"

static int draw(const struct graph *graph, const char *format, FILE *out, struct fault *ret_fault) {
        /* What isn't placed by us dot places again, and it routes its edges best by itself. */
        const char *engine = dot_is_placed(graph) ? "nop2" : "dot";
        char *dot = NULL;
        size_t n_bytes;
        FILE *text = open_memstream(&dot, &n_bytes);
        int r;

        if (!text)
                return -ENOMEM;
        r = dot_write(graph, DOT_TO_DRAW, text);
        if (fclose(text) != 0 && r >= 0)
                r = -ENOMEM;
        if (r >= 0)
                r = gv_render(dot, engine, format, out, ret_fault);
        free(dot);
        return r;
}

static int write_format(struct graph *graph, enum graph_format format, FILE *out, struct fault *ret_fault) {
        int r;

        if (format == GRAPH_JSON)
                return json_write(graph, out);
        r = graph_layout(graph, ret_fault);
        if (r < 0)
                return r;
        switch (format) {
        case GRAPH_DOT:
                return dot_write(graph, DOT_TO_READ, out);
        case GRAPH_SVG:
        case GRAPH_PNG:
                return draw(graph, graph_format_name(format), out, ret_fault);
        default:
                return fault_set(ret_fault, EINVAL, "there is no graph format %d", (int) format);
        }
}

int graph_write(struct graph *graph, enum graph_format format, FILE *out, struct fault *ret_fault) {
        int r = write_format(graph, format, out, ret_fault);

        if (r == -ENOMEM)
                fault_set(ret_fault, ENOMEM, "not enough memory to write a graph of %zu nodes", graph->n_nodes);
        return r;
}
