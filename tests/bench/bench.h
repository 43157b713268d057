/* What the benchmarks share: run a program that measures itself and prints one number, bare or recorded, and compare it
 * with a peer round by round, so that what else the machine does meets both alike. */
#pragma once

#include <stdbool.h>

double bench_now_ns(void);

#define BENCH_ROUNDS_MAX 100

struct bench_subject {
        const char *name;
        const char *const *argv; /* a program that prints one number */
        bool record;             /* drain a session meanwhile */
        const char *preload;     /* a library to load into it; NULL: none */
};

/* Prints both medians and that of the rounds' ratios, subject to peer, beside the budget. Nonzero when a run failed. */
int bench_compare(const char *what, const struct bench_subject *subject, const struct bench_subject *peer,
                  unsigned n_rounds, double budget);
