/* The `heddle` command: finds the subcommand and runs it. Each subcommand is a line in the table below and a file of
 * its own beside this one. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "command/config.h"

static const struct command *const commands[] = {
        &command_run, &command_check, &command_graph, &command_events, &command_export, &command_import, &command_info, &command_sql, &command_view,
        NULL, /* the end */
};

static const struct command *find_command(const char *name) {
        for (const struct command *const *command = commands; *command; command++)
                if (strcmp((*command)->name, name) == 0)
                        return *command;
        return NULL;
}

static int tell_unknown(const char *name) {
        fprintf(stderr, "heddle: there is no command \"%s\"; `heddle --help` lists them\n", name);
        return EXIT_NO_TRACE;
}

static void print_overview(FILE *out) {
        fprintf(out, "Usage: heddle COMMAND [ARGUMENT...]\n"
                     "Shows why the threads of a program deadlock and race.\n\nCommands:\n");
        for (const struct command *const *command = commands; *command; command++)
                fprintf(out, "  %-8s %s\n", (*command)->name, (*command)->summary);
        fprintf(out, "\n`heddle COMMAND --help` tells more; `heddle --version` says which Heddle this is.\n");
}

/* `heddle help` and `heddle help COMMAND`, as other tools have it. */
static int print_help(const char *name) {
        const struct command *command = name ? find_command(name) : NULL;

        if (name && !command)
                return tell_unknown(name);
        if (command)
                command_print_help(command);
        else
                print_overview(stdout);
        return 0;
}

/* Only right behind the subcommand: further on, --help may be an argument of the program that is run. */
static bool is_help(const char *word) {
        return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int main(int argc, char **argv) {
        const struct command *command;

        if (argc < 2) {
                print_overview(stderr);
                return EXIT_NO_TRACE;
        }
        if (is_help(argv[1]) || strcmp(argv[1], "help") == 0)
                return print_help(argv[2]);
        if (strcmp(argv[1], "--version") == 0) {
                printf("heddle %s\n", HEDDLE_VERSION);
                return 0;
        }
        command = find_command(argv[1]);
        if (!command)
                return tell_unknown(argv[1]);
        if (argc > 2 && is_help(argv[2])) {
                command_print_help(command);
                return 0;
        }
        return command->run(argc - 1, argv + 1);
}
