/* The harmless twin of barrier-one-short.
 *
 * verdict: none
 * exit: 0 */
#include <pthread.h>

static pthread_barrier_t start;

static void *left(void *data) {
        pthread_barrier_wait(&start);
        pthread_barrier_wait(&start);
        return data;
}

static void *right(void *data) {
        pthread_barrier_wait(&start);
        pthread_barrier_wait(&start);
        return data;
}

int main(void) {
        pthread_t threads[2];

        pthread_barrier_init(&start, NULL, 2);
        pthread_create(&threads[0], NULL, left, NULL);
        pthread_create(&threads[1], NULL, right, NULL);
        pthread_join(threads[0], NULL);
        pthread_join(threads[1], NULL);
        pthread_barrier_destroy(&start);
        return 0;
}
