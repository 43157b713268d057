/* The `heddle` command: one line for each subcommand, one file each. */
#pragma once

enum {
        /* of check and everything that reads a trace */
        EXIT_NOTHING_FOUND = 0,
        EXIT_FOUND = 1,
        EXIT_NO_TRACE = 2, /* the trace could not be read; wrong usage, too */
        /* of run */
        EXIT_DEADLOCK = 123,
        EXIT_HEDDLE_FAILED = 125,
        EXIT_NOT_EXECUTABLE = 126,
        EXIT_NOT_FOUND = 127,
};

struct command {
        const char *name;
        const char *usage;   /* "[--json] TRACE" */
        const char *summary; /* "tell what is wrong in a trace" */
        const char *help;    /* what --help prints below usage and summary */
        int (*run)(int argc, char **argv); /* argv[0] is the subcommand; returns the exit status */
};

extern const struct command command_run, command_check, command_graph, command_events, command_export, command_import, command_info, command_sql, command_view;

/* Prints usage, summary and help of a subcommand to standard output. */
void command_print_help(const struct command *command);
/* Prints "heddle NAME: MESSAGE" to standard error and returns `status`. */
int command_fail(const struct command *command, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));
