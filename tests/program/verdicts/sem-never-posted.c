/* Everybody waits for a semaphore that nobody is left to post.
 *
 * verdict: deadlock main ready
 * exit: 123 */
#include <pthread.h>
#include <semaphore.h>

static sem_t ready;

static void *forget_to_post(void *data) {
        return data;
}

int main(void) {
        pthread_t thread;

        sem_init(&ready, 0, 0);
        pthread_create(&thread, NULL, forget_to_post, NULL);
        pthread_join(thread, NULL);
        sem_wait(&ready);
        return 0;
}
