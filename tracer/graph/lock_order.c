/* Lock-order graph. An edge A -> B says that some thread took B while it held A. A ring here is a deadlock that could
 * happen, as far as the orders alone tell; whether it really can is for the analyses to say. */
#include <errno.h>
#include <stdlib.h>

#include "graph/build.h"
#include "graph/rings.h"

static int label_edge(struct graph_edge *edge, const struct catalog *catalog) {
        char buffer[CATALOG_LABEL_BYTES], place[SITE_TEXT_BYTES];
        const char *who = catalog_thread_label(catalog, edge->thread, buffer);

        site_text(edge->site, place);
        if (asprintf(&edge->label, "%s%s%s", who, place[0] ? " " : "", place) >= 0)
                return 0;
        edge->label = NULL;
        return -ENOMEM;
}

static int add_edge(struct builder *builder, const struct lock_edge *from) {
        int held = builder_object(builder, from->held), taken = builder_object(builder, from->taken), index;
        struct graph_edge *edge;

        if (held < 0 || taken < 0)
                return -ENOMEM;
        index = builder_edge(builder, held, taken, EDGE_TAKEN_WHILE_HOLDING);
        if (index < 0)
                return index;
        edge = &builder->graph->edges[index];
        edge->n_times += from->n_times;
        if (edge->label)
                return 0;
        builder_site(builder, edge, from->thread, from->taken_stack, from->held_stack);
        edge->event_id = from->event_id;
        edge->time_ns = from->time_ns;
        return label_edge(edge, builder->catalog);
}

int graph_lock_order(const struct lock_edge *edges, size_t n, const struct catalog *catalog, struct graph *ret_graph) {
        struct builder builder;
        struct graph graph;
        int r = 0;

        builder_init(&builder, GRAPH_LOCK_ORDER, catalog, &graph);
        for (size_t i = 0; i < n && r >= 0; i++)
                r = add_edge(&builder, &edges[i]);
        if (r >= 0)
                r = rings_find(&graph);
        builder_finish(&builder);
        if (r < 0) {
                graph_finish(&graph);
                return r;
        }
        *ret_graph = graph;
        return 0;
}
