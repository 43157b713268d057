/* heddle graph: who waits for whom, which locks are taken in which order, who sends to whom; as a picture or as data. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/options.h"
#include "command/output.h"
#include "command/trace.h"
#include "graph/graph.h"

struct drawing {
        enum graph_kind kind;
        int format;       /* -1: not said */
        const char *path; /* NULL: standard output */
        uint64_t at_ns;   /* of a wait-for graph; UINT64_MAX: the end */
};

struct feeding {
        const struct catalog *catalog;
        struct world *world;
        uint64_t until_ns;
        int error;
};

static bool feed(const struct event *event, uint64_t id, void *data) {
        struct feeding *feeding = data;

        if (event->time_ns > feeding->until_ns)
                return false;
        feeding->error = world_apply(feeding->world, feeding->catalog, event, id);
        return feeding->error >= 0;
}

static int no_memory(void) {
        return command_fail(&command_graph, EXIT_NO_TRACE, "not enough memory for the graph");
}

static int build_wait_for(const struct drawing *drawing, struct trace *trace, struct graph *ret_graph) {
        struct feeding feeding = { .catalog = trace->catalog, .world = world_new(), .until_ns = drawing->at_ns };
        int status;

        if (!feeding.world)
                return no_memory();
        status = trace_for_each(&command_graph, trace, feed, &feeding);
        if (status == 0 && (feeding.error < 0 || graph_wait_for(feeding.world, trace->catalog, ret_graph) < 0))
                status = no_memory();
        world_free(feeding.world);
        if (status == 0 && ret_graph->n_nodes == 0)
                command_fail(&command_graph, 0, "no thread waits at %s; --at=SECONDS shows another moment",
                             drawing->at_ns == UINT64_MAX ? "the end of the trace" : "that moment");
        return status;
}

/* Derived anew from the events: a trace whose recording was cut short holds nothing derived. */
static int build_derived(const struct drawing *drawing, struct trace *trace, struct graph *ret_graph) {
        struct finding_list findings = { 0 };
        struct derived derived = { 0 };
        int status = trace_analyse(&command_graph, trace, 0, &derived, &findings), r = 0;

        if (status == 0 && drawing->kind == GRAPH_LOCK_ORDER)
                r = graph_lock_order(derived.edges, derived.n_edges, trace->catalog, ret_graph);
        else if (status == 0)
                r = graph_channels(derived.messages, derived.n_messages, trace->catalog, ret_graph);
        derived_finish(&derived);
        finding_list_finish(&findings);
        if (status != 0 || r < 0)
                return status != 0 ? status : no_memory();
        if (ret_graph->n_nodes == 0)
                command_fail(&command_graph, 0, drawing->kind == GRAPH_LOCK_ORDER ? "no lock was taken while another one was held"
                                                                                    : "no message was sent");
        return 0;
}

static int write_graph(const struct drawing *drawing, struct graph *graph) {
        struct fault fault = { 0 };
        struct output output;
        int r, status = 0;

        if (output_open(&command_graph, drawing->path, &output) != 0)
                return EXIT_NO_TRACE;
        r = graph_write(graph, (enum graph_format) drawing->format, output.file, &fault);
        if (r < 0 && !output_is_broken(&output))
                status = command_fail(&command_graph, EXIT_NO_TRACE, "%s", fault.message[0] ? fault.message : strerror(-r));
        return output_close(&command_graph, &output, status);
}

static int draw(const struct drawing *drawing, const char *path) {
        struct graph graph = { 0 };
        struct trace trace;
        int status = trace_open(&command_graph, path, &trace);

        if (status != 0)
                return status;
        trace_warn(&command_graph, &trace);
        status = drawing->kind == GRAPH_WAIT_FOR ? build_wait_for(drawing, &trace, &graph) : build_derived(drawing, &trace, &graph);
        trace_warn(&command_graph, &trace);
        if (status == 0)
                status = write_graph(drawing, &graph);
        graph_finish(&graph);
        trace_close(&trace);
        return status;
}

/* Seconds, with a fraction; "s", "ms", "us" or "ns" behind may say otherwise. */
static int read_time(const char *text, uint64_t *ret_ns) {
        static const struct {
                const char *unit;
                double ns;
        } units[] = { { "", 1e9 }, { "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 }, { "ns", 1 } };
        char *end;
        double number = strtod(text, &end);

        if (end == text || !isfinite(number) || number < 0 || number > 1e18)
                return -EINVAL;
        for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
                double ns = number * units[i].ns;

                if (strcmp(end, units[i].unit) != 0)
                        continue;
                *ret_ns = ns < 1.8e19 ? (uint64_t) (ns + 0.5) : UINT64_MAX;
                return 0;
        }
        return -EINVAL;
}

static int choose_kind(struct drawing *drawing, const char *word) {
        int kind = graph_kind_from_name(word);

        if (kind < 0)
                return command_fail(&command_graph, EXIT_NO_TRACE, "there is no graph \"%s\"; there are lock-order, wait-for and channels", word);
        drawing->kind = (enum graph_kind) kind;
        return 0;
}

static int choose_format(struct drawing *drawing, const char *word) {
        drawing->format = graph_format_from_name(word);
        if (drawing->format < 0)
                return command_fail(&command_graph, EXIT_NO_TRACE, "there is no format \"%s\"; there are dot, svg, png and json", word);
        return 0;
}

static int choose_time(struct drawing *drawing, const char *word) {
        if (read_time(word, &drawing->at_ns) < 0)
                return command_fail(&command_graph, EXIT_NO_TRACE, "\"%s\" is no time; --at=1.204 is 1.204 seconds after the beginning, "
                                    "--at=204ms is 204 milliseconds", word);
        return 0;
}

/* What the file's name ends in; DOT when it has no ending. */
static int choose_format_by_name(struct drawing *drawing) {
        const char *slash = drawing->path ? strrchr(drawing->path, '/') : NULL;
        const char *name = slash ? slash + 1 : drawing->path, *dot = name ? strrchr(name, '.') : NULL;

        drawing->format = dot ? graph_format_from_name(dot + 1) : GRAPH_DOT;
        if (drawing->format < 0)
                return command_fail(&command_graph, EXIT_NO_TRACE, "there is no format \"%s\", as %s would be; there are dot, svg, png and "
                                    "json, and --format says which whatever the file is called", dot + 1, drawing->path);
        return 0;
}

/* What was not said, and what does not go together. */
static int settle(struct drawing *drawing) {
        if (drawing->format < 0 && choose_format_by_name(drawing) != 0)
                return EXIT_NO_TRACE;
        if (drawing->format == GRAPH_PNG && (!drawing->path || strcmp(drawing->path, "-") == 0) && isatty(STDOUT_FILENO))
                return command_fail(&command_graph, EXIT_NO_TRACE, "a terminal can't show a PNG; -o FILE.png writes it to a file");
        if (drawing->at_ns != UINT64_MAX && drawing->kind != GRAPH_WAIT_FOR)
                return command_fail(&command_graph, EXIT_NO_TRACE, "--at goes with --kind=wait-for; the other graphs are of the whole trace");
        return 0;
}

static int run(int argc, char **argv) {
        static const struct option options[] = {
                { "kind", required_argument, NULL, 'k' },
                { "format", required_argument, NULL, 'f' },
                { "at", required_argument, NULL, 'a' },
                OPTIONS_COMMON,
        };
        struct drawing drawing = { .kind = GRAPH_LOCK_ORDER, .format = -1, .at_ns = UINT64_MAX };
        int option, status = 0;

        while (status == 0 && (option = options_next(&command_graph, argc, argv, "o:", options)) != OPTION_END) {
                switch (option) {
                case 'k':
                        status = choose_kind(&drawing, optarg);
                        break;
                case 'f':
                        status = choose_format(&drawing, optarg);
                        break;
                case 'o':
                        drawing.path = optarg;
                        break;
                case 'a':
                        status = choose_time(&drawing, optarg);
                        break;
                default:
                        return options_status(option);
                }
        }
        if (status == 0)
                status = settle(&drawing);
        if (status == 0)
                status = options_operands(&command_graph, argc, argv, 1, 1);
        return status != 0 ? status : draw(&drawing, argv[optind]);
}

const struct command command_graph = {
        .name = "graph",
        .usage = "[--kind=lock-order|wait-for|channels] [--format=dot|svg|png|json] [--at=TIME]\n"
                 "                    [-o FILE] TRACE",
        .summary = "Draws who waits for whom, which locks are taken in which order, or who sends to whom.",
        .help = "  --kind=KIND      lock-order: an arrow from each lock to those taken while it was held (default)\n"
                "                   wait-for: from each waiting thread to what it waits for, and on to its owner\n"
                "                   channels: from senders through channels to receivers\n"
                "  --format=FORMAT  dot, svg, png or json (default: what FILE ends in, else dot)\n"
                "  --at=TIME        the wait-for graph at this moment, in seconds since the recording began; with\n"
                "                   ms, us or ns behind it, in those (default: the end of the trace)\n"
                "  -o FILE          where to write it (default: standard output)\n"
                "\n"
                "Rings, each a deadlock or an order that can lead to one, are drawn as circles, bold and red.\n"
                "\n"
                "Exit status: 0, or 2 when the trace could not be read or the graph not be written.\n"
                "\n"
                "Example: heddle graph --kind=wait-for -o deadlock.svg philosophers.heddle",
        .run = run,
};
