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

#define MAX_NAME_COLUMNS 24     /* what is longer pushes its line out of the columns */
#define MIN_SENTENCE_COLUMNS 26
#define MAX_SENTENCE_COLUMNS 44 /* "waits to send on forks[1] (with a timeout)" */
#define PHRASE_COLUMNS 14       /* what most events have before their object */

struct telling {
        struct trace trace;
        struct output output;
        bool json, colour;
        const char *thread, *object; /* as asked for; NULL: all */
        bool *is_thread_wanted, *is_object_wanted; /* by id; NULL: all are */
        char **who;             /* of each thread, how it is called here */
        int who_columns, sentence_columns;
};

static int columns(const char *text) {
        return (int) text_n_characters(text);
}

static void widen(int *columns_now, int wanted, int most) {
        if (wanted > *columns_now)
                *columns_now = wanted < most ? wanted : most;
}

/* Pads by characters, not by bytes as printf() does. */
static void put_padded(const char *text, int width, FILE *out) {
        fprintf(out, "%s%*s", text, width > columns(text) ? width - columns(text) : 0, "");
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

/* "waits for forks[1]". That a thread starts itself goes without saying. */
#define SENTENCE_BYTES 640
static void make_sentence(const struct telling *telling, const struct event *event, char text[static SENTENCE_BYTES]) {
        const struct catalog *catalog = telling->trace.catalog;
        const char *phrase = event_info(event->kind)->phrase;
        char name[CATALOG_NAME_BYTES], more[DETAIL_BYTES];
        bool about_itself = catalog_object_thread(catalog, event->object) == event->thread;

        if (event->object == 0 || about_itself)
                snprintf(text, SENTENCE_BYTES, "%s%s", phrase ? phrase : "?", detail(event, more));
        else
                snprintf(text, SENTENCE_BYTES, "%s %s%s", phrase ? phrase : "?", catalog_object_name(catalog, event->object, name),
                         detail(event, more));
}

static void tell_as_text(const struct telling *telling, const struct event *event) {
        const struct catalog *catalog = telling->trace.catalog;
        const struct frame *site = catalog_site(catalog, event->stack);
        bool waits = telling->colour && event_info(event->kind)->effect == EFFECT_WAITS;
        char place[SITE_TEXT_BYTES], sentence[SENTENCE_BYTES];
        FILE *out = telling->output.file;

        site_text(site, place);
        make_sentence(telling, event, sentence);
        fprintf(out, "%4" PRIu64 ".%06" PRIu64 " s  ", event->time_ns / 1000000000, event->time_ns / 1000 % 1000000);
        put_padded(event->thread < catalog->n_threads ? telling->who[event->thread] : "?", telling->who_columns, out);
        fputs(waits ? "  \033[33m" : "  ", out);
        put_padded(sentence, place[0] ? telling->sentence_columns : 0, out);
        fputs(waits ? "\033[0m" : "", out);
        if (place[0])
                fprintf(out, "  %s", place);
        if (place[0] && site->function && site->line > 0)
                fprintf(out, "  %s", site->function);
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

/* Ids of what is called `asked`. A name goes before a number: a thread may be called "7". */
static int choose(const struct telling *telling, bool threads, const char *asked, bool **ret_wanted) {
        const struct catalog *catalog = telling->trace.catalog;
        uint32_t n = threads ? catalog->n_threads : catalog->n_objects;
        char buffer[CATALOG_NAME_BYTES], *end;
        unsigned long number = strtoul(asked, &end, 10);
        bool *wanted = calloc(n + 1, sizeof(*wanted)), any = false;

        if (!wanted)
                return command_fail(&command_events, EXIT_NO_TRACE, "not enough memory");
        *ret_wanted = wanted;
        for (uint32_t id = 1; id < n; id++)
                if (strcmp(threads ? catalog_thread_name(catalog, id, buffer) : catalog_object_name(catalog, id, buffer), asked) == 0)
                        any = wanted[id] = true;
        if (!any && asked[0] && !*end && number > 0 && number < n)
                any = wanted[number] = true;
        return any ? 0 : none_of_that_name(telling, threads, asked);
}

static const char *const *names_to_sort; /* qsort() hands nothing on */

static int compare_names(const void *left, const void *right) {
        return strcmp(names_to_sort[*(const uint32_t *) left], names_to_sort[*(const uint32_t *) right]);
}

/* "main"; "worker (3)" where several threads have that name; "4711 main" where there are several processes. */
static int call_thread(const struct telling *telling, uint32_t id, bool is_shared) {
        const struct catalog *catalog = telling->trace.catalog;
        char buffer[CATALOG_NAME_BYTES], process[16] = "", number[16] = "";

        if (catalog->n_processes > 2)
                snprintf(process, sizeof(process), "%" PRIu32 " ", catalog_process(catalog, catalog_thread(catalog, id)->process)->pid);
        if (is_shared)
                snprintf(number, sizeof(number), " (%" PRIu32 ")", id);
        if (asprintf(&telling->who[id], "%s%s%s", process, catalog_thread_name(catalog, id, buffer), number) >= 0)
                return 0;
        telling->who[id] = NULL;
        return -ENOMEM;
}

static int call_threads(struct telling *telling) {
        const struct catalog *catalog = telling->trace.catalog;
        uint32_t n = catalog->n_threads, *order = calloc(n + 1, sizeof(*order));
        const char **names = calloc(n + 1, sizeof(*names));
        int r = order && names ? 0 : -ENOMEM;

        telling->who = calloc(n + 1, sizeof(*telling->who));
        if (!telling->who)
                r = -ENOMEM;
        for (uint32_t id = 0; id < n && r >= 0; id++) {
                names[id] = catalog_thread(catalog, id)->name ?: "";
                order[id] = id;
        }
        names_to_sort = names;
        if (r >= 0)
                qsort(order, n, sizeof(*order), compare_names);
        for (uint32_t i = 0; i < n && r >= 0; i++) {
                const char *name = names[order[i]];
                bool is_shared = name[0] && ((i > 0 && strcmp(name, names[order[i - 1]]) == 0) ||
                                             (i + 1 < n && strcmp(name, names[order[i + 1]]) == 0));

                r = call_thread(telling, order[i], is_shared);
        }
        free(names);
        free(order);
        return r < 0 ? command_fail(&command_events, EXIT_NO_TRACE, "not enough memory") : 0;
}

static void measure(struct telling *telling) {
        const struct catalog *catalog = telling->trace.catalog;
        char buffer[CATALOG_NAME_BYTES];

        telling->sentence_columns = MIN_SENTENCE_COLUMNS;
        for (uint32_t id = 1; id < catalog->n_threads; id++)
                widen(&telling->who_columns, columns(telling->who[id]), MAX_NAME_COLUMNS);
        for (uint32_t id = 1; id < catalog->n_objects; id++)
                widen(&telling->sentence_columns, PHRASE_COLUMNS + columns(catalog_object_name(catalog, id, buffer)), MAX_SENTENCE_COLUMNS);
}

static void forget(struct telling *telling) {
        for (uint32_t id = 0; telling->who && id < telling->trace.catalog->n_threads; id++)
                free(telling->who[id]);
        free(telling->who);
        free(telling->is_thread_wanted);
        free(telling->is_object_wanted);
        trace_close(&telling->trace);
}

static int tell_trace(struct telling *telling, const char *path) {
        int status = trace_open(&command_events, path, &telling->trace);

        if (status != 0)
                return status;
        if (telling->thread)
                status = choose(telling, true, telling->thread, &telling->is_thread_wanted);
        if (status == 0 && telling->object)
                status = choose(telling, false, telling->object, &telling->is_object_wanted);
        if (status == 0)
                status = call_threads(telling);
        if (status == 0)
                status = output_open(&command_events, NULL, &telling->output);
        if (status == 0) {
                trace_warn(&command_events, &telling->trace);
                measure(telling);
                telling->colour = output_has_colour(telling->output.file);
                status = trace_for_each(&command_events, &telling->trace, tell, telling);
                status = output_close(&command_events, &telling->output, status);
                trace_warn(&command_events, &telling->trace);
        }
        forget(telling);
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

        while ((option = options_next(&command_events, argc, argv, "", options)) != OPTION_END) {
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
        .help = "  --json       print one JSON object a line; times in nanoseconds since the recording began\n"
                "  --thread=T   only what the threads of this name did, or the thread of this number\n"
                "  --object=O   only what was done to the locks, channels or threads of this name, or to the\n"
                "               object of this number (object_id in --json)\n"
                "\n"
                "A line is: time in seconds, thread, what it did, to what, where.\n"
                "\n"
                "Exit status: 0, or 2 when the trace could not be read.\n"
                "\n"
                "Example: heddle events --thread=Plato philosophers.heddle",
        .run = run,
};
