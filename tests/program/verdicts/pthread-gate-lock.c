/* A harmless twin of pthread-could-deadlock: whoever takes a and b holds the gate.
 *
 * verdict: none
 * exit: 0 */
#include <pthread.h>

#include "all-arrive.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER, a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static atomic_int n_arrived;

static void pass(pthread_mutex_t *first, pthread_mutex_t *second) {
        all_arrive(&n_arrived, 2);
        for (int i = 0; i < 100; i++) {
                pthread_mutex_lock(&gate);
                pthread_mutex_lock(first);
                pthread_mutex_lock(second);
                pthread_mutex_unlock(second);
                pthread_mutex_unlock(first);
                pthread_mutex_unlock(&gate);
        }
}

static void *forth(void *data) {
        pass(&a, &b);
        return data;
}

static void *back(void *data) {
        pass(&b, &a);
        return data;
}

int main(void) {
        pthread_t threads[2];

        pthread_create(&threads[0], NULL, forth, NULL);
        pthread_create(&threads[1], NULL, back, NULL);
        pthread_join(threads[0], NULL);
        pthread_join(threads[1], NULL);
        return 0;
}
