/* heddle sql: questions to a trace that nobody thought of before. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/options.h"
#include "command/output.h"
#include "command/trace.h"

static int ask(struct trace *trace, const char *query, struct output *output) {
        struct fault fault = { 0 };
        int r = store_reader_sql(trace->reader, query, output->file, &fault);

        if (r >= 0 || output_is_broken(output))
                return r < 0 ? EXIT_NO_TRACE : 0;
        fflush(output->file); /* what came before the mistake comes before its message */
        return command_fail(&command_sql, EXIT_NO_TRACE, "%s", fault.message[0] ? fault.message : strerror(-r));
}

static bool ends_with_semicolon(const char *text, size_t n) {
        while (n > 0 && isspace((unsigned char) text[n - 1]))
                n--;
        return n > 0 && text[n - 1] == ';';
}

static bool is_blank(const char *text) {
        return text[strspn(text, " \t\r\n")] == '\0';
}

static void prompt(bool on_terminal, bool within_query) {
        if (on_terminal)
                fputs(within_query ? "   ...> " : "heddle> ", stderr);
}

/* A query ends with the line that ends in a semicolon, or with the input. On a terminal a mistake is told and the next query
 * asked for; a script stops there. */
static int ask_from_input(struct trace *trace, struct output *output) {
        bool on_terminal = isatty(STDIN_FILENO);
        char *query = NULL, *line = NULL;
        size_t n_query = 0, line_bytes = 0;
        int status = 0, r;
        ssize_t n;

        if (on_terminal)
                fprintf(stderr, "Queries end with a semicolon; Ctrl-D leaves. Try: select * from events limit 10;\n");
        prompt(on_terminal, false);
        while ((n = getline(&line, &line_bytes, stdin)) > 0) {
                char *longer = realloc(query, n_query + (size_t) n + 1);

                if (!longer) {
                        status = command_fail(&command_sql, EXIT_NO_TRACE, "not enough memory for the query");
                        break;
                }
                query = longer;
                memcpy(query + n_query, line, (size_t) n + 1);
                n_query += (size_t) n;
                if (ends_with_semicolon(query, n_query)) {
                        r = ask(trace, query, output);
                        fflush(output->file);
                        n_query = 0;
                        query[0] = '\0';
                        status = on_terminal ? 0 : r;
                        if (status != 0 || output_is_broken(output))
                                break;
                }
                prompt(on_terminal, n_query > 0);
        }
        if (status == 0 && query && !is_blank(query))
                status = ask(trace, query, output);
        if (on_terminal)
                fputc('\n', stderr);
        free(query);
        free(line);
        return status;
}

static int ask_trace(const char *path, const char *query) {
        struct output output;
        struct trace trace;
        int status = trace_open(&command_sql, path, &trace);

        if (status != 0)
                return status;
        status = output_open(&command_sql, NULL, &output);
        if (status == 0) {
                trace_warn(&command_sql, &trace);
                status = query ? ask(&trace, query, &output) : ask_from_input(&trace, &output);
                status = output_close(&command_sql, &output, status);
                trace_warn(&command_sql, &trace);
        }
        trace_close(&trace);
        return status;
}

static int run(int argc, char **argv) {
        static const struct option options[] = { OPTIONS_COMMON };
        int option;

        while ((option = options_next(&command_sql, argc, argv, "", options)) != OPTION_END)
                return options_status(option);
        if (options_operands(&command_sql, argc, argv, 1, 2) != 0)
                return EXIT_NO_TRACE;
        return ask_trace(argv[optind], argc - optind > 1 ? argv[optind + 1] : NULL);
}

const struct command command_sql = {
        .name = "sql",
        .usage = "TRACE [QUERY]",
        .summary = "Runs SQL queries over a trace, which is only read.",
        .help = "Without QUERY, reads queries from standard input, each ending with a semicolon. Prints columns on a\n"
                "terminal, else fields separated by tabs.\n"
                "\n"
                "Views to begin with: events, waits, holds, messages, lock_order.\n"
                "\n"
                "Exit status: 0, or 2 when the trace could not be read or a query was wrong.\n"
                "\n"
                "Example: heddle sql philosophers.heddle 'select thread, object, owner from waits where ended_ns is null'",
        .run = run,
};
