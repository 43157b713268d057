/* recorded-flood N: two threads lock and unlock a lock of their own, N times each, as fast as they can. */
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t locks[2] = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER };
static long n;

static void *flood(void *lock) {
        for (long i = 0; i < n; i++) {
                pthread_mutex_lock(lock);
                pthread_mutex_unlock(lock);
        }
        return NULL;
}

int main(int argc, char **argv) {
        pthread_t threads[2];

        n = argc > 1 ? atol(argv[1]) : 1000;
        for (int i = 0; i < 2; i++)
                pthread_create(&threads[i], NULL, flood, &locks[i]);
        for (int i = 0; i < 2; i++)
                pthread_join(threads[i], NULL);
        return 3;
}
