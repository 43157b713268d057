#include "command/options.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define TRY_HELP "`heddle %s --help` lists them"

static bool is_known(const struct option *options, const char *word) {
        size_t n = strcspn(word + 2, "=");

        for (; options->name; options++)
                if (strlen(options->name) == n && strncmp(options->name, word + 2, n) == 0)
                        return true;
        return false;
}

/* getopt_long() leaves a wrong letter in `optopt`; of a wrong long option it says only that the word before `optind` is it. */
static void tell_wrong(const struct command *command, int r, char **argv, const struct option *options) {
        const char *word = optind > 0 ? argv[optind - 1] : "";
        bool is_long = strncmp(word, "--", 2) == 0;

        if (r == ':' && is_long)
                command_fail(command, EXIT_NO_TRACE, "the option %s needs a value, as in %s=VALUE", word, word);
        else if (r == ':')
                command_fail(command, EXIT_NO_TRACE, "the option -%c needs a value; " TRY_HELP, optopt, command->name);
        else if (!is_long)
                command_fail(command, EXIT_NO_TRACE, "there is no option -%c; " TRY_HELP, optopt, command->name);
        else if (is_known(options, word))
                command_fail(command, EXIT_NO_TRACE, "the option %.*s takes no value", (int) strcspn(word, "="), word);
        else
                command_fail(command, EXIT_NO_TRACE, "there is no option %.*s; " TRY_HELP, (int) strcspn(word, "="), word,
                             command->name);
}

int options_next(const struct command *command, int argc, char **argv, const char *letters, const struct option *options) {
        char with_colon[32];
        int r;

        opterr = 0;
        snprintf(with_colon, sizeof(with_colon), ":h%s", letters);
        r = getopt_long(argc, argv, with_colon, options, NULL);
        if (r == OPTION_HELP)
                command_print_help(command);
        if (r == '?' || r == ':') {
                tell_wrong(command, r, argv, options);
                return OPTION_WRONG;
        }
        return r;
}

int options_operands(const struct command *command, int argc, char **argv, int min, int max) {
        int n = argc - optind;

        if (n < min)
                return command_fail(command, EXIT_NO_TRACE, "which trace? Usage: heddle %s %s", command->name, command->usage);
        if (n > max)
                return command_fail(command, EXIT_NO_TRACE, "\"%s\" is one word too many. Usage: heddle %s %s",
                                    argv[optind + max], command->name, command->usage);
        return 0;
}
