#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "drain.h"

double bench_now_ns(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double) now.tv_sec * 1e9 + (double) now.tv_nsec;
}

static void run_child(const struct bench_subject *subject, int out, const struct drain *drain) {
        dup2(out, STDOUT_FILENO);
        if (drain)
                setenv(SESSION_ENV, drain->path, 1);
        if (subject->preload)
                setenv("LD_PRELOAD", subject->preload, 1);
        execvp(subject->argv[0], (char *const *) subject->argv);
        _exit(127);
}

static void wait_for_child(pid_t pid, struct drain *drain) {
        while (waitpid(pid, NULL, drain ? WNOHANG : 0) == 0) {
                drain_wait(drain);
                drain_round(drain);
        }
}

static double run(const struct bench_subject *subject, struct drain *drain) {
        char text[64] = "";
        int out[2];
        ssize_t n;
        pid_t pid;

        if (pipe(out) < 0)
                return -1;
        pid = fork();
        if (pid == 0)
                run_child(subject, out[1], drain);
        close(out[1]);
        if (pid > 0)
                wait_for_child(pid, drain);
        n = read(out[0], text, sizeof(text) - 1);
        close(out[0]);
        return n > 0 ? atof(text) : -1;
}

/* The number that the subject prints, or a negative one when it fails or records nothing. */
static double run_subject(const struct bench_subject *subject) {
        struct drain drain;
        double result;

        if (!subject->record)
                return run(subject, NULL);
        if (drain_init(&drain) < 0)
                return -1;
        result = run(subject, &drain);
        drain_round(&drain);
        if (drain.n_records == 0)
                result = -1;
        drain_finish(&drain);
        return result;
}

static int compare(const void *a, const void *b) {
        double x = *(const double *) a, y = *(const double *) b;

        return x < y ? -1 : x > y;
}

static double median(double *values, unsigned n) {
        qsort(values, n, sizeof(*values), compare);
        return values[n / 2];
}

int bench_compare(const char *what, const struct bench_subject *subject, const struct bench_subject *peer,
                  unsigned n_rounds, double budget) {
        double ours[BENCH_ROUNDS_MAX], theirs[BENCH_ROUNDS_MAX], ratios[BENCH_ROUNDS_MAX];
        double ratio;

        for (unsigned i = 0; i < n_rounds; i++) {
                theirs[i] = run_subject(peer);
                ours[i] = run_subject(subject);
                ratios[i] = ours[i] / theirs[i];
                if (ours[i] <= 0 || theirs[i] <= 0) {
                        fprintf(stderr, "%s: a run of %s failed\n", what, ours[i] <= 0 ? subject->name : peer->name);
                        return 1;
                }
        }
        ratio = median(ratios, n_rounds);
        printf("%s: %s %.1f ns, %s %.1f ns, ratio %.2f (%.2f to %.2f), budget %.2f%s\n", what, peer->name,
               median(theirs, n_rounds), subject->name, median(ours, n_rounds), ratio, ratios[0], ratios[n_rounds - 1],
               budget, ratio > budget ? ": OVER" : "");
        return 0;
}
