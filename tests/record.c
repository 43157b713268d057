/* Records a story as a trace, as `heddle run` would have: record [--unfinished] [--lost=N] FILE.heddle STORY
 * Everything in it is fixed, so that what commands print of it can be compared letter by letter. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "store/store.h"
#include "story.h"
#include "test.h"

static struct recording recording = {
        .command = (char[]) { "./philosophers --hungry" },
        .directory = (char[]) { "/home/ada/table" },
        .host = (char[]) { "Linux 6.1 on x86_64" },
        .began_unix_ns = UINT64_C(1700000000) * 1000000000,
        .finished = true,
        .exit_status = 0,
        .ended = (char[]) { "exited with status 0" },
        .remarks = (char[]) { "One thing could not be seen.\nNor could another." },
};

/* In a story a name is a thread; here worker and worker' are two threads that are called "worker". */
static void drop_quotes(struct catalog *catalog) {
        for (uint32_t id = 1; id < catalog->n_threads; id++)
                catalog->threads[id].name[strcspn(catalog->threads[id].name, "'")] = '\0';
}

/* What story.c tells a test that its story is bad. */
void test_fail(const char *file, int line, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        vfprintf(stderr, format, arguments);
        va_end(arguments);
        fprintf(stderr, "\n");
        exit(1);
}

static int fail(const char *what, const struct fault *fault) {
        fprintf(stderr, "record: %s: %s\n", what, fault->message);
        return 1;
}

/* What the collector does at the end. */
static int write_derived(struct store_writer *writer, struct story *story, struct fault *ret_fault) {
        struct finding_list findings = { 0 };
        struct derived derived = { 0 };
        int r = analyse(story_source(story), &story->catalog, 0, &derived, &findings);

        if (r >= 0)
                r = store_writer_add_findings(writer, &findings, ret_fault);
        if (r >= 0)
                r = store_writer_add_waits(writer, derived.waits, derived.n_waits, ret_fault);
        if (r >= 0)
                r = store_writer_add_messages(writer, derived.messages, derived.n_messages, ret_fault);
        if (r >= 0)
                r = store_writer_add_lock_edges(writer, derived.edges, derived.n_edges, ret_fault);
        if (r >= 0)
                r = store_writer_finish(writer, &story->catalog, &recording, ret_fault);
        finding_list_finish(&findings);
        derived_finish(&derived);
        return r;
}

static int record(const char *path, struct story *story) {
        struct store_writer *writer = NULL;
        struct fault fault = { 0 };
        int r = store_writer_new(path, &writer, &fault);

        if (r >= 0)
                r = store_writer_add_events(writer, story->events, story->n_events, &fault);
        if (r >= 0)
                r = store_writer_commit(writer, &story->catalog, &recording, &fault);
        if (r >= 0 && recording.finished)
                r = write_derived(writer, story, &fault);
        store_writer_free(writer);
        return r < 0 ? fail(path, &fault) : 0;
}

int main(int argc, char **argv) {
        static const struct option options[] = {
                { "unfinished", no_argument, NULL, 'u' }, { "lost", required_argument, NULL, 'l' }, { 0 },
        };
        struct story *told;
        int option;

        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
                if (option == 'u') {
                        recording.finished = false;
                        recording.exit_status = -1;
                        recording.ended = NULL;
                } else if (option == 'l')
                        recording.n_lost = strtoull(optarg, NULL, 10);
                else
                        return 2;
        }
        if (argc - optind != 2)
                return 2;
        told = story(argv[optind + 1]);
        recording.duration_ns = told->n_events ? told->events[told->n_events - 1].time_ns + 5000000 : 0;
        drop_quotes(&told->catalog);
        return record(argv[optind], told);
}
