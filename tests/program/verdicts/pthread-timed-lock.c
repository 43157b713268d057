/* A harmless twin of pthread-opposite-order: one of them gives up after a while.
 *
 * verdict: none
 * exit: 0 */
#include <errno.h>
#include <pthread.h>
#include <time.h>

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

static void *give_up(void *data) {
        struct timespec until;

        pthread_mutex_lock(&b);
        all_arrive(&n_arrived, 2);
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += 1;
        if (pthread_mutex_timedlock(&a, &until) != ETIMEDOUT)
                return &n_arrived;
        pthread_mutex_unlock(&b);
        return data;
}

int main(void) {
        pthread_t threads[2];
        void *error;

        pthread_create(&threads[0], NULL, forth, NULL);
        pthread_create(&threads[1], NULL, give_up, NULL);
        pthread_join(threads[0], NULL);
        pthread_join(threads[1], &error);
        return error != NULL;
}
