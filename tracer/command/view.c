/* heddle view: hands a trace to the desktop viewer, which is a program of its own so that a server needs no GTK. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/options.h"

#define VIEWER "heddle-viewer"

/* The folder that this very program lies in. */
static int own_folder(char folder[static PATH_MAX]) {
        ssize_t n = readlink("/proc/self/exe", folder, PATH_MAX - 1);
        char *slash;

        if (n < 0)
                return -errno;
        folder[n] = '\0';
        slash = strrchr(folder, '/');
        if (!slash)
                return -ENOENT;
        *slash = '\0';
        return 0;
}

/* Beside this program when it is installed, in a folder next door in a build tree; else wherever PATH says. Returns only on failure. */
static int start_viewer(const char *trace) {
        static const char *const places[] = { "/" VIEWER, "/../../viewer/" VIEWER };
        char folder[PATH_MAX], path[PATH_MAX + 64];

        if (own_folder(folder) == 0) {
                for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
                        snprintf(path, sizeof(path), "%s%s", folder, places[i]);
                        execl(path, VIEWER, trace, (char *) NULL);
                        if (errno != ENOENT)
                                return -errno;
                }
        }
        execlp(VIEWER, VIEWER, trace, (char *) NULL);
        return -errno;
}

static int run(int argc, char **argv) {
        static const struct option options[] = { OPTIONS_COMMON };
        const char *trace;
        int option, r;

        while ((option = options_next(&command_view, argc, argv, "", options)) != OPTION_END)
                return options_status(option);
        if (options_operands(&command_view, argc, argv, 1, 1) != 0)
                return EXIT_NO_TRACE;
        trace = argv[optind];
        if (access(trace, R_OK) < 0)
                return command_fail(&command_view, EXIT_NO_TRACE, "cannot read %s: %s", trace, strerror(errno));
        r = start_viewer(trace);
        if (r == -ENOENT)
                return command_fail(&command_view, EXIT_NO_TRACE,
                                    "the viewer, " VIEWER ", isn't installed here; `heddle check` and `heddle graph` tell without it");
        return command_fail(&command_view, EXIT_NO_TRACE, "cannot start " VIEWER ": %s", strerror(-r));
}

const struct command command_view = {
        .name = "view",
        .usage = "TRACE",
        .summary = "Opens a trace in the desktop viewer.",
        .help = "Exit status: that of the viewer, or 2 when the trace can't be read or there is no viewer.\n"
                "\n"
                "Example: heddle view philosophers.heddle",
        .run = run,
};
