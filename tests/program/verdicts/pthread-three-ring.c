/* Three threads, three locks, one ring.
 *
 * verdict: deadlock first second third locks[0] locks[1] locks[2] behind: main
 * exit: 123 */
#include <pthread.h>

#include "all-arrive.h"

static pthread_mutex_t locks[3] = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER };
static atomic_int n_arrived;

static void take(int i) {
        pthread_mutex_lock(&locks[i]);
        all_arrive(&n_arrived, 3);
        pthread_mutex_lock(&locks[(i + 1) % 3]);
}

static void *first(void *data) {
        take(0);
        return data;
}

static void *second(void *data) {
        take(1);
        return data;
}

static void *third(void *data) {
        take(2);
        return data;
}

int main(void) {
        void *(*const functions[3])(void *) = { first, second, third };
        pthread_t threads[3];

        for (int i = 0; i < 3; i++)
                pthread_create(&threads[i], NULL, functions[i], NULL);
        for (int i = 0; i < 3; i++)
                pthread_join(threads[i], NULL);
        return 0;
}
