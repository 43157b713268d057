/* Four threads count on one counter, under a mutex.
 *
 * verdict: none
 * exit: 0 */
#include <heddle/heddle.h>

#include <stdio.h>
#include <stdlib.h>

#define N_THREADS 4
#define N_ROUNDS 250

static struct {
        struct heddle_mutex lock;
        long value;
} counter;

static void *count(void *data) {
        (void) data;
        for (int i = 0; i < N_ROUNDS; i++)
                HEDDLE_WITH(&counter.lock)
                        counter.value++;
        return NULL;
}

int main(void) {
        static const char *const names[N_THREADS] = { "Ada", "Blaise", "Charles", "Dorothy" };
        heddle_thread *threads[N_THREADS];

        for (int i = 0; i < N_THREADS; i++)
                if (heddle_spawn(names[i], count, NULL, &threads[i]) < 0)
                        return EXIT_FAILURE;
        for (int i = 0; i < N_THREADS; i++)
                heddle_join(threads[i], NULL);
        printf("counted to %ld\n", counter.value);
        return counter.value == N_THREADS * N_ROUNDS ? EXIT_SUCCESS : EXIT_FAILURE;
}
