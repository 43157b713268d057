/* The same five philosophers, but this evening they come one after the other, and everybody gets to eat. Nothing made
 * them come so: on another evening they sit down together, and each holds one fork.
 *
 * verdict: lock-order-cycle Plato Aristotle Socrates Hypatia Diogenes forks[0] forks[1] forks[2] forks[3] forks[4]
 * exit: 0 */
#include <heddle/heddle.h>

#include <stdio.h>
#include <stdlib.h>

#define N 5

static const char *const names[N] = { "Plato", "Aristotle", "Socrates", "Hypatia", "Diogenes" };
static struct heddle_mutex forks[N];

static void *dine(void *seat) {
        size_t left = (size_t) seat, right = (left + 1) % N;

        heddle_sleep(left * 100 * HEDDLE_MS); /* the way from home */
        HEDDLE_GUARD left_fork = heddle_mutex_guard(&forks[left]);
        HEDDLE_GUARD right_fork = heddle_mutex_guard(&forks[right]);
        printf("%s eats\n", names[left]);
        return NULL;
}

int main(void) {
        heddle_thread *philosophers[N];

        for (size_t i = 0; i < N; i++)
                if (heddle_spawn(names[i], dine, (void *) i, &philosophers[i]) < 0)
                        return EXIT_FAILURE;
        for (size_t i = 0; i < N; i++)
                heddle_join(philosophers[i], NULL);
        return EXIT_SUCCESS;
}
