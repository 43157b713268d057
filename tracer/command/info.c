/* heddle info: what a trace is a trace of. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command/options.h"
#include "command/output.h"
#include "command/trace.h"

/* Told one by one. */
#define PROGRAMS_TOLD 5

static void put(const char *name, const char *value, FILE *out) {
        if (value && value[0])
                fprintf(out, "%-11s %s\n", name, value);
}

static void put_began(const struct recording *recording, FILE *out) {
        time_t seconds = (time_t) (recording->began_unix_ns / 1000000000);
        struct tm when;
        char text[64];

        if (recording->began_unix_ns == 0 || !localtime_r(&seconds, &when))
                return;
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %z", &when);
        put("recorded", text, out);
}

static void put_duration(uint64_t ns, FILE *out) {
        fprintf(out, "%-11s %" PRIu64 ".%03" PRIu64 " s\n", "took", ns / 1000000000, ns / 1000000 % 1000);
}

static const char *program_of(const struct process *process) {
        const char *path = process->program ? process->program : "a program that is not known", *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

static int compare_programs(const void *left, const void *right) {
        return strcmp(program_of(left), program_of(right));
}

/* "50: 48 of worker, 2 of sh"; one alone needs no more than its number. */
static void put_processes(const struct catalog *catalog, FILE *out) {
        uint32_t n = catalog->n_processes - 1, n_told = 0, first = 0;
        struct process *sorted = n > 1 ? reallocarray(NULL, n, sizeof(*sorted)) : NULL;

        fprintf(out, "%-11s %u", "processes", n);
        if (sorted) {
                memcpy(sorted, catalog->processes + 1, n * sizeof(*sorted));
                qsort(sorted, n, sizeof(*sorted), compare_programs);
        }
        for (uint32_t i = 1; sorted && i <= n; i++) {
                if (i < n && compare_programs(&sorted[first], &sorted[i]) == 0)
                        continue;
                if (n_told < PROGRAMS_TOLD)
                        fprintf(out, "%s %u of %s", n_told ? "," : ":", i - first, program_of(&sorted[first]));
                n_told++;
                first = i;
        }
        if (n_told > PROGRAMS_TOLD)
                fprintf(out, ", and others of %u more programs", n_told - PROGRAMS_TOLD);
        fputc('\n', out);
        free(sorted);
}

static void put_shared(const struct catalog *catalog, FILE *out) {
        uint32_t n = 0;

        for (uint32_t id = 1; id < catalog->n_objects; id++)
                n += catalog->objects[id].process == 0 && catalog->objects[id].kind != OBJECT_THREAD;
        if (n > 0)
                fprintf(out, "%-11s %u of these objects, in memory that several processes can have\n", "shared", n);
}

/* "3 mutexes" would need grammar; "3 mutex" would not be English: so the kind comes first. */
static void put_objects(const struct catalog *catalog, FILE *out) {
        uint64_t counts[16] = { 0 };
        bool any = false;

        for (uint32_t id = 1; id < catalog->n_objects; id++)
                counts[catalog->objects[id].kind & 15]++;
        counts[OBJECT_THREAD] = 0; /* counted as threads */
        fprintf(out, "%-11s", "objects");
        for (unsigned kind = 1; kind < 16; kind++) {
                if (counts[kind] == 0)
                        continue;
                fprintf(out, "%s %s: %" PRIu64, any ? "," : "", object_kind_words(kind), counts[kind]);
                any = true;
        }
        fputs(any ? "\n" : " none\n", out);
}

#define MOST_OBJECTS 10 /* told one by one */

/* Those that are called by what one function calls them, with where they come from. */
static void put_origins(const struct catalog *catalog, FILE *out) {
        char name[CATALOG_NAME_BYTES], origin[CATALOG_ORIGIN_BYTES];
        uint32_t n = 0;

        for (uint32_t id = 1; id < catalog->n_objects; id++) {
                if (!catalog->objects[id].type || n++ >= MOST_OBJECTS)
                        continue;
                catalog_object_origin(catalog, id, origin);
                fprintf(out, "%-11s %s: %s\n", "", catalog_object_name(catalog, id, name), origin);
        }
        if (n > MOST_OBJECTS)
                fprintf(out, "%-11s … and %" PRIu32 " more; `heddle sql` has them in the view `objects`\n", "", n - MOST_OBJECTS);
}

/* One line for each of the remarks. */
static void put_remarks(const char *name, const char *remarks, FILE *out) {
        while (remarks && *remarks) {
                size_t n = strcspn(remarks, "\n");

                if (n > 0)
                        fprintf(out, "%-11s %.*s\n", name, (int) n, remarks);
                remarks += n + (remarks[n] == '\n');
        }
}

static void put_findings(const struct finding_list *findings, FILE *out) {
        fprintf(out, "%-11s %zu", "findings", findings->n);
        for (size_t i = 0; i < findings->n; i++)
                fprintf(out, "%s%s", i ? ", " : " (", finding_kind_name(findings->items[i].kind));
        fprintf(out, "%s\n", findings->n ? ")" : "");
}

static void print(const struct trace *trace, const struct finding_list *findings, FILE *out) {
        const struct recording *recording = trace->recording;
        char reason[TRACE_REASON_BYTES];

        trace_incomplete_reason(trace, reason);
        put("trace", trace->path, out);
        put("program", recording->command, out);
        put("ran in", recording->directory, out);
        put("on", recording->host, out);
        put_began(recording, out);
        put_duration(recording->duration_ns, out);
        put("ended", recording->ended, out);
        put_processes(trace->catalog, out);
        fprintf(out, "%-11s %u\n", "threads", trace->catalog->n_threads - 1);
        put_objects(trace->catalog, out);
        put_shared(trace->catalog, out);
        put_origins(trace->catalog, out);
        fprintf(out, "%-11s %" PRIu64 "\n", "events", trace->n_events);
        fprintf(out, "%-11s %s%s\n", "complete", reason[0] ? "no: " : "yes", reason);
        if (recording->finished)
                put_findings(findings, out);
        else
                put("findings", "not looked for, since it was cut short; `heddle check` does", out);
        put_remarks("remark", recording->remarks, out);
        put_remarks("not seen", recording->unseen, out);
}

static bool pass(const struct event *event, uint64_t id, void *data) {
        (void) event, (void) id, (void) data;
        return true;
}

static int tell(const char *path) {
        struct finding_list findings = { 0 };
        struct fault fault = { 0 };
        struct output output;
        struct trace trace;
        int status = trace_open(&command_info, path, &trace);

        if (status != 0)
                return status;
        if (store_reader_findings(trace.reader, &findings, &fault) < 0)
                status = command_fail(&command_info, EXIT_NO_TRACE, "%s", fault.message);
        if (status == 0) /* only who has read them all can say that none is damaged */
                status = trace_for_each(&command_info, &trace, pass, NULL);
        if (status == 0)
                status = output_open(&command_info, NULL, &output);
        if (status == 0) {
                print(&trace, &findings, output.file);
                status = output_close(&command_info, &output, 0);
        }
        finding_list_finish(&findings);
        trace_close(&trace);
        return status;
}

static int run(int argc, char **argv) {
        static const struct option options[] = { OPTIONS_COMMON };
        int option;

        while ((option = options_next(&command_info, argc, argv, "", options)) != OPTION_END)
                return options_status(option);
        if (options_operands(&command_info, argc, argv, 1, 1) != 0)
                return EXIT_NO_TRACE;
        return tell(argv[optind]);
}

const struct command command_info = {
        .name = "info",
        .usage = "TRACE",
        .summary = "Tells what a trace is a trace of: what ran, when, how it ended, and what is in it.",
        .help = "The findings are those that were made when it was recorded; `heddle check` looks again.\n"
                "\n"
                "Exit status: 0, or 2 when the trace could not be read.\n"
                "\n"
                "Example: heddle info philosophers.heddle",
        .run = run,
};
