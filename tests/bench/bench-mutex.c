/* What an uncontended lock and unlock cost, as ratios to the bare pthread pair: the runtime's mutex with nothing recording,
 * the same recorded, and pthreads' recorded by the interposer, with one frame on the stack and with eight:
 * `bench-mutex ROUNDS [INTERPOSER]`.
 *
 * A second thread is alive throughout, since glibc spares the atomic operations of a process that has only one. */
#include <heddle/heddle.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "emit/emit.h"

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

__attribute__((noinline)) static void deep(unsigned n_frames, void (*pairs)(unsigned), unsigned n) {
        if (n_frames > 1)
                deep(n_frames - 1, pairs, n);
        else
                pairs(n);
        __asm__ volatile("" ::: "memory"); /* no tail call */
}

static int measure(const char *which, unsigned n_frames) {
        void (*pairs)(unsigned) = strcmp(which, "pthread") == 0 ? pthread_pairs : heddle_pairs;
        pthread_t thread;
        double began;

        if (pthread_create(&thread, NULL, idle, NULL) != 0)
                return 1;
        deep(n_frames, pairs, 100000);
        began = bench_now_ns();
        deep(n_frames, pairs, N_PAIRS);
        printf("%f\n", (bench_now_ns() - began) / N_PAIRS);
        return 0;
}

/* Two stamps are in every recorded pair; it cannot cost less than they do on top of the bare one. */
static double two_stamps_ns(void) {
        double began;
        uint64_t sum = 0;

        heddle_emit_switch.on = EMIT_CPU_CLOCK;
        began = bench_now_ns();
        for (unsigned i = 0; i < N_PAIRS; i++)
                sum += emit_now();
        __asm__ volatile("" : : "r"(sum));
        heddle_emit_switch.on = EMIT_OFF;
        return 2 * (bench_now_ns() - began) / N_PAIRS;
}

static int bench(unsigned n_rounds, const char *interposer) {
        const char *const our_argv[] = { "/proc/self/exe", "measure", "heddle", "1", NULL };
        const char *const peer_argv[] = { "/proc/self/exe", "measure", "pthread", "1", NULL };
        const char *const deep_argv[] = { "/proc/self/exe", "measure", "pthread", "8", NULL };
        struct bench_subject bare = { "heddle_mutex", our_argv, false, NULL };
        struct bench_subject recorded = { "heddle_mutex recorded", our_argv, true, NULL };
        struct bench_subject interposed = { "interposed", peer_argv, true, interposer };
        struct bench_subject interposed_deep = { "interposed, 8 frames", deep_argv, true, interposer };
        struct bench_subject peer = { "pthread", peer_argv, false, NULL }, deep_peer = { "pthread", deep_argv, false, NULL };

        printf("two readings of the clock: %.1f ns\n", two_stamps_ns());
        fflush(stdout);
        if (bench_compare("lock and unlock", &bare, &peer, n_rounds, 1.1) ||
            bench_compare("lock and unlock", &recorded, &peer, n_rounds, 3.5))
                return 1;
        return interposer && (bench_compare("lock and unlock", &interposed, &peer, n_rounds, 3.5) ||
                              bench_compare("lock and unlock", &interposed_deep, &deep_peer, n_rounds, 4));
}

int main(int argc, char **argv) {
        unsigned n_rounds = argc > 1 ? (unsigned) atoi(argv[1]) : 5;

        if (argc == 4 && strcmp(argv[1], "measure") == 0)
                return measure(argv[2], (unsigned) atoi(argv[3]));
        if (n_rounds < 1 || n_rounds > BENCH_ROUNDS_MAX) {
                fprintf(stderr, "usage: bench-mutex [ROUNDS [INTERPOSER]]\n");
                return 2;
        }
        return bench(n_rounds, argc > 2 ? argv[2] : NULL);
}
