/* heddle check: what is wrong with the program that a trace was recorded from. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/findings_json.h"
#include "command/findings_sarif.h"
#include "command/options.h"
#include "command/output.h"
#include "command/trace.h"

struct check {
        bool json, sarif;
        bool wanted[N_FINDING_KINDS];
};

/* "deadlock, lock-order-cycle, …" */
static void list_kinds(size_t n_bytes, char *text) {
        size_t n = 0;

        text[0] = '\0';
        for (unsigned kind = 1; kind < N_FINDING_KINDS && n < n_bytes; kind++)
                n += (size_t) snprintf(text + n, n_bytes - n, "%s%s", kind > 1 ? ", " : "", finding_kind_name(kind));
}

static int want_kinds(struct check *check, char *words) {
        char *rest = NULL;

        for (char *word = strtok_r(words, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
                enum finding_kind kind = finding_kind_from_name(word);
                char known[1024];

                list_kinds(sizeof(known), known);
                if (kind == FINDING_NONE)
                        return command_fail(&command_check, EXIT_NO_TRACE, "there is no kind \"%s\" of finding; there are %s",
                                            word, known);
                check->wanted[kind] = true;
        }
        return 0;
}

/* What was asked for, as a list of its own that borrows from `findings`: only its `items` are to be freed. */
static int choose(const struct check *check, const struct finding_list *findings, struct finding_list *ret_chosen) {
        struct finding_list chosen = { .items = calloc(findings->n + 1, sizeof(*chosen.items)) };

        if (!chosen.items)
                return command_fail(&command_check, EXIT_NO_TRACE, "not enough memory for %zu findings", findings->n);
        for (size_t i = 0; i < findings->n; i++)
                if (check->wanted[findings->items[i].kind])
                        chosen.items[chosen.n++] = findings->items[i];
        *ret_chosen = chosen;
        return 0;
}

static void print_counts(const struct finding_list *findings, const struct trace *trace, FILE *out) {
        uint32_t n_threads = trace->catalog->n_threads - 1;
        const char *before = " (";

        if (findings->n == 0) {
                fprintf(out, "%s: nothing found in %" PRIu64 " event%s of %" PRIu32 " thread%s\n", trace->path, trace->n_events,
                        trace->n_events == 1 ? "" : "s", n_threads, n_threads == 1 ? "" : "s");
                return;
        }
        fprintf(out, "%s: %zu finding%s", trace->path, findings->n, findings->n == 1 ? "" : "s");
        for (unsigned kind = 1; kind < N_FINDING_KINDS; kind++) {
                size_t n = 0;

                for (size_t i = 0; i < findings->n; i++)
                        n += findings->items[i].kind == kind;
                if (n == 0)
                        continue;
                fprintf(out, "%s%zu %s", before, n, finding_kind_name(kind));
                before = ", ";
        }
        fprintf(out, ")\n");
}

static int print_text(const struct finding_list *findings, const struct trace *trace, FILE *out) {
        bool colour = output_has_colour(out);

        for (size_t i = 0; i < findings->n; i++) {
                char *text = explain_finding(&findings->items[i], trace->catalog, colour);
                size_t n;

                if (!text)
                        return -1;
                n = strlen(text);
                fputs(text, out);
                fputs(n > 0 && text[n - 1] == '\n' ? "\n" : "\n\n", out);
                free(text);
        }
        print_counts(findings, trace, out);
        return 0;
}

static int print(const struct check *check, const struct finding_list *findings, const struct trace *trace) {
        struct output output;
        int r;

        if (output_open(&command_check, NULL, &output) != 0)
                return EXIT_NO_TRACE;
        if (check->json)
                r = findings_print_json(findings, trace, output.file);
        else if (check->sarif)
                r = findings_print_sarif(findings, trace, output.file);
        else
                r = print_text(findings, trace, output.file);
        if (r < 0)
                r = command_fail(&command_check, EXIT_NO_TRACE, "not enough memory to tell what was found");
        else
                r = findings->n > 0 ? EXIT_FOUND : EXIT_NOTHING_FOUND;
        return output_close(&command_check, &output, r);
}

static int check_trace(const struct check *check, const char *path) {
        struct finding_list findings = { 0 }, chosen = { 0 };
        struct derived derived = { 0 };
        struct trace trace;
        int status = trace_open(&command_check, path, &trace);

        if (status != 0)
                return status;
        trace_warn(&command_check, &trace);
        status = trace_analyse(&command_check, &trace, &derived, &findings);
        trace_warn(&command_check, &trace);
        if (derived.n_unchecked_cycles > 0)
                command_fail(&command_check, 0, "there are so many cycles in the order of locks that %" PRIu64
                             " or more of them were not looked at", derived.n_unchecked_cycles);
        if (status == 0)
                status = choose(check, &findings, &chosen);
        if (status == 0)
                status = print(check, &chosen, &trace);
        free(chosen.items);
        finding_list_finish(&findings);
        derived_finish(&derived);
        trace_close(&trace);
        return status;
}

static int run(int argc, char **argv) {
        static const struct option options[] = {
                { "json", no_argument, NULL, 'j' },
                { "sarif", no_argument, NULL, 's' },
                { "kind", required_argument, NULL, 'k' },
                OPTIONS_COMMON,
        };
        struct check check = { 0 };
        bool any_kind = true;
        int option;

        while ((option = options_next(&command_check, argc, argv, "", options)) != OPTION_END) {
                switch (option) {
                case 'j':
                        check.json = true;
                        break;
                case 's':
                        check.sarif = true;
                        break;
                case 'k':
                        any_kind = false;
                        if (want_kinds(&check, optarg) != 0)
                                return EXIT_NO_TRACE;
                        break;
                default:
                        return options_status(option);
                }
        }
        if (any_kind)
                memset(check.wanted, true, sizeof(check.wanted));
        if (check.json && check.sarif)
                return command_fail(&command_check, EXIT_NO_TRACE, "--json and --sarif are two formats; ask for one of them");
        if (options_operands(&command_check, argc, argv, 1, 1) != 0)
                return EXIT_NO_TRACE;
        return check_trace(&check, argv[optind]);
}

const struct command command_check = {
        .name = "check",
        .usage = "[--json | --sarif] [--kind=KIND[,KIND]] TRACE",
        .summary = "Tells what is wrong with the program a trace was recorded from, worst first.",
        .help = "  --json            print one JSON object: the schema's version, the trace, whether it is\n"
                "                    complete, and the findings with their steps\n"
                "  --sarif           print them as SARIF 2.1.0, which code hosts show on the lines of a change\n"
                "  --kind=KIND,...   only these kinds of finding (default: all):\n"
#define FINDING(id, name, severity, headline, meaning) "                      " name "\n"
#include "model/findings.def"
#undef FINDING
                "\n"
                "Exit status: 0 nothing found, 1 something found, 2 the trace could not be read.\n"
                "\n"
                "Example: heddle check --kind=deadlock philosophers.heddle",
        .run = run,
};
