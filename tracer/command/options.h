/* Command lines of the subcommands that read a trace: options anywhere, one TRACE, one sentence for each mistake. */
#pragma once

#include <getopt.h>

#include "command/command.h"

enum {
        OPTION_END = -1,
        OPTION_HELP = 'h',  /* the help has been printed; leave with 0 */
        OPTION_WRONG = '?', /* the mistake has been told; leave with EXIT_NO_TRACE */
};

/* As getopt_long(), whose `val` it returns, with the argument in `optarg`. Put OPTIONS_COMMON at the end of `options`. */
int options_next(const struct command *command, int argc, char **argv, const char *letters, const struct option *options);
#define OPTIONS_COMMON { "help", no_argument, NULL, OPTION_HELP }, { 0 }

/* After OPTION_END: what is left, which has to be from `min` to `max` words, the first of them TRACE. 0, or EXIT_NO_TRACE. */
int options_operands(const struct command *command, int argc, char **argv, int min, int max);

/* Leaves the loop over options_next(): the exit status for OPTION_HELP and OPTION_WRONG. */
static inline int options_status(int option) {
        return option == OPTION_HELP ? 0 : EXIT_NO_TRACE;
}
