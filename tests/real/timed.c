/* Runs a program and writes to the file $REAL_TIMES what it took: seconds of wall time, seconds of processor time of it and
 * all that it waited for, and when it ended (CLOCK_MONOTONIC). A process between `heddle run` and the program, because what
 * Heddle itself takes is to be told apart from what it makes the program take.
 *
 * Usage: timed PROGRAM [ARGUMENT...] */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_s(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static double seconds(struct timeval time) {
        return (double) time.tv_sec + (double) time.tv_usec / 1e6;
}

static void write_times(double began_s, const struct rusage *usage) {
        const char *path = getenv("REAL_TIMES");
        FILE *file = path ? fopen(path, "w") : NULL;
        double ended_s = now_s();

        if (!file)
                return;
        fprintf(file, "%.6f %.6f %.6f\n", ended_s - began_s, seconds(usage->ru_utime) + seconds(usage->ru_stime), ended_s);
        fclose(file);
}

int main(int argc, char **argv) {
        double began_s = now_s();
        struct rusage usage;
        int status;
        pid_t pid;

        if (argc < 2)
                return 125;
        pid = fork();
        if (pid < 0)
                return 125;
        if (pid == 0) {
                execvp(argv[1], argv + 1);
                fprintf(stderr, "timed: cannot run %s: %s\n", argv[1], strerror(errno));
                _exit(127);
        }
        while (wait4(pid, &status, 0, &usage) < 0)
                if (errno != EINTR)
                        return 125;
        write_times(began_s, &usage);
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
