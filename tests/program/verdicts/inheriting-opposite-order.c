/* Two priority-inheriting mutexes in opposite order. The kernel sees it, and the C library then sleeps for ever.
 *
 * verdict: deadlock forth back a b behind: main
 * exit: 123 */
#include <pthread.h>

#include "all-arrive.h"

static pthread_mutex_t a, b;
static atomic_int n_arrived;

static void *forth(void *data) {
        pthread_mutex_lock(&a);
        all_arrive(&n_arrived, 2);
        pthread_mutex_lock(&b);
        return data;
}

static void *back(void *data) {
        pthread_mutex_lock(&b);
        all_arrive(&n_arrived, 2);
        pthread_mutex_lock(&a);
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
