/* The harmless twin of pthread-opposite-order: both take a before b.
 *
 * verdict: none
 * exit: 0 */
#include <pthread.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;

static void *both(void *data) {
        for (int i = 0; i < 100; i++) {
                pthread_mutex_lock(&a);
                pthread_mutex_lock(&b);
                pthread_mutex_unlock(&b);
                pthread_mutex_unlock(&a);
        }
        return data;
}

int main(void) {
        pthread_t threads[2];

        pthread_create(&threads[0], NULL, both, NULL);
        pthread_create(&threads[1], NULL, both, NULL);
        pthread_join(threads[0], NULL);
        pthread_join(threads[1], NULL);
        return 0;
}
