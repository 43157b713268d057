/* What every subcommand says in the same way: its help, and why it failed. */
#include <stdarg.h>
#include <stdio.h>

#include "command/command.h"

void command_print_help(const struct command *command) {
        printf("Usage: heddle %s %s\n%s\n", command->name, command->usage, command->summary);
        if (command->help && command->help[0])
                printf("\n%s\n", command->help);
}

int command_fail(const struct command *command, int status, const char *format, ...) {
        va_list arguments;

        fprintf(stderr, "heddle %s: ", command->name);
        va_start(arguments, format);
        vfprintf(stderr, format, arguments);
        va_end(arguments);
        fputc('\n', stderr);
        return status;
}
