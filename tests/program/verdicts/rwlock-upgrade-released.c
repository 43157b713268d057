/* The harmless twin of rwlock-upgrade-race.
 *
 * verdict: none
 * exit: 0 */
#include <pthread.h>

#include "all-arrive.h"

static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static atomic_int n_arrived;

static void *one(void *data) {
        pthread_rwlock_rdlock(&table);
        all_arrive(&n_arrived, 2);
        pthread_rwlock_unlock(&table);
        pthread_rwlock_wrlock(&table);
        pthread_rwlock_unlock(&table);
        return data;
}

static void *other(void *data) {
        pthread_rwlock_rdlock(&table);
        all_arrive(&n_arrived, 2);
        pthread_rwlock_unlock(&table);
        pthread_rwlock_wrlock(&table);
        pthread_rwlock_unlock(&table);
        return data;
}

int main(void) {
        pthread_t threads[2];

        pthread_create(&threads[0], NULL, one, NULL);
        pthread_create(&threads[1], NULL, other, NULL);
        pthread_join(threads[0], NULL);
        pthread_join(threads[1], NULL);
        return 0;
}
