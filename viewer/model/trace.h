/* A trace in memory: what the viewer shows, read from the store and derived from the events. Loaded in a worker thread,
 * then only read. Free of GTK. Events themselves stay in the file; see pages.h. */
#pragma once

#include <stdbool.h>

#include "model/catalog.h"
#include "model/fault.h"
#include "model/finding.h"
#include "model/interval.h"
#include "store/store.h"

/* Where one thread's doing reaches another's life. */
enum link_kind { LINK_SPAWN, LINK_JOIN };

struct link {
        uint64_t from_ns, to_ns;
        uint32_t from, to; /* threads */
        enum link_kind kind;
};

#define TRACE_BINS 1024 /* columns of the overview */
#define TRACE_HOLDS_EVENTS_MAX                                                                                         \
        3000000 /* beyond, holds would fill the memory: they are left out, and the viewer says so */

struct trace {
        unsigned n_refs;
        char *path;
        struct store_reader *reader;
        const struct catalog *catalog;
        const struct recording *recording;
        struct finding_list findings;
        struct wait *waits;
        size_t n_waits;
        struct hold *holds;
        size_t n_holds;
        struct message *messages;
        size_t n_messages;
        struct lock_edge *edges;
        size_t n_edges;
        struct link *links; /* in the order of their events */
        size_t n_links;
        uint64_t n_events;
        uint64_t end_ns;               /* at least 1 */
        uint32_t activity[TRACE_BINS]; /* events in each equal part of 0 … end_ns */
        bool without_holds;
};

/* Called from the thread that loads, with how much is done (0 … 1) and at what; returns false to give up. */
typedef bool (*trace_progress)(double part, const char *words, void *data);

/* Reads `path`. -ECANCELED when `progress` (may be NULL) gave up; otherwise as store_reader_new(). */
int trace_open(const char *path, trace_progress progress, void *data, struct trace **ret_trace,
               struct fault *ret_fault);
/* A worker may still need the trace when the window has gone on to the next. Atomic; the last one to let go frees it.
 */
struct trace *trace_ref(struct trace *trace);
void trace_unref(struct trace *trace); /* takes NULL */

/* NULL for 0 and whatever is no finding's number. */
const struct finding *trace_finding(const struct trace *trace, uint32_t id);
/* Counts of what is in there, by kind. */
uint32_t trace_n_threads(const struct trace *trace);
uint32_t trace_n_objects(const struct trace *trace, bool (*is)(unsigned kind));
bool trace_is_lock(unsigned kind); /* taken and released: mutex, rwlock, spin lock */
bool trace_is_channel(unsigned kind);
