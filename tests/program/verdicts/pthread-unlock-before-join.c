/* The harmless twin of pthread-lock-across-join.
 *
 * verdict: none
 * exit: 0 */
#include <pthread.h>
#include <unistd.h>

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
        usleep(50000);
        pthread_mutex_unlock(&lock);
        pthread_join(thread, NULL);
        return 0;
}
