/* Two threads take two locks in opposite order, and each waits until the other has its first: it always deadlocks. With an
 * argument, main does not wait for them but goes on, and ends with that status. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t knife = PTHREAD_MUTEX_INITIALIZER, spoon = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both_have_one;

static void *plato(void *argument) {
        pthread_mutex_lock(&knife);
        pthread_barrier_wait(&both_have_one);
        pthread_mutex_lock(&spoon);
        return NULL;
}

static void *kant(void *argument) {
        pthread_mutex_lock(&spoon);
        pthread_barrier_wait(&both_have_one);
        pthread_mutex_lock(&knife);
        return NULL;
}

int main(int argc, char **argv) {
        pthread_t threads[2];

        pthread_barrier_init(&both_have_one, NULL, 2);
        pthread_create(&threads[0], NULL, plato, NULL);
        pthread_create(&threads[1], NULL, kant, NULL);
        if (argc > 1) {
                usleep(700000); /* long enough for it to be seen */
                return atoi(argv[1]);
        }
        pthread_join(threads[0], NULL);
        pthread_join(threads[1], NULL);
        return 0;
}
