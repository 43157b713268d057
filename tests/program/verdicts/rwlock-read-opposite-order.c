/* The harmless twin of rwlock-opposite-order: readers do not exclude each other.
 *
 * verdict: none
 * exit: 0 */
#include <pthread.h>

#include "all-arrive.h"

static pthread_rwlock_t a = PTHREAD_RWLOCK_INITIALIZER, b = PTHREAD_RWLOCK_INITIALIZER;
static atomic_int n_arrived;

static void *forth(void *data) {
        pthread_rwlock_rdlock(&a);
        all_arrive(&n_arrived, 2);
        pthread_rwlock_rdlock(&b);
        pthread_rwlock_unlock(&b);
        pthread_rwlock_unlock(&a);
        return data;
}

static void *back(void *data) {
        pthread_rwlock_rdlock(&b);
        all_arrive(&n_arrived, 2);
        pthread_rwlock_rdlock(&a);
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
