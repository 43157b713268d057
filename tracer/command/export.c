/* heddle export: a trace in the words of other tools. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command/options.h"
#include "command/output.h"
#include "command/trace.h"
#include "export/export.h"

struct export {
        struct trace trace;
        struct output output;
        const struct export_format *format;
        struct exporter exporter;
        int error;
};

/* Ids from a damaged file may be anything. */
static bool visit(const struct event *event, uint64_t id, void *data) {
        struct export *export = data;
        const struct catalog *catalog = export->trace.catalog;

        if (event->thread > 0 && event->thread < catalog->n_threads && event->object < catalog->n_objects)
                export->error = export->format->event(&export->exporter, event);
        return export->error == 0 && !output_is_broken(&export->output);
}

static void tell_remarks(char *remarks) {
        char *rest = NULL;

        for (char *line = strtok_r(remarks, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
                command_fail(&command_export, 0, "%s", line);
}

static int write_events(struct export *export) {
        int status;

        export->exporter.catalog = export->trace.catalog;
        export->exporter.out = export->output.file;
        export->error = export->format->begin(&export->exporter);
        status = export->error == 0 ? trace_for_each(&command_export, &export->trace, visit, export) : 0;
        if (status == 0 && export->error == 0)
                export->error = export->format->end(&export->exporter);
        export->format->finish(&export->exporter);
        return export->error < 0 ? command_fail(&command_export, EXIT_NO_TRACE, "not enough memory for %s", export->trace.path) : status;
}

static int export_trace(struct export *export, const char *path, const char *output) {
        char *remarks = NULL;
        size_t size;
        int status = trace_open(&command_export, path, &export->trace);

        if (status != 0)
                return status;
        export->exporter.remarks = open_memstream(&remarks, &size);
        if (!export->exporter.remarks)
                status = command_fail(&command_export, EXIT_NO_TRACE, "not enough memory for %s", path);
        if (status == 0)
                status = output_open(&command_export, output, &export->output);
        if (status == 0) {
                trace_warn(&command_export, &export->trace);
                status = write_events(export);
                status = output_close(&command_export, &export->output, status);
                trace_warn(&command_export, &export->trace);
        }
        if (export->exporter.remarks)
                fclose(export->exporter.remarks);
        if (status == 0)
                tell_remarks(remarks);
        free(remarks);
        trace_close(&export->trace);
        return status;
}

static int run(int argc, char **argv) {
        static const struct option options[] = {
                { "format", required_argument, NULL, 'f' },
                { "output", required_argument, NULL, 'o' },
                OPTIONS_COMMON,
        };
        struct export export = { 0 };
        const char *output = NULL;
        int option;

        while ((option = options_next(&command_export, argc, argv, "o:", options)) != OPTION_END) {
                switch (option) {
                case 'f':
                        export.format = export_format_find(optarg);
                        if (!export.format)
                                return command_fail(&command_export, EXIT_NO_TRACE, "there is no format \"%s\"; there are std, csv and chrome", optarg);
                        break;
                case 'o':
                        output = optarg;
                        break;
                default:
                        return options_status(option);
                }
        }
        if (options_operands(&command_export, argc, argv, 1, 1) != 0)
                return EXIT_NO_TRACE;
        if (!export.format)
                return command_fail(&command_export, EXIT_NO_TRACE, "which format? --format=std, csv or chrome");
        return export_trace(&export, argv[optind], output);
}

const struct command command_export = {
        .name = "export",
        .usage = "--format=chrome|csv|std [-o FILE] TRACE",
        .summary = "Writes a trace for other tools.",
        .help = "  --format=FORMAT     chrome: JSON that Perfetto (https://ui.perfetto.dev) opens, with waits and holds as slices\n"
                "                      and arrows from unlock to lock, from send to receive, from spawn to start\n"
                "                      csv: a table of the events\n"
                "                      std: one event a line, as T1|acq(L2)|7, which other predictors of deadlocks and\n"
                "                      races read; what has no place in it is told on standard error\n"
                "  -o, --output=FILE   where to write it (default: standard output)\n"
                "\n"
                "Exit status: 0, or 2 when the trace could not be read or the file not be written.\n"
                "\n"
                "Example: heddle export --format=chrome -o bank.json bank.heddle",
        .run = run,
};
