/* What recording an uncontended lock and unlock costs, as a ratio to the bare pair: `bench-lock INTERPOSER [ROUNDS]`.
 *
 * Each round runs this program twice, bare and recorded, one after the other; a ratio is taken of each round's pair and
 * the median of the ratios is printed. A second thread is alive throughout, since glibc spares the atomic operations of
 * a process that has only one. The lock is taken with 1 and with 8 frames on the stack. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "drain.h"
#include "emit/emit.h"

#define N_PAIRS 10000000
#define N_ROUNDS_MAX 100

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static double now_ns(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double) now.tv_sec * 1e9 + (double) now.tv_nsec;
}

static void *idle(void *argument) {
        pause();
        return argument;
}

__attribute__((noinline)) static void pairs(unsigned n_frames, unsigned n) {
        if (n_frames > 0) {
                pairs(n_frames - 1, n);
                __asm__ volatile("" ::: "memory"); /* no tail call */
                return;
        }
        for (unsigned i = 0; i < n; i++) {
                pthread_mutex_lock(&lock);
                pthread_mutex_unlock(&lock);
        }
}

/* Two stamps are in every recorded pair; no record can be cheaper than they are. */
static double two_stamps_ns(void) {
        double began = now_ns();
        uint64_t sum = 0;

        for (unsigned i = 0; i < N_PAIRS; i++)
                sum += emit_now();
        __asm__ volatile("" : : "r"(sum));
        return 2 * (now_ns() - began) / N_PAIRS;
}

static int measure(unsigned n_frames) {
        pthread_t thread;
        double began;

        if (pthread_create(&thread, NULL, idle, NULL) != 0)
                return 1;
        pairs(n_frames, 100000);
        began = now_ns();
        pairs(n_frames, N_PAIRS);
        printf("%f\n", (now_ns() - began) / N_PAIRS);
        return 0;
}

/* Runs `program measure N` and returns the nanoseconds it prints, or a negative number. Drains meanwhile, if asked to. */
static double run(const char *program, const char *n_frames, const char *interposer, struct drain *drain) {
        char text[64] = "";
        int out[2];
        ssize_t n;
        pid_t pid;

        if (pipe(out) < 0)
                return -1;
        pid = fork();
        if (pid == 0) {
                dup2(out[1], STDOUT_FILENO);
                if (drain) {
                        setenv("LD_PRELOAD", interposer, 1);
                        setenv(SESSION_ENV, drain->path, 1);
                }
                execl(program, program, "measure", n_frames, (char *) NULL);
                _exit(127);
        }
        close(out[1]);
        while (waitpid(pid, NULL, WNOHANG) == 0) {
                if (!drain) {
                        usleep(1000);
                        continue;
                }
                drain_wait(drain);
                drain_round(drain);
        }
        n = read(out[0], text, sizeof(text) - 1);
        close(out[0]);
        return n > 0 ? atof(text) : -1;
}

static int compare(const void *a, const void *b) {
        double x = *(const double *) a, y = *(const double *) b;

        return x < y ? -1 : x > y;
}

static int bench(const char *program, const char *interposer, unsigned n_rounds, const char *n_frames) {
        double bare[N_ROUNDS_MAX], recorded[N_ROUNDS_MAX], ratios[N_ROUNDS_MAX];
        uint64_t n_records = 0;

        for (unsigned i = 0; i < n_rounds; i++) {
                struct drain drain;

                if (drain_init(&drain) < 0)
                        return 1;
                bare[i] = run(program, n_frames, interposer, NULL);
                recorded[i] = run(program, n_frames, interposer, &drain);
                ratios[i] = recorded[i] / bare[i];
                n_records = drain.n_records;
                drain_finish(&drain);
                if (bare[i] <= 0 || recorded[i] <= 0 || n_records < 2 * N_PAIRS) {
                        fprintf(stderr, "bench-lock: a run failed (%" PRIu64 " records seen)\n", n_records);
                        return 1;
                }
        }
        qsort(bare, n_rounds, sizeof(*bare), compare);
        qsort(recorded, n_rounds, sizeof(*recorded), compare);
        qsort(ratios, n_rounds, sizeof(*ratios), compare);
        printf("lock and unlock, %s more frames: bare %.1f ns, recorded %.1f ns, ratio %.2f (median of %u; %.2f to %.2f)\n", n_frames,
               bare[n_rounds / 2], recorded[n_rounds / 2], ratios[n_rounds / 2], n_rounds, ratios[0], ratios[n_rounds - 1]);
        return 0;
}

int main(int argc, char **argv) {
        unsigned n_rounds = argc > 2 ? (unsigned) atoi(argv[2]) : 5;

        if (argc == 3 && strcmp(argv[1], "measure") == 0)
                return measure((unsigned) atoi(argv[2]));
        if (argc < 2 || n_rounds < 1 || n_rounds > N_ROUNDS_MAX) {
                fprintf(stderr, "usage: bench-lock INTERPOSER [ROUNDS]\n");
                return 2;
        }
        heddle_emit_on = EMIT_CPU_CLOCK;
        printf("two readings of the clock: %.1f ns\n", two_stamps_ns());
        fflush(stdout); /* before anything forks */
        heddle_emit_on = EMIT_OFF;
        return bench("/proc/self/exe", argv[1], n_rounds, "0") || bench("/proc/self/exe", argv[1], n_rounds, "7");
}
