/* What the benchmarks share: run a program that measures itself and prints one number, bare or recorded, and compare it
 * with a peer round by round, so that what else the machine does meets both alike. */
#pragma once

#include <stdbool.h>

double bench_now_ns(void);

/* Runs argv and returns the number it prints, or a negative one when it fails. `record` drains a session meanwhile. */
double bench_run(const char *const *argv, bool record);

#define BENCH_ROUNDS_MAX 100

struct bench_subject {
        const char *name;
        const char *const *argv;
        bool record;
};

/* Prints both medians and that of the rounds' ratios, subject to peer, beside the budget. Nonzero when a run failed. */
int bench_compare(const char *what, const struct bench_subject *subject, const struct bench_subject *peer,
                  unsigned n_rounds, double budget);
