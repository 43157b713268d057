/* The harmless twin of the gallery's philosophers: everybody takes the fork with the lower number first.
 *
 * verdict: none
 * exit: 0 */
#include <heddle/heddle.h>

#define N 5

static struct heddle_mutex forks[N];

static void *dine(void *seat) {
        size_t left = (size_t) seat, right = (left + 1) % N;

        for (int i = 0; i < 20; i++) {
                HEDDLE_GUARD lower = heddle_mutex_guard(&forks[left < right ? left : right]);
                HEDDLE_GUARD higher = heddle_mutex_guard(&forks[left < right ? right : left]);
                heddle_yield();
        }
        return NULL;
}

int main(void) {
        heddle_thread *philosophers[N];

        for (size_t i = 0; i < N; i++)
                if (heddle_spawn(NULL, dine, (void *) i, &philosophers[i]) < 0)
                        return 1;
        for (size_t i = 0; i < N; i++)
                heddle_join(philosophers[i], NULL);
        return 0;
}
