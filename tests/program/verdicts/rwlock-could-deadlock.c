/* A reader and a writer in opposite order, of which nothing comes in this run.
 *
 * verdict: lock-order-cycle forth back a b
 * exit: 0 */
#include <pthread.h>

#include "all-arrive.h"

static pthread_rwlock_t a = PTHREAD_RWLOCK_INITIALIZER, b = PTHREAD_RWLOCK_INITIALIZER;
static atomic_int n_done;

static void *forth(void *data) {
        pthread_rwlock_rdlock(&a);
        pthread_rwlock_wrlock(&b);
        pthread_rwlock_unlock(&b);
        pthread_rwlock_unlock(&a);
        n_done++;
        return data;
}

static void *back(void *data) {
        all_arrive(&n_done, 2);
        pthread_rwlock_rdlock(&b);
        pthread_rwlock_wrlock(&a);
        pthread_rwlock_unlock(&a);
        pthread_rwlock_unlock(&b);
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
