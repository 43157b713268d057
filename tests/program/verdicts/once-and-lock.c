/* A once routine locks a mutex that a thread holds which waits for the routine to be done.
 *
 * verdict: deadlock user maker lock made behind: main
 * exit: 123 */
#include <pthread.h>

#include "all-arrive.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t made = PTHREAD_ONCE_INIT;
static atomic_int n_arrived;

static void make(void) {
        all_arrive(&n_arrived, 2);
        pthread_mutex_lock(&lock);
        pthread_mutex_unlock(&lock);
}

static void *maker(void *data) {
        pthread_once(&made, make);
        return data;
}

static void *user(void *data) {
        pthread_mutex_lock(&lock);
        all_arrive(&n_arrived, 2);
        pthread_once(&made, make);
        pthread_mutex_unlock(&lock);
        return data;
}

int main(void) {
        pthread_t threads[2];

        pthread_create(&threads[0], NULL, maker, NULL);
        while (n_arrived < 1)
                sched_yield();
        pthread_create(&threads[1], NULL, user, NULL);
        pthread_join(threads[0], NULL);
        pthread_join(threads[1], NULL);
        return 0;
}
