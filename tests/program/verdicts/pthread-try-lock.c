/* A harmless twin of pthread-opposite-order: one of them only tries, and starts over.
 *
 * verdict: none
 * exit: 0 */
#include <pthread.h>
#include <stdbool.h>

#include "all-arrive.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static atomic_int n_arrived;

static void *forth(void *data) {
        pthread_mutex_lock(&a);
        all_arrive(&n_arrived, 2);
        pthread_mutex_lock(&b);
        pthread_mutex_unlock(&b);
        pthread_mutex_unlock(&a);
        return data;
}

static void *back_off(void *data) {
        bool arrived = false, done = false;

        while (!done) {
                pthread_mutex_lock(&b);
                if (!arrived)
                        all_arrive(&n_arrived, 2);
                arrived = true;
                done = pthread_mutex_trylock(&a) == 0;
                if (done)
                        pthread_mutex_unlock(&a);
                pthread_mutex_unlock(&b);
        }
        return data;
}

int main(void) {
        pthread_t threads[2];

        pthread_create(&threads[0], NULL, forth, NULL);
        pthread_create(&threads[1], NULL, back_off, NULL);
        pthread_join(threads[0], NULL);
        pthread_join(threads[1], NULL);
        return 0;
}
