/* Five philosophers, five forks, and good manners: everybody takes the fork on the left, waits until everybody has
 * one, and then reaches for the one on the right.
 *
 * verdict: deadlock Plato Aristotle Socrates Hypatia Diogenes forks[0] forks[1] forks[2] forks[3] forks[4] behind: main
 * exit: 123 */
#include <heddle/heddle.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define N 5

static const char *const names[N] = { "Plato", "Aristotle", "Socrates", "Hypatia", "Diogenes" };
static struct heddle_mutex forks[N];
static atomic_int n_served;

static void wait_for_the_others(void) {
        n_served++;
        while (n_served < N)
                heddle_yield();
}

static void *dine(void *seat) {
        size_t left = (size_t) seat, right = (left + 1) % N;

        HEDDLE_GUARD left_fork = heddle_mutex_guard(&forks[left]);
        wait_for_the_others();
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
