/* One has arrived with a lock that the other needs on its way there.
 *
 * verdict: deadlock main early late start lock
 * exit: 123 */
#include <pthread.h>

#include "all-arrive.h"

static pthread_barrier_t start;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int n_arrived;

static void *early(void *data) {
        pthread_mutex_lock(&lock);
        all_arrive(&n_arrived, 2);
        pthread_barrier_wait(&start);
        pthread_mutex_unlock(&lock);
        return data;
}

static void *late(void *data) {
        all_arrive(&n_arrived, 2);
        pthread_mutex_lock(&lock);
        pthread_mutex_unlock(&lock);
        pthread_barrier_wait(&start);
        return data;
}

int main(void) {
        pthread_t threads[2];

        pthread_barrier_init(&start, NULL, 2);
        pthread_create(&threads[0], NULL, early, NULL);
        pthread_create(&threads[1], NULL, late, NULL);
        pthread_join(threads[0], NULL);
        pthread_join(threads[1], NULL);
        return 0;
}
