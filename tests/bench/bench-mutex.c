/* What an uncontended heddle_mutex costs, as a ratio to a bare pthread_mutex_t: `bench-mutex [ROUNDS]`. A second
 * thread is alive throughout, since glibc spares the atomic operations of a process that has only one. */
#include <heddle/heddle.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define N_PAIRS 10000000

static pthread_mutex_t pthread_lock = PTHREAD_MUTEX_INITIALIZER;
static struct heddle_mutex heddle_lock = HEDDLE_MUTEX_INIT;

static void *idle(void *argument) {
        pause();
        return argument;
}

static void pthread_pairs(unsigned n) {
        for (unsigned i = 0; i < n; i++) {
                pthread_mutex_lock(&pthread_lock);
                pthread_mutex_unlock(&pthread_lock);
        }
}

static void heddle_pairs(unsigned n) {
        for (unsigned i = 0; i < n; i++) {
                heddle_mutex_lock(&heddle_lock);
                heddle_mutex_unlock(&heddle_lock);
        }
}

static int measure(const char *which) {
        void (*pairs)(unsigned) = strcmp(which, "pthread") == 0 ? pthread_pairs : heddle_pairs;
        pthread_t thread;
        double began;

        if (pthread_create(&thread, NULL, idle, NULL) != 0)
                return 1;
        pairs(100000);
        began = bench_now_ns();
        pairs(N_PAIRS);
        printf("%f\n", (bench_now_ns() - began) / N_PAIRS);
        return 0;
}

int main(int argc, char **argv) {
        const char *const our_argv[] = { "/proc/self/exe", "measure", "heddle", NULL };
        const char *const peer_argv[] = { "/proc/self/exe", "measure", "pthread", NULL };
        struct bench_subject bare = { "heddle_mutex", our_argv, false }, recorded = { "recorded", our_argv, true };
        struct bench_subject peer = { "pthread", peer_argv, false };
        unsigned n_rounds = argc > 1 ? (unsigned) atoi(argv[1]) : 5;

        if (argc == 3 && strcmp(argv[1], "measure") == 0)
                return measure(argv[2]);
        if (n_rounds < 1 || n_rounds > BENCH_ROUNDS_MAX) {
                fprintf(stderr, "usage: bench-mutex [ROUNDS]\n");
                return 2;
        }
        return bench_compare("lock and unlock", &bare, &peer, n_rounds, 1.1) ||
               bench_compare("lock and unlock", &recorded, &peer, n_rounds, 3.5);
}
