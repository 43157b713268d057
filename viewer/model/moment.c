#include "model/moment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct moment {
        struct trace *trace;
        struct store_reader *reader;
        struct event_source *source;
        struct world *world;
        const struct event *batch; /* read, but from `next` on not yet applied */
        size_t n_batch, next;
        uint64_t applied_ns; /* time of the last event applied */
        bool at_end;
};

int moment_new(struct trace *trace, struct moment **ret_moment, struct fault *ret_fault) {
        struct moment *moment = calloc(1, sizeof(*moment));
        int r;

        if (!moment)
                return fault_set(ret_fault, ENOMEM, "Out of memory");
        moment->trace = trace_ref(trace);
        r = store_reader_new(trace->path, &moment->reader, ret_fault);
        if (r < 0) {
                moment_free(moment);
                return r;
        }
        *ret_moment = moment;
        return 0;
}

static void rewind_world(struct moment *moment) {
        if (moment->source)
                store_source_free(moment->source);
        moment->source = NULL;
        world_free(moment->world);
        moment->world = NULL;
        moment->batch = NULL;
        moment->n_batch = moment->next = 0;
        moment->applied_ns = 0;
        moment->at_end = false;
}

void moment_free(struct moment *moment) {
        if (!moment)
                return;
        rewind_world(moment);
        if (moment->reader)
                store_reader_free(moment->reader);
        trace_unref(moment->trace);
        free(moment);
}

static int start(struct moment *moment, struct fault *ret_fault) {
        moment->world = world_new();
        if (!moment->world)
                return fault_set(ret_fault, ENOMEM, "Out of memory");
        return store_reader_source(moment->reader, 1, &moment->source, ret_fault);
}

static int next_batch(struct moment *moment, struct fault *ret_fault) {
        int n = moment->source->next(moment->source, &moment->batch);

        moment->next = 0;
        moment->n_batch = n > 0 ? (size_t) n : 0;
        moment->at_end = n <= 0;
        if (n < 0)
                return fault_set(ret_fault, -n, "The events of %s could not be read: %s", moment->trace->path,
                                 strerror(-n));
        return 0;
}

/* Applies all events up to and with `time_ns`. */
static int play_to(struct moment *moment, uint64_t time_ns, struct fault *ret_fault) {
        int r = 0;

        while (!moment->at_end && r >= 0) {
                for (; moment->next < moment->n_batch; moment->next++) {
                        const struct event *event = &moment->batch[moment->next];

                        if (event->time_ns > time_ns)
                                return 0;
                        if (world_apply(moment->world, moment->trace->catalog, event,
                                        moment->source->first_id + moment->next) < 0)
                                return fault_set(ret_fault, ENOMEM, "Out of memory");
                        moment->applied_ns = event->time_ns;
                }
                r = next_batch(moment, ret_fault);
        }
        return r;
}

static int wait_for(struct moment *moment, uint64_t time_ns, struct graph *ret_graph, struct fault *ret_fault) {
        int r = 0;

        if (moment->applied_ns > time_ns)
                rewind_world(moment);
        if (!moment->source)
                r = start(moment, ret_fault);
        if (r >= 0)
                r = play_to(moment, time_ns, ret_fault);
        return r < 0 ? r : graph_wait_for(moment->world, moment->trace->catalog, ret_graph);
}

static int build(struct moment *moment, enum graph_kind kind, uint64_t time_ns, struct graph *ret_graph,
                 struct fault *ret_fault) {
        const struct trace *trace = moment->trace;

        switch (kind) {
        case GRAPH_WAIT_FOR:
                return wait_for(moment, time_ns, ret_graph, ret_fault);
        case GRAPH_LOCK_ORDER:
                return graph_lock_order(trace->edges, trace->n_edges, trace->catalog, ret_graph);
        case GRAPH_CHANNELS:
                return graph_channels(trace->messages, trace->n_messages, trace->catalog, ret_graph);
        }
        return -EINVAL;
}

int moment_graph(struct moment *moment, enum graph_kind kind, uint64_t time_ns, struct graph *ret_graph,
                 struct fault *ret_fault) {
        struct graph graph = { 0 };
        int r = build(moment, kind, time_ns, &graph, ret_fault);

        if (r >= 0)
                r = graph_layout(&graph, ret_fault);
        if (r < 0) {
                graph_finish(&graph);
                return r;
        }
        *ret_graph = graph;
        return 0;
}
