#include "command/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "symbols/symbols.h"

static void warn_of_names(const struct command *command, const char *remarks) {
        while (remarks && *remarks) {
                size_t n = strcspn(remarks, "\n");

                command_fail(command, 0, "%.*s", (int) n, remarks);
                remarks += n + (remarks[n] == '\n');
        }
}

/* Names come at the end of a recording. To one that was cut short they are given here, in memory, as far as its
 * programs are still there. */
static int read_symbolised(const struct command *command, const char *path, struct store_reader **ret_reader, struct fault *ret_fault) {
        const struct recording *recording;
        char *remarks = NULL;
        struct store_reader *reader;
        int r = store_reader_new(path, &reader, ret_fault);

        if (r < 0)
                return r;
        recording = store_reader_recording(reader);
        if (!recording->finished)
                r = symbolise_late(store_reader_unfinished_catalog(reader), recording->began_unix_ns, &remarks, ret_fault);
        warn_of_names(command, remarks);
        free(remarks);
        if (r < 0)
                store_reader_free(reader);
        else
                *ret_reader = reader;
        return r;
}

int trace_open(const struct command *command, const char *path, struct trace *ret_trace) {
        struct fault fault = { 0 };
        struct store_reader *reader = NULL;
        int r = read_symbolised(command, path, &reader, &fault);

        if (r < 0)
                return command_fail(command, EXIT_NO_TRACE, "%s", fault.message[0] ? fault.message : strerror(-r));
        *ret_trace = (struct trace) {
                .path = path,
                .reader = reader,
                .catalog = store_reader_catalog(reader),
                .recording = store_reader_recording(reader),
                .n_events = store_reader_n_events(reader),
        };
        return 0;
}

void trace_close(struct trace *trace) {
        store_reader_free(trace->reader);
        *trace = (struct trace) { 0 };
}

bool trace_is_complete(const struct trace *trace) {
        return store_reader_is_complete(trace->reader);
}

void trace_incomplete_reason(const struct trace *trace, char text[static TRACE_REASON_BYTES]) {
        const char *damage = store_reader_damage(trace->reader);

        text[0] = '\0';
        if (trace_is_complete(trace))
                return;
        if (damage)
                snprintf(text, TRACE_REASON_BYTES, "%s", damage);
        else if (trace->recording->n_lost > 0)
                snprintf(text, TRACE_REASON_BYTES, "%" PRIu64 " record%s got lost", trace->recording->n_lost,
                         trace->recording->n_lost == 1 ? "" : "s");
        else
                snprintf(text, TRACE_REASON_BYTES, "the recording did not come to its end");
}

void trace_warn(const struct command *command, struct trace *trace) {
        char reason[TRACE_REASON_BYTES];

        trace_incomplete_reason(trace, reason);
        if (strcmp(reason, trace->told) == 0)
                return;
        memcpy(trace->told, reason, sizeof(reason));
        command_fail(command, 0, "%s is not complete, so something may be missing here: %s", trace->path, reason);
}

/* Hands on another source and shows how far it has come. */
struct progress {
        struct event_source base;
        struct event_source *inner;
        const struct command *command;
        uint64_t n_events;
        struct timespec began;
        int percent; /* last shown, -1: nothing yet */
        bool on_terminal;
};

static void show(struct progress *progress, uint64_t id) {
        struct timespec now;
        int percent = progress->n_events ? (int) (id * 100 / progress->n_events) : 100;

        if (percent == progress->percent)
                return;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec - progress->began.tv_sec < 2) /* a second at least, whatever the fraction */
                return;
        progress->percent = percent;
        fprintf(stderr, "\rheddle %s: %d %% of %" PRIu64 " events", progress->command->name, percent, progress->n_events);
}

static int next_with_progress(struct event_source *source, const struct event **ret_events) {
        struct progress *progress = (struct progress *) source;
        int n = progress->inner->next(progress->inner, ret_events);

        progress->base.first_id = progress->inner->first_id;
        if (progress->on_terminal && n > 0)
                show(progress, progress->base.first_id);
        return n;
}

static int progress_begin(struct progress *progress, const struct command *command, struct trace *trace) {
        struct fault fault = { 0 };
        int r;

        *progress = (struct progress) {
                .base = { .next = next_with_progress },
                .command = command,
                .n_events = trace->n_events,
                .percent = -1,
                .on_terminal = isatty(STDERR_FILENO),
        };
        clock_gettime(CLOCK_MONOTONIC, &progress->began);
        r = store_reader_source(trace->reader, 1, &progress->inner, &fault);
        if (r < 0)
                return command_fail(command, EXIT_NO_TRACE, "%s", fault.message[0] ? fault.message : strerror(-r));
        return 0;
}

static void progress_end(struct progress *progress) {
        if (progress->percent >= 0)
                fprintf(stderr, "\r\033[K");
        store_source_free(progress->inner);
}

static int fail_reading(const struct command *command, const struct trace *trace, int error) {
        if (error == -ENOMEM)
                return command_fail(command, EXIT_NO_TRACE, "not enough memory for %s", trace->path);
        return command_fail(command, EXIT_NO_TRACE, "cannot read the events of %s: %s", trace->path,
                            error == -EBADMSG ? "it is damaged" : strerror(-error));
}

int trace_for_each(const struct command *command, struct trace *trace, trace_visit *visit, void *data) {
        const struct event *events;
        struct progress progress;
        bool go_on = true;
        int n = 0;

        if (progress_begin(&progress, command, trace) != 0)
                return EXIT_NO_TRACE;
        while (go_on && (n = progress.base.next(&progress.base, &events)) > 0)
                for (int i = 0; i < n && go_on; i++)
                        go_on = visit(&events[i], progress.base.first_id + (uint64_t) i, data);
        progress_end(&progress);
        return n < 0 ? fail_reading(command, trace, n) : 0;
}

int trace_analyse(const struct command *command, struct trace *trace, unsigned what, struct derived *ret_derived, struct finding_list *ret_findings) {
        struct progress progress;
        int r;

        if (progress_begin(&progress, command, trace) != 0)
                return EXIT_NO_TRACE;
        r = analyse(&progress.base, trace->catalog, what | (trace->recording->n_lost > 0 ? ANALYSE_INCOMPLETE : 0), ret_derived, ret_findings);
        progress_end(&progress);
        return r < 0 ? fail_reading(command, trace, r) : 0;
}
