/* A thread that spins and one that sleeps wait for each other.
 *
 * verdict: deadlock forth back lock spin behind: main
 * exit: 123 */
#include <pthread.h>

#include "all-arrive.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_spinlock_t spin;
static atomic_int n_arrived;

static void *forth(void *data) {
        pthread_mutex_lock(&lock);
        all_arrive(&n_arrived, 2);
        pthread_spin_lock(&spin);
        return data;
}

static void *back(void *data) {
        pthread_spin_lock(&spin);
        all_arrive(&n_arrived, 2);
        pthread_mutex_lock(&lock);
        return data;
}

int main(void) {
        pthread_t threads[2];

        pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
        pthread_create(&threads[0], NULL, forth, NULL);
        pthread_create(&threads[1], NULL, back, NULL);
        pthread_join(threads[0], NULL);
        pthread_join(threads[1], NULL);
        return 0;
}
