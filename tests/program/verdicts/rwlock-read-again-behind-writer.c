/* A lock that prefers writers, read again while a writer waits.
 *
 * verdict: deadlock reader writer table behind: main
 * exit: 123 */
#include <pthread.h>

#include "all-arrive.h"

static pthread_rwlock_t table = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static atomic_int n_arrived;

static void *writer(void *data) {
        all_arrive(&n_arrived, 2);
        pthread_rwlock_wrlock(&table);
        pthread_rwlock_unlock(&table);
        return data;
}

static void *reader(void *data) {
        pthread_rwlock_rdlock(&table);
        all_arrive(&n_arrived, 2);
        while (pthread_rwlock_tryrdlock(&table) == 0) { /* until the writer waits */
                pthread_rwlock_unlock(&table);
                sched_yield();
        }
        pthread_rwlock_rdlock(&table);
        pthread_rwlock_unlock(&table);
        pthread_rwlock_unlock(&table);
        return data;
}

int main(void) {
        pthread_t threads[2];

        pthread_create(&threads[0], NULL, writer, NULL);
        pthread_create(&threads[1], NULL, reader, NULL);
        pthread_join(threads[0], NULL);
        pthread_join(threads[1], NULL);
        return 0;
}
