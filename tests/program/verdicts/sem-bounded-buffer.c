/* Two producers and two consumers, a buffer of four, and semaphores that count what is free and what is full.
 *
 * verdict: none
 * exit: 0 */
#include <pthread.h>
#include <semaphore.h>

enum { N_PLACES = 4, N_ITEMS = 500 };

static sem_t n_free, n_full;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned n_put, n_got;

static void *produce(void *data) {
        for (int i = 0; i < N_ITEMS; i++) {
                sem_wait(&n_free);
                pthread_mutex_lock(&lock);
                n_put++;
                pthread_mutex_unlock(&lock);
                sem_post(&n_full);
        }
        return data;
}

static void *consume(void *data) {
        for (int i = 0; i < N_ITEMS; i++) {
                sem_wait(&n_full);
                pthread_mutex_lock(&lock);
                n_got++;
                pthread_mutex_unlock(&lock);
                sem_post(&n_free);
        }
        return data;
}

int main(void) {
        pthread_t threads[4];

        sem_init(&n_free, 0, N_PLACES);
        sem_init(&n_full, 0, 0);
        for (int i = 0; i < 4; i++)
                pthread_create(&threads[i], NULL, i % 2 ? produce : consume, NULL);
        for (int i = 0; i < 4; i++)
                pthread_join(threads[i], NULL);
        return n_put != n_got;
}
