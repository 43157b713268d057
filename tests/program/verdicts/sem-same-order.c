/* The harmless twin of sem-opposite-order: semaphores used like locks, always in one order.
 *
 * verdict: none
 * exit: 0 */
#include <pthread.h>
#include <semaphore.h>

static sem_t left, right;
static int n_done;

static void *work(void *data) {
        for (int i = 0; i < 1000; i++) {
                sem_wait(&left);
                sem_wait(&right);
                n_done++;
                sem_post(&right);
                sem_post(&left);
        }
        return data;
}

int main(void) {
        pthread_t threads[2];

        sem_init(&left, 0, 1);
        sem_init(&right, 0, 1);
        for (int i = 0; i < 2; i++)
                pthread_create(&threads[i], NULL, work, NULL);
        for (int i = 0; i < 2; i++)
                pthread_join(threads[i], NULL);
        sem_destroy(&left);
        sem_destroy(&right);
        return n_done != 2000;
}
