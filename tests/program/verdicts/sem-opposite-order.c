/* Two binary semaphores, taken in opposite order.
 *
 * verdict: deadlock forth back left right behind: main
 * exit: 123 */
#include <pthread.h>
#include <semaphore.h>

#include "all-arrive.h"

static sem_t left, right;
static atomic_int n_arrived;

static void *forth(void *data) {
        sem_wait(&left);
        all_arrive(&n_arrived, 2);
        sem_wait(&right);
        return data;
}

static void *back(void *data) {
        sem_wait(&right);
        all_arrive(&n_arrived, 2);
        sem_wait(&left);
        return data;
}

int main(void) {
        pthread_t threads[2];

        sem_init(&left, 0, 1);
        sem_init(&right, 0, 1);
        pthread_create(&threads[0], NULL, forth, NULL);
        pthread_create(&threads[1], NULL, back, NULL);
        pthread_join(threads[0], NULL);
        pthread_join(threads[1], NULL);
        return 0;
}
