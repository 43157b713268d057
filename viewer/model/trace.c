#include "model/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "symbols/symbols.h"

bool trace_is_lock(unsigned kind) {
        return kind == OBJECT_MUTEX || kind == OBJECT_RWLOCK || kind == OBJECT_SPINLOCK;
}

bool trace_is_channel(unsigned kind) {
        return kind == OBJECT_CHANNEL || kind == OBJECT_QUEUE;
}

uint32_t trace_n_threads(const struct trace *trace) {
        return trace->catalog->n_threads - 1;
}

uint32_t trace_n_objects(const struct trace *trace, bool (*is)(unsigned kind)) {
        uint32_t n = 0;

        for (uint32_t i = 1; i < trace->catalog->n_objects; i++)
                n += is(trace->catalog->objects[i].kind);
        return n;
}

const struct finding *trace_finding(const struct trace *trace, uint32_t id) {
        for (size_t i = 0; id > 0 && i < trace->findings.n; i++)
                if (trace->findings.items[i].id == id)
                        return &trace->findings.items[i];
        return NULL;
}

static void finish_source(struct event_source **source) {
        if (*source)
                store_source_free(*source);
}

static int add_link(struct trace *trace, size_t *size, const struct link *link) {
        if (trace->n_links == *size) {
                size_t wanted = *size ? *size * 2 : 64;
                struct link *moved = reallocarray(trace->links, wanted, sizeof(*moved));

                if (!moved)
                        return -ENOMEM;
                trace->links = moved;
                *size = wanted;
        }
        trace->links[trace->n_links++] = *link;
        return 0;
}

/* A spawn reaches forward to the child's first moment; a join comes from the target's last. */
static int link_of(struct trace *trace, size_t *size, const struct event *event) {
        uint32_t other = catalog_object_thread(trace->catalog, event->object);
        const struct thread *thread = catalog_thread(trace->catalog, other);

        if (other == 0 || other >= trace->catalog->n_threads)
                return 0;
        if (event->kind == EV_SPAWN)
                return add_link(trace, size,
                                &(struct link) { event->time_ns, thread->began_ns, event->thread, other, LINK_SPAWN });
        if (event->kind == EV_JOIN && thread->ended_ns != NEVER)
                return add_link(trace, size,
                                &(struct link) { thread->ended_ns, event->time_ns, other, event->thread, LINK_JOIN });
        return 0;
}

/* Names come at the end of a recording. To one that was cut short they are given here, in memory, as far as its programs
 * are still there. */
static int give_names(struct trace *trace, struct fault *ret_fault) {
        if (trace->recording->finished)
                return 0;
        return symbolise_late(store_reader_unfinished_catalog(trace->reader), trace->recording->began_unix_ns, NULL, ret_fault);
}

/* Where the trace ends: a recording goes on for a moment after the last event of a program that hangs. */
static int find_end(struct trace *trace, struct fault *ret_fault) {
        struct event last = { 0 };
        int r;

        trace->end_ns = trace->recording->duration_ns;
        if (trace->n_events > 0) {
                r = store_reader_event(trace->reader, trace->n_events, &last, ret_fault);
                if (r < 0 && r != -ENOENT)
                        return r;
        }
        if (last.time_ns > trace->end_ns || trace->end_ns == NEVER)
                trace->end_ns = last.time_ns;
        if (trace->end_ns == 0)
                trace->end_ns = 1;
        return 0;
}

/* One pass over the events for what the panes need and no table of the store has. */
static int scan(struct trace *trace, trace_progress progress, void *data, struct fault *ret_fault) {
        __attribute__((cleanup(finish_source))) struct event_source *source = NULL;
        const struct event *events;
        size_t size = 0;
        int r;

        r = store_reader_source(trace->reader, 1, &source, ret_fault);
        if (r < 0)
                return r;
        while ((r = source->next(source, &events)) > 0) {
                for (int i = 0; i < r; i++) {
                        double part = (double) events[i].time_ns / (double) trace->end_ns;

                        trace->activity[part < 1 ? (size_t) (part * TRACE_BINS) : TRACE_BINS - 1]++;
                        if ((events[i].kind == EV_SPAWN || events[i].kind == EV_JOIN) &&
                            link_of(trace, &size, &events[i]) < 0)
                                return fault_set(ret_fault, ENOMEM, "Out of memory while reading %s", trace->path);
                }
                if (progress && !progress(0.3 + 0.3 * (double) source->first_id / (double) (trace->n_events + 1),
                                          "Reading the events", data))
                        return -ECANCELED;
        }
        return r < 0 ? fault_set(ret_fault, -r, "The events of %s could not be read: %s", trace->path, strerror(-r))
                     : 0;
}

/* What lies between the events. A trace whose recording never came to its end has no findings of its own yet. */
static int derive(struct trace *trace, struct fault *ret_fault) {
        __attribute__((cleanup(finish_source))) struct event_source *source = NULL;
        struct finding_list findings = { 0 };
        struct derived derived = { 0 };
        int r;

        r = store_reader_source(trace->reader, 1, &source, ret_fault);
        if (r < 0)
                return r;
        r = analyse(source, trace->catalog, ANALYSE_HOLDS | (trace->recording->n_lost > 0 ? ANALYSE_INCOMPLETE : 0), &derived, &findings);
        if (r < 0)
                return fault_set(ret_fault, -r, "The events of %s could not be analysed: %s", trace->path,
                                 strerror(-r));
        trace->waits = derived.waits;
        trace->n_waits = derived.n_waits;
        trace->holds = derived.holds;
        trace->n_holds = derived.n_holds;
        trace->messages = derived.messages;
        trace->n_messages = derived.n_messages;
        trace->edges = derived.edges;
        trace->n_edges = derived.n_edges;
        if (trace->findings.n == 0 && !trace->recording->finished)
                trace->findings = findings;
        else
                finding_list_finish(&findings);
        return 0;
}

/* The same from the tables of the store, which has no holds. */
static int read_tables(struct trace *trace, struct fault *ret_fault) {
        int r;

        trace->without_holds = true;
        r = store_reader_waits(trace->reader, &trace->waits, &trace->n_waits, ret_fault);
        if (r >= 0)
                r = store_reader_messages(trace->reader, &trace->messages, &trace->n_messages, ret_fault);
        if (r >= 0)
                r = store_reader_lock_edges(trace->reader, &trace->edges, &trace->n_edges, ret_fault);
        return r;
}

static int load(struct trace *trace, trace_progress progress, void *data, struct fault *ret_fault) {
        int r;

        if (progress && !progress(0, "Opening", data))
                return -ECANCELED;
        r = store_reader_new(trace->path, &trace->reader, ret_fault);
        if (r < 0)
                return r;
        trace->catalog = store_reader_catalog(trace->reader);
        trace->recording = store_reader_recording(trace->reader);
        trace->n_events = store_reader_n_events(trace->reader);
        r = give_names(trace, ret_fault);
        if (r >= 0)
                r = store_reader_findings(trace->reader, &trace->findings, ret_fault);
        if (r >= 0)
                r = find_end(trace, ret_fault);
        if (r >= 0)
                r = scan(trace, progress, data, ret_fault);
        if (r < 0)
                return r;
        if (progress && !progress(0.6, "Finding waits and holds", data))
                return -ECANCELED;
        /* What was derived while the events were still whole is better than what can be derived from the rest of them.
         */
        if (trace->n_events > TRACE_HOLDS_EVENTS_MAX ||
            (trace->recording->finished && store_reader_damage(trace->reader)))
                return read_tables(trace, ret_fault);
        return derive(trace, ret_fault);
}

int trace_open(const char *path, trace_progress progress, void *data, struct trace **ret_trace,
               struct fault *ret_fault) {
        struct trace *trace = calloc(1, sizeof(*trace));
        int r;

        if (!trace)
                return fault_set(ret_fault, ENOMEM, "Out of memory while opening %s", path);
        trace->n_refs = 1;
        trace->path = strdup(path);
        if (!trace->path) {
                trace_unref(trace);
                return fault_set(ret_fault, ENOMEM, "Out of memory while opening %s", path);
        }
        r = load(trace, progress, data, ret_fault);
        if (r < 0) {
                trace_unref(trace);
                return r;
        }
        *ret_trace = trace;
        return 0;
}

struct trace *trace_ref(struct trace *trace) {
        __atomic_add_fetch(&trace->n_refs, 1, __ATOMIC_RELAXED);
        return trace;
}

void trace_unref(struct trace *trace) {
        /* Acquire and release: whoever frees it sees all that the others did to it before they let go. */
        if (!trace || __atomic_sub_fetch(&trace->n_refs, 1, __ATOMIC_ACQ_REL) > 0)
                return;
        finding_list_finish(&trace->findings);
        free(trace->waits);
        free(trace->holds);
        free(trace->messages);
        free(trace->edges);
        free(trace->links);
        if (trace->reader)
                store_reader_free(trace->reader);
        free(trace->path);
        free(trace);
}
