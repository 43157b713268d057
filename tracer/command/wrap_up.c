/* See wrap_up.h. */
#include "command/wrap_up.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command/store_findings.h"
#include "command/unseen.h"
#include "symbols/symbols.h"

#define PATIENCE_NS 1000000000 /* what takes no longer shows no progress */
#define REDRAW_NS 100000000
#define BAR_CELLS 32

/* Of everything that is left to do, merging is about half and the analyses the other. */
struct progress {
        bool is_terminal;
        bool drawn;
        double from, to;       /* the part of the whole that this step is */
        uint64_t began_ns, next_ns;
};

static uint64_t monotonic_ns(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t) now.tv_sec * 1000000000 + (uint64_t) now.tv_nsec;
}

static void progress_begin(struct progress *progress) {
        *progress = (struct progress) { .is_terminal = isatty(STDERR_FILENO), .began_ns = monotonic_ns(), .to = 0.5 };
        progress->next_ns = progress->began_ns + PATIENCE_NS;
}

static void progress_show(void *data, double done) {
        struct progress *progress = data;
        double all = progress->from + (progress->to - progress->from) * done;
        char bar[BAR_CELLS + 1];

        if (!progress->is_terminal || monotonic_ns() < progress->next_ns)
                return;
        progress->next_ns = monotonic_ns() + REDRAW_NS;
        memset(bar, '.', BAR_CELLS);
        memset(bar, '#', (size_t) (all * BAR_CELLS) < BAR_CELLS ? (size_t) (all * BAR_CELLS) : BAR_CELLS);
        bar[BAR_CELLS] = 0;
        fprintf(stderr, "\rheddle: finishing the trace [%s] %3.0f %%", bar, all * 100);
        progress->drawn = true;
}

static void progress_end(struct progress *progress) {
        if (progress->drawn)
                fprintf(stderr, "\r\033[K");
}

/* An event source that shows how far its reader has come. */
struct counted_source {
        struct event_source source;
        struct event_source *inner;
        struct progress *progress;
        uint64_t n_all;
};

static int next_counted(struct event_source *source, const struct event **ret_events) {
        struct counted_source *counted = (struct counted_source *) source;
        int n = counted->inner->next(counted->inner, ret_events);

        counted->source.first_id = counted->inner->first_id;
        if (counted->n_all > 0)
                progress_show(counted->progress, (double) counted->inner->first_id / (double) counted->n_all);
        return n;
}

static int analyse_and_store(struct collector *collector, struct progress *progress, struct finding_list *ret_findings, struct fault *ret_fault) {
        struct counted_source counted = { .source.next = next_counted, .progress = progress, .n_all = collector->n_events };
        struct derived derived = { 0 };
        int r = store_writer_source(collector->writer, &counted.inner, ret_fault);

        if (r < 0)
                return r;
        r = store_findings(collector->writer, &counted.source, &collector->catalog, collector->recording.n_lost > 0 ? ANALYSE_INCOMPLETE : 0,
                           &derived, ret_findings, ret_fault);
        store_source_free(counted.inner);
        if (r >= 0)
                collector->recording.unseen = unseen_tell(&collector->catalog, &collector->intern.unseen, &derived);
        derived_finish(&derived);
        return r;
}

static int look_up_names(struct collector *collector, struct fault *ret_fault) {
        char *remarks = NULL;
        int r = symbolise(&collector->catalog, &remarks, ret_fault);

        if (remarks)
                collector_remark(collector, "%s", remarks);
        free(remarks);
        return r;
}

int wrap_up(struct collector *collector, struct finding_list *ret_findings, struct fault *ret_fault) {
        struct finding_list findings = { 0 };
        struct progress progress;
        int r;

        progress_begin(&progress);
        r = collector_complete(collector, progress_show, &progress);
        if (r < 0)
                *ret_fault = collector->fault;
        else
                r = look_up_names(collector, ret_fault);
        progress.from = 0.5;
        progress.to = 1;
        if (r >= 0)
                r = analyse_and_store(collector, &progress, &findings, ret_fault);
        collector->recording.finished = r >= 0;
        if (r >= 0)
                r = store_writer_finish(collector->writer, &collector->catalog, &collector->recording, ret_fault);
        progress_end(&progress);
        if (r < 0)
                finding_list_finish(&findings);
        else
                *ret_findings = findings;
        return r < 0 ? r : 0;
}
