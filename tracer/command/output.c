#include "command/output.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int output_open(const struct command *command, const char *path, struct output *ret_output) {
        FILE *file = stdout;

        signal(SIGPIPE, SIG_IGN);
        if (path && strcmp(path, "-") == 0)
                path = NULL;
        if (path)
                file = fopen(path, "we");
        if (!file)
                return command_fail(command, EXIT_NO_TRACE, "cannot write %s: %s; -o names another file", path, strerror(errno));
        errno = 0;
        *ret_output = (struct output) { .file = file, .path = path };
        return 0;
}

bool output_is_broken(const struct output *output) {
        return ferror(output->file) != 0;
}

/* `heddle events TRACE | head`: who read has read enough, which is no failure to talk of. The status is what a shell
 * shows of a program that this signal ended. */
#define EXIT_BROKEN_PIPE (128 + SIGPIPE)

/* Devices and pipes stay. */
static void remove_file(const char *path) {
        struct stat st;

        if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
                unlink(path);
}

int output_close(const struct command *command, struct output *output, int status) {
        const char *name = output->path ? output->path : "to standard output";
        bool broken = ferror(output->file) != 0;
        int error = broken ? errno : 0; /* of the last write; nothing in between may have set it */

        if (fflush(output->file) != 0 && error == 0)
                error = errno;
        if (fclose(output->file) != 0 && error == 0)
                error = errno;
        if (output->path && (broken || error || status == EXIT_NO_TRACE))
                remove_file(output->path);
        if (error == EPIPE && !output->path)
                return EXIT_BROKEN_PIPE;
        if (broken || error)
                return command_fail(command, EXIT_NO_TRACE, "cannot write %s%s%s", name, error ? ": " : "",
                                    error ? strerror(error) : "");
        return status;
}

bool output_has_colour(FILE *file) {
        const char *no_colour = getenv("NO_COLOR");

        return (!no_colour || !no_colour[0]) && isatty(fileno(file));
}
