/* What a message costs from one thread to another, as a ratio to Rust's standard library doing the same:
 * `bench-channel RUST-SOURCE [ROUNDS]`. Ours is measured recorded and bare; Rust's is compiled here and now, and left
 * out where there is no rustc. */
#include <heddle/heddle.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define N_MESSAGES 3000000
#define N_MESSAGES_MEET 100000

static struct heddle_sender sender;
static struct heddle_receiver receiver;

static void *send_all(void *n_messages) {
        for (uint64_t i = 0; i < (uintptr_t) n_messages; i++)
                if (heddle_send(&sender, &i) < 0)
                        abort();
        heddle_sender_drop(&sender);
        return NULL;
}

/* Prints the nanoseconds of a message: first send to last receive. */
static int measure(const char *text) {
        size_t capacity = strcmp(text, "unbounded") == 0 ? HEDDLE_UNBOUNDED : (size_t) atol(text);
        uintptr_t n_messages = capacity == 0 ? N_MESSAGES_MEET : N_MESSAGES;
        uint64_t message, sum = 0;
        heddle_thread *thread;
        double began;

        if (heddle_channel("bench", sizeof message, capacity, &sender, &receiver) < 0)
                return 1;
        began = bench_now_ns();
        if (heddle_spawn("sender", send_all, (void *) n_messages, &thread) < 0)
                return 1;
        while (heddle_recv(&receiver, &message) == 0)
                sum += message;
        if (sum != n_messages * (n_messages - 1) / 2)
                return 1;
        printf("%f\n", (bench_now_ns() - began) / (double) n_messages);
        heddle_join(thread, NULL);
        heddle_receiver_drop(&receiver);
        return 0;
}

static int compare(const char *capacity, char *rust, unsigned n_rounds, double budget) {
        const char *const our_argv[] = { "/proc/self/exe", "measure", capacity, NULL };
        const char *const rust_argv[] = { rust, capacity, NULL };
        struct bench_subject bare = { "bare", our_argv, false }, recorded = { "recorded", our_argv, true };
        struct bench_subject peer = { "Rust", rust_argv, false };
        char what[64];

        snprintf(what, sizeof what, "a message, capacity %s", capacity);
        if (!rust)
                return bench_compare(what, &recorded, &bare, n_rounds, 1000);
        return bench_compare(what, &recorded, &peer, n_rounds, budget) ||
               bench_compare(what, &bare, &peer, n_rounds, budget);
}

/* NULL when it cannot be compiled. */
static char *compile_rust(const char *source, const char *directory) {
        static char program[256];
        char command[1024];

        snprintf(program, sizeof program, "%s/channel", directory);
        snprintf(command, sizeof command, "rustc -C opt-level=3 -o '%s' '%s' 2>/dev/null", program, source);
        return system(command) == 0 ? program : NULL;
}

static int bench(const char *source, unsigned n_rounds) {
        char directory[] = "/tmp/heddle-bench-XXXXXX";
        char *rust = mkdtemp(directory) ? compile_rust(source, directory) : NULL;
        int error;

        if (!rust)
                printf("no rustc: compared with nothing but ourselves unrecorded\n");
        error = compare("64", rust, n_rounds, 0.5) || compare("unbounded", rust, n_rounds, 1.5) ||
                compare("0", rust, n_rounds, 1);
        if (rust)
                unlink(rust);
        rmdir(directory);
        return error;
}

int main(int argc, char **argv) {
        unsigned n_rounds = argc > 2 ? (unsigned) atoi(argv[2]) : 5;

        if (argc == 3 && strcmp(argv[1], "measure") == 0)
                return measure(argv[2]);
        if (argc < 2 || n_rounds < 1 || n_rounds > BENCH_ROUNDS_MAX) {
                fprintf(stderr, "usage: bench-channel RUST-SOURCE [ROUNDS]\n");
                return 2;
        }
        return bench(argv[1], n_rounds);
}
