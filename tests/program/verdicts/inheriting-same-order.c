/* The harmless twin of inheriting-opposite-order.
 *
 * verdict: none
 * exit: 0 */
#include <pthread.h>

#include "all-arrive.h"

static pthread_mutex_t a, b;
static atomic_int n_arrived;

static void *forth(void *data) {
        all_arrive(&n_arrived, 2);
        pthread_mutex_lock(&a);
        pthread_mutex_lock(&b);
        pthread_mutex_unlock(&b);
        pthread_mutex_unlock(&a);
        return data;
}

static void *back(void *data) {
        all_arrive(&n_arrived, 2);
        pthread_mutex_lock(&a);
        pthread_mutex_lock(&b);
        pthread_mutex_unlock(&b);
        pthread_mutex_unlock(&a);
        return data;
}

int main(void) {
        pthread_t threads[2];
        pthread_mutexattr_t attributes;

        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
        pthread_mutex_init(&a, &attributes);
        pthread_mutex_init(&b, &attributes);
        pthread_create(&threads[0], NULL, forth, NULL);
        pthread_create(&threads[1], NULL, back, NULL);
        pthread_join(threads[0], NULL);
        pthread_join(threads[1], NULL);
        return 0;
}
