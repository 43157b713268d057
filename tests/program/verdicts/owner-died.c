/* A mutex whose owner has ended.
 *
 * verdict: deadlock main lock
 * exit: 123 */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *forget_to_unlock(void *data) {
        pthread_mutex_lock(&lock);
        return data;
}

int main(void) {
        pthread_t thread;

        pthread_create(&thread, NULL, forget_to_unlock, NULL);
        pthread_join(thread, NULL);
        pthread_mutex_lock(&lock);
        return 0;
}
