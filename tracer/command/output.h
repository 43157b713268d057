/* Where a reading command's words go: standard output or a file, either of which may be full or closed. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "command/command.h"

struct output {
        FILE *file;
        const char *path; /* NULL: standard output */
};

/* Opens `path`, or standard output when it is NULL or "-". A closed pipe is an error from here on, not a signal. 0, or
 * EXIT_NO_TRACE with the reason told. */
int output_open(const struct command *command, const char *path, struct output *ret_output);
/* True once something could not be written: time to stop. */
bool output_is_broken(const struct output *output);
/* Makes sure that everything arrived. Returns `status`, or EXIT_NO_TRACE with the reason told; a file that was not
 * written whole is removed. Of a pipe that was closed early nothing is told: then it is 128 + SIGPIPE. */
int output_close(const struct command *command, struct output *output, int status);
/* A terminal, and NO_COLOR isn't set. */
bool output_has_colour(FILE *file);
