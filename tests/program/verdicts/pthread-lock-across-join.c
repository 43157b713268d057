/* A lock that the joined thread wants is held across the join.
 *
 * verdict: deadlock main worker lock
 * exit: 123 */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *worker(void *data) {
        pthread_mutex_lock(&lock);
        pthread_mutex_unlock(&lock);
        return data;
}

int main(void) {
        pthread_t thread;

        pthread_mutex_lock(&lock);
        pthread_create(&thread, NULL, worker, NULL);
        pthread_join(thread, NULL);
        pthread_mutex_unlock(&lock);
        return 0;
}
