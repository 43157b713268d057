/* Channel graph: which thread sent to which through which channel, and how much of it arrived. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "graph/build.h"

static int count(struct builder *builder, int from, int to, enum graph_edge_kind kind, uint32_t thread, uint64_t event_id,
                 uint64_t time_ns) {
        struct graph_edge *edge;
        int index;

        if (from < 0 || to < 0)
                return -ENOMEM;
        index = builder_edge(builder, from, to, kind);
        if (index < 0)
                return index;
        edge = &builder->graph->edges[index];
        if (edge->n_times++ == 0) {
                edge->thread = thread;
                edge->event_id = event_id;
                edge->time_ns = time_ns;
        }
        return 0;
}

static int add_message(struct builder *builder, const struct message *message) {
        int channel = builder_object(builder, message->channel), r = 0;

        if (message->sender > 0)
                r = count(builder, builder_thread(builder, message->sender), channel, EDGE_SENDS, message->sender,
                          message->sent_id, message->sent_ns);
        if (r >= 0 && message->receiver > 0)
                r = count(builder, channel, builder_thread(builder, message->receiver), EDGE_RECEIVES, message->receiver,
                          message->received_id, message->received_ns);
        return r;
}

static int label_edges(struct graph *graph) {
        for (size_t i = 0; i < graph->n_edges; i++) {
                struct graph_edge *edge = &graph->edges[i];

                if (asprintf(&edge->label, "%" PRIu64 " %s", edge->n_times, edge->kind == EDGE_SENDS ? "sent" : "received") < 0) {
                        edge->label = NULL;
                        return -ENOMEM;
                }
        }
        return 0;
}

int graph_channels(const struct message *messages, size_t n, const struct catalog *catalog, struct graph *ret_graph) {
        struct builder builder;
        struct graph graph;
        int r = 0;

        builder_init(&builder, GRAPH_CHANNELS, catalog, &graph);
        for (size_t i = 0; i < n && r >= 0; i++)
                r = add_message(&builder, &messages[i]);
        if (r >= 0)
                r = label_edges(&graph);
        builder_finish(&builder);
        if (r < 0) {
                graph_finish(&graph);
                return r;
        }
        *ret_graph = graph;
        return 0;
}
