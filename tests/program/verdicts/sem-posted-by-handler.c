/* The harmless twin of sem-never-posted: a signal handler posts.
 *
 * verdict: none
 * exit: 0 */
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

static sem_t ready;

static void post(int signal) {
        sem_post(&ready);
}

int main(void) {
        sem_init(&ready, 0, 0);
        signal(SIGALRM, post);
        alarm(2);
        while (sem_wait(&ready) != 0)
                if (errno != EINTR)
                        return 1;
        return 0;
}
