/* heddle events: what happened, in order, as a story or as one JSON object a line. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command/options.h"
#include "command/output.h"
#include "command/trace.h"
#include "graph/build.h"
#include "graph/text.h"

#define MAX_NAME_COLUMNS 28 /* longer names push their line out of the columns */

struct telling {
        struct trace trace;
        struct output output;
        bool json, colour;
        const char *thread, *object; /* as asked for; NULL: all */
        bool *is_thread_wanted, *is_object_wanted; /* by id; NULL: all are */
        int thread_columns, phrase_columns, object_columns;
};

static int columns(const char *text) {
        return (int) text_n_characters(text);
}

static void widen(int *columns_now, int wanted) {
        if (wanted > *columns_now)
                *columns_now = wanted < MAX_NAME_COLUMNS ? wanted : MAX_NAME_COLUMNS;
}

/* Pads by characters, not by bytes as printf() does. */
static void put_padded(const char *text, int width, FILE *out) {
        fprintf(out, "%s%*s", text, width > columns(text) ? width - columns(text) : 0, "");
}

static bool has_several_processes(const struct catalog *catalog) {
        return catalog->n_processes > 2;
}

/* "main", or "4711 main" where there are several processes. */
#define WHO_BYTES 512
static const char *who(const struct catalog *catalog, uint32_t thread, char text[static WHO_BYTES]) {
        char buffer[CATALOG_NAME_BYTES];
        const char *name = catalog_thread_name(catalog, thread, buffer);
        uint32_t process = catalog_thread(catalog, thread)->process;

        if (has_several_processes(catalog))
                snprintf(text, WHO_BYTES, "%" PRIu32 " %s", catalog_process(catalog, process)->pid, name);
        else
                snprintf(text, WHO_BYTES, "%s", name);
        return text;
}

/* What else there is to say of an event: " (try, EBUSY)"; "" for most. */
#define DETAIL_BYTES 160
static void add_detail(char text[static DETAIL_BYTES], const char *word) {
        size_t n = strlen(text);

        snprintf(text + n, DETAIL_BYTES - n, "%s%s", n ? ", " : " (", word);
}

static void add_value(const struct event *event, char text[static DETAIL_BYTES]) {
        char word[64] = "";

        switch (event->kind) {
        case EV_LOCK_FAIL:
        case EV_RECV_FAIL:
        case EV_SEND_FAIL:
        case EV_JOIN_FAIL:
        case EV_SPAWN_FAIL:
        case EV_COND_WAKE:
                if (event->value > 0 && strerrorname_np((int) event->value))
                        snprintf(word, sizeof(word), "%s", strerrorname_np((int) event->value));
                break;
        case EV_CHANNEL_NEW:
                if (event->value == UINT32_MAX)
                        snprintf(word, sizeof(word), "unbounded");
                else
                        snprintf(word, sizeof(word), "capacity %" PRIu32, event->value);
                break;
        case EV_SEND:
        case EV_RECV:
                if (event->sequence > 0)
                        snprintf(word, sizeof(word), "message %" PRIu32, event->sequence);
                break;
        default:
                break;
        }
        if (word[0])
                add_detail(text, word);
}

static const char *detail(const struct event *event, char text[static DETAIL_BYTES]) {
        static const struct {
                unsigned flag;
                const char *word;
        } flags[] = { { RECORD_READ, "shared" }, { RECORD_TRY, "try" }, { RECORD_TIMED, "with a timeout" }, { RECORD_AGAIN, "again" } };

        text[0] = '\0';
        for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
                if (event->flags & flags[i].flag)
                        add_detail(text, flags[i].word);
        add_value(event, text);
        if (text[0])
                strncat(text, ")", DETAIL_BYTES - strlen(text) - 1);
        return text;
}

static void tell_as_text(const struct telling *telling, const struct event *event) {
        const struct catalog *catalog = telling->trace.catalog;
        const struct event_info *info = event_info(event->kind);
        const struct frame *site = catalog_site(catalog, event->stack);
        char thread[WHO_BYTES], object[CATALOG_NAME_BYTES], more[DETAIL_BYTES], place[SITE_TEXT_BYTES], what[WHO_BYTES];
        const char *begin = "", *end = "";
        FILE *out = telling->output.file;

        if (telling->colour && info->effect == EFFECT_WAITS) {
                begin = "\033[33m";
                end = "\033[0m";
        }
        fprintf(out, "%4" PRIu64 ".%06" PRIu64 " s  ", event->time_ns / 1000000000, event->time_ns / 1000 % 1000000);
        put_padded(who(catalog, event->thread, thread), telling->thread_columns, out);
        fprintf(out, "  %s", begin);
        put_padded(info->phrase ? info->phrase : "?", telling->phrase_columns, out);
        fprintf(out, "%s  ", end);
        snprintf(what, sizeof(what), "%s%s", event->object ? catalog_object_name(catalog, event->object, object) : "",
                 detail(event, more));
        site_text(site, place);
        put_padded(what, place[0] ? telling->object_columns : 0, out);
        if (site && site->function && site->line > 0)
                fprintf(out, "  %s  %s", place, site->function);
        else if (place[0])
                fprintf(out, "  %s", place);
        fputc('\n', out);
}

static void put_json(const char *name, const char *text, FILE *out) {
        fprintf(out, ", \"%s\": ", name);
        if (text)
                text_write_json(text, out);
        else
                fputs("null", out);
}

/* By hand, since building a tree for each of millions of lines takes ten times as long. */
static void tell_as_json(const struct telling *telling, const struct event *event, uint64_t id) {
        const struct catalog *catalog = telling->trace.catalog;
        const struct frame *site = catalog_site(catalog, event->stack);
        uint32_t process = catalog_thread(catalog, event->thread)->process;
        char thread[CATALOG_NAME_BYTES], object[CATALOG_NAME_BYTES];
        FILE *out = telling->output.file;

        fprintf(out, "{\"id\": %" PRIu64 ", \"time_ns\": %" PRIu64 ", \"process\": %" PRIu32 ", \"thread_id\": %" PRIu32, id,
                event->time_ns, catalog_process(catalog, process)->pid, event->thread);
        put_json("thread", catalog_thread_name(catalog, event->thread, thread), out);
        put_json("event", event_info(event->kind)->name, out);
        put_json("object", event->object ? catalog_object_name(catalog, event->object, object) : NULL, out);
        put_json("object_kind", event->object ? object_kind_name(catalog_object(catalog, event->object)->kind) : NULL, out);
        fprintf(out, ", \"object_id\": %" PRIu32 ", \"value\": %" PRIu32 ", \"sequence\": %" PRIu32, event->object, event->value,
                event->sequence);
        fprintf(out, ", \"timed\": %s, \"try\": %s, \"read\": %s, \"again\": %s", event->flags & RECORD_TIMED ? "true" : "false",
                event->flags & RECORD_TRY ? "true" : "false", event->flags & RECORD_READ ? "true" : "false",
                event->flags & RECORD_AGAIN ? "true" : "false");
        put_json("function", site ? site->function : NULL, out);
        put_json("file", site ? site->file : NULL, out);
        if (site && site->line > 0)
                fprintf(out, ", \"line\": %" PRIu32 "}\n", site->line);
        else
                fprintf(out, ", \"line\": null}\n");
}

/* Ids from a damaged file may be anything. */
static bool is_wanted(const bool *wanted, uint32_t id, uint32_t n) {
        return !wanted || (id < n && wanted[id]);
}

static bool tell(const struct event *event, uint64_t id, void *data) {
        struct telling *telling = data;

        if (!is_wanted(telling->is_thread_wanted, event->thread, telling->trace.catalog->n_threads) ||
            !is_wanted(telling->is_object_wanted, event->object, telling->trace.catalog->n_objects))
                return true;
        if (telling->json)
                tell_as_json(telling, event, id);
        else
                tell_as_text(telling, event);
        return !output_is_broken(&telling->output);
}

/* "Plato, Kant, … and 40 more" of what there is, for who asked for something else. */
static void list_names(const struct catalog *catalog, bool threads, size_t n_bytes, char *text) {
        uint32_t n_all = threads ? catalog->n_threads : catalog->n_objects, n_listed = 0;
        char buffer[CATALOG_NAME_BYTES];
        size_t n = 0;

        text[0] = '\0';
        for (uint32_t id = 1; id < n_all; id++) {
                const char *name;

                if (!threads && catalog_object_thread(catalog, id) > 0)
                        continue;
                name = threads ? catalog_thread_name(catalog, id, buffer) : catalog_object_name(catalog, id, buffer);
                if (n_listed == 12 || n + strlen(name) + 8 > n_bytes) {
                        snprintf(text + n, n_bytes - n, ", …");
                        return;
                }
                n += (size_t) snprintf(text + n, n_bytes - n, "%s%s", n_listed++ ? ", " : "", name);
        }
}

static int none_of_that_name(const struct telling *telling, bool threads, const char *name) {
        char known[400];

        list_names(telling->trace.catalog, threads, sizeof(known), known);
        return command_fail(&command_events, EXIT_NO_TRACE, "no %s in %s is called \"%s\"; there %s %s", threads ? "thread" : "object",
                            telling->trace.path, name, known[0] ? "are" : "is", known[0] ? known : "none");
}

/* A name goes before a number: a thread may be called "7". */
static int choose_threads(struct telling *telling) {
        const struct catalog *catalog = telling->trace.catalog;
        char buffer[CATALOG_NAME_BYTES], *end;
        unsigned long number = strtoul(telling->thread, &end, 10);
        bool any = false;

        telling->is_thread_wanted = calloc(catalog->n_threads + 1, sizeof(bool));
        if (!telling->is_thread_wanted)
                return command_fail(&command_events, EXIT_NO_TRACE, "not enough memory");
        for (uint32_t id = 1; id < catalog->n_threads; id++)
                if (strcmp(catalog_thread_name(catalog, id, buffer), telling->thread) == 0)
                        any = telling->is_thread_wanted[id] = true;
        if (!any && telling->thread[0] && !*end && number > 0 && number < catalog->n_threads)
                any = telling->is_thread_wanted[number] = true;
        return any ? 0 : none_of_that_name(telling, true, telling->thread);
}

static int choose_objects(struct telling *telling) {
        const struct catalog *catalog = telling->trace.catalog;
        char buffer[CATALOG_NAME_BYTES];
        bool any = false;

        telling->is_object_wanted = calloc(catalog->n_objects + 1, sizeof(bool));
        if (!telling->is_object_wanted)
                return command_fail(&command_events, EXIT_NO_TRACE, "not enough memory");
        for (uint32_t id = 1; id < catalog->n_objects; id++)
                if (strcmp(catalog_object_name(catalog, id, buffer), telling->object) == 0)
                        any = telling->is_object_wanted[id] = true;
        return any ? 0 : none_of_that_name(telling, false, telling->object);
}

static void measure(struct telling *telling) {
        const struct catalog *catalog = telling->trace.catalog;
        char text[WHO_BYTES], buffer[CATALOG_NAME_BYTES];

        for (uint32_t id = 1; id < catalog->n_threads; id++)
                widen(&telling->thread_columns, columns(who(catalog, id, text)));
        for (uint32_t id = 1; id < catalog->n_objects; id++)
                widen(&telling->object_columns, columns(catalog_object_name(catalog, id, buffer)));
        for (unsigned kind = 0; kind < 256; kind++)
                if (event_info(kind)->phrase)
                        widen(&telling->phrase_columns, columns(event_info(kind)->phrase));
}

static int tell_trace(struct telling *telling, const char *path) {
        int status = trace_open(&command_events, path, &telling->trace);

        if (status != 0)
                return status;
        if (telling->thread)
                status = choose_threads(telling);
        if (status == 0 && telling->object)
                status = choose_objects(telling);
        if (status == 0)
                status = output_open(&command_events, NULL, &telling->output);
        if (status == 0) {
                trace_warn(&command_events, &telling->trace);
                measure(telling);
                telling->colour = output_has_colour(telling->output.file);
                status = trace_for_each(&command_events, &telling->trace, tell, telling);
                status = output_close(&command_events, &telling->output, status);
        }
        free(telling->is_thread_wanted);
        free(telling->is_object_wanted);
        trace_close(&telling->trace);
        return status;
}

static int run(int argc, char **argv) {
        static const struct option options[] = {
                { "json", no_argument, NULL, 'j' },
                { "thread", required_argument, NULL, 't' },
                { "object", required_argument, NULL, 'o' },
                OPTIONS_COMMON,
        };
        struct telling telling = { 0 };
        int option;

        while ((option = options_next(&command_events, argc, argv, "t:o:", options)) != OPTION_END) {
                switch (option) {
                case 'j':
                        telling.json = true;
                        break;
                case 't':
                        telling.thread = optarg;
                        break;
                case 'o':
                        telling.object = optarg;
                        break;
                default:
                        return options_status(option);
                }
        }
        if (options_operands(&command_events, argc, argv, 1, 1) != 0)
                return EXIT_NO_TRACE;
        return tell_trace(&telling, argv[optind]);
}

const struct command command_events = {
        .name = "events",
        .usage = "[--json] [--thread=T] [--object=O] TRACE",
        .summary = "Tells what happened, event by event, in the order in which it happened.",
        .help = "  --json           print one JSON object a line; times in nanoseconds since the recording began\n"
                "  -t, --thread=T   only what the threads of this name did, or the thread of this number\n"
                "  -o, --object=O   only what was done to the locks, channels or threads of this name\n"
                "\n"
                "A line is: time in seconds, thread, what it did, to what, where.\n"
                "\n"
                "Exit status: 0, or 2 when the trace could not be read.\n"
                "\n"
                "Example: heddle events --thread=Plato philosophers.heddle",
        .run = run,
};
