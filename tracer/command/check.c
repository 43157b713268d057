/* heddle check: what is wrong with the program that a trace was recorded from. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/findings_json.h"
#include "command/findings_sarif.h"
#include "command/kinds.h"
#include "command/options.h"
#include "command/output.h"
#include "command/suppressions.h"
#include "command/trace.h"

struct check {
        bool json, sarif, all, show_suppressions;
        struct suppressions suppressions;
        bool wanted[N_FINDING_KINDS];
};

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

static void print_kinds(const struct finding_list *findings, FILE *out) {
        const char *before = " (";

        for (unsigned kind = 1; kind < N_FINDING_KINDS; kind++) {
                size_t n = 0;

                for (size_t i = 0; i < findings->n; i++)
                        n += findings->items[i].kind == kind;
                if (n == 0)
                        continue;
                fprintf(out, "%s%zu %s", before, n, finding_kind_name(kind));
                before = ", ";
        }
        fprintf(out, ")");
}

static void print_counts(const struct sifted *sifted, const struct trace *trace, FILE *out) {
        const struct finding_list *findings = &sifted->shown;
        uint32_t n_threads = trace->catalog->n_threads - 1;

        if (findings->n == 0)
                fprintf(out, "%s: nothing found in %" PRIu64 " event%s of %" PRIu32 " thread%s", trace->path, trace->n_events,
                        trace->n_events == 1 ? "" : "s", n_threads, n_threads == 1 ? "" : "s");
        else
                fprintf(out, "%s: %zu finding%s", trace->path, findings->n, findings->n == 1 ? "" : "s");
        if (findings->n > 0)
                print_kinds(findings, out);
        if (sifted->hidden.n > 0)
                fprintf(out, "; %zu hidden by suppressions", sifted->hidden.n);
        fputc('\n', out);
}

/* So that what hides nothing any more can be found and taken out. */
static void print_suppressions(const struct suppressions *suppressions, FILE *out) {
        for (size_t i = 0; i < suppressions->n; i++) {
                const struct suppression *one = &suppressions->items[i];

                fprintf(out, "%s:%" PRIu32 ": ", one->file, one->line);
                if (one->n_hidden == 0)
                        fprintf(out, "hid nothing: %s\n", one->text);
                else
                        fprintf(out, "hid %zu finding%s: %s\n", one->n_hidden, one->n_hidden == 1 ? "" : "s", one->text);
        }
}

static int print_text(const struct check *check, const struct sifted *sifted, const struct trace *trace, FILE *out) {
        const struct finding_list *findings = &sifted->shown;
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
        print_counts(sifted, trace, out);
        if (check->show_suppressions)
                print_suppressions(&check->suppressions, out);
        return 0;
}

static int print(const struct check *check, const struct sifted *sifted, const struct trace *trace) {
        struct output output;
        int r;

        if (output_open(&command_check, NULL, &output) != 0)
                return EXIT_NO_TRACE;
        if (check->json)
                r = findings_print_json(&sifted->shown, sifted->hidden.n, trace, output.file);
        else if (check->sarif)
                r = findings_print_sarif(sifted, &check->suppressions, trace, output.file);
        else
                r = print_text(check, sifted, trace, output.file);
        if (r < 0)
                r = command_fail(&command_check, EXIT_NO_TRACE, "not enough memory to tell what was found");
        else
                r = sifted->shown.n > 0 ? EXIT_FOUND : EXIT_NOTHING_FOUND;
        return output_close(&command_check, &output, r);
}

/* Leaves out what was not asked for and what is suppressed, and tells the rest. */
static int sift_and_print(struct check *check, const struct finding_list *findings, const struct trace *trace) {
        struct finding_list chosen = { 0 };
        struct sifted sifted;
        int status = choose(check, findings, &chosen);

        if (status != 0)
                return status;
        if (suppressions_sift(&check->suppressions, &chosen, trace->catalog, trace->recording->began_unix_ns, &sifted) < 0) {
                status = command_fail(&command_check, EXIT_NO_TRACE, "not enough memory for %zu findings", findings->n);
        } else {
                status = print(check, &sifted, trace);
                sifted_finish(&sifted);
        }
        free(chosen.items);
        return status;
}

static void mention_doubtful(const struct check *check, uint64_t n) {
        if (n > 0 && !check->all && !check->json && !check->sarif)
                command_fail(&command_check, 0, "%" PRIu64 " more %s in the order of locks cannot happen as far as is known; --all tells %s", n,
                             n == 1 ? "cycle" : "cycles", n == 1 ? "it" : "them");
}

static int check_trace(struct check *check, const char *path) {
        struct finding_list findings = { 0 };
        struct derived derived = { 0 };
        struct trace trace;
        int status = trace_open(&command_check, path, &trace);

        if (status != 0)
                return status;
        trace_warn(&command_check, &trace);
        status = trace_analyse(&command_check, &trace, check->all ? ANALYSE_ALL : 0, &derived, &findings);
        trace_warn(&command_check, &trace);
        if (derived.n_unchecked_cycles > 0)
                command_fail(&command_check, 0, "there are so many cycles in the order of locks that %" PRIu64
                             " or more of them were not looked at", derived.n_unchecked_cycles);
        if (status == 0)
                status = sift_and_print(check, &findings, &trace);
        if (status != EXIT_NO_TRACE)
                mention_doubtful(check, derived.n_doubtful_cycles);
        finding_list_finish(&findings);
        derived_finish(&derived);
        trace_close(&trace);
        return status;
}

/* 0, or an exit status: the mistake has been told. */
static int take_option(struct check *check, int option, bool *any_kind) {
        struct fault fault;

        switch (option) {
        case 'j':
                check->json = true;
                return 0;
        case 's':
                check->sarif = true;
                return 0;
        case 'a':
                check->all = true;
                return 0;
        case 'S':
                check->show_suppressions = true;
                return 0;
        case 'u':
                return suppressions_read(&check->suppressions, optarg, &fault) < 0 ? command_fail(&command_check, EXIT_NO_TRACE, "%s", fault.message) : 0;
        default: /* 'k' */
                *any_kind = false;
                return kinds_parse(optarg, strlen(optarg), check->wanted, &fault) < 0
                               ? command_fail(&command_check, EXIT_NO_TRACE, "%s", fault.message) : 0;
        }
}

/* 0 with *ret_go_on, or an exit status. */
static int parse(struct check *check, int argc, char **argv, bool *ret_go_on) {
        static const struct option options[] = {
                { "json", no_argument, NULL, 'j' },
                { "sarif", no_argument, NULL, 's' },
                { "kind", required_argument, NULL, 'k' },
                { "all", no_argument, NULL, 'a' },
                { "suppressions", required_argument, NULL, 'u' },
                { "show-suppressions", no_argument, NULL, 'S' },
                OPTIONS_COMMON,
        };
        bool any_kind = true;
        struct fault fault;
        int option;

        while ((option = options_next(&command_check, argc, argv, "", options)) != OPTION_END) {
                if (option == OPTION_HELP || option == OPTION_WRONG)
                        return options_status(option);
                if (take_option(check, option, &any_kind) != 0)
                        return EXIT_NO_TRACE;
        }
        if (any_kind)
                memset(check->wanted, true, sizeof(check->wanted));
        if (check->json && check->sarif)
                return command_fail(&command_check, EXIT_NO_TRACE, "--json and --sarif are two formats; ask for one of them");
        if (check->show_suppressions && (check->json || check->sarif))
                return command_fail(&command_check, EXIT_NO_TRACE, "--show-suppressions is for people; --sarif tells them in its own way");
        if (options_operands(&command_check, argc, argv, 1, 1) != 0)
                return EXIT_NO_TRACE;
        if (suppressions_read_defaults(&check->suppressions, &fault) < 0)
                return command_fail(&command_check, EXIT_NO_TRACE, "%s", fault.message);
        *ret_go_on = true;
        return 0;
}

static int run(int argc, char **argv) {
        struct check check = { .suppressions.command = &command_check };
        bool go_on = false;
        int status = parse(&check, argc, argv, &go_on);

        if (go_on)
                status = check_trace(&check, argv[optind]);
        suppressions_finish(&check.suppressions);
        return status;
}

const struct command command_check = {
        .name = "check",
        .usage = "[--json | --sarif] [--kind=KIND[,KIND]] [--all] [--suppressions=FILE] [--show-suppressions] TRACE",
        .summary = "Tells what is wrong with the program a trace was recorded from, worst first.",
        .help = "  --json            print one JSON object: the schema's version, the trace, whether it is\n"
                "                    complete, and the findings with their steps\n"
                "  --sarif           print them as SARIF 2.1.0, which code hosts show on the lines of a change\n"
                "  --kind=KIND,...   only these kinds of finding (default: all):\n"
#define FINDING(id, name, severity, headline, meaning) "                      " name "\n"
#include "model/findings.def"
#undef FINDING
                "  --all             also cycles in the order of locks for which there is no schedule that\n"
                "                    leads there: they cannot happen as far as is known\n"
                "  --suppressions=FILE\n"
                "                    hide what the lines of FILE speak of, beside those of .heddle-suppressions in the\n"
                "                    current folder and of the files that HEDDLE_SUPPRESSIONS names; may be given again\n"
                "  --show-suppressions\n"
                "                    tell how many findings each suppression hid\n"
                "\n"
                "A suppression is a line such as \"lock-order-cycle function=load_* file=config.c object=lock\", or a\n"
                "comment in the source, on the line of a step or above it: // heddle: allow lock-order-cycle WHY\n"
                "\n"
                "Exit status: 0 nothing found, 1 something found, 2 the trace could not be read.\n"
                "\n"
                "Example: heddle check --kind=deadlock philosophers.heddle",
        .run = run,
};
