/* A process is killed while it holds a robust lock: the next one is told so.
 *
 * verdict: none
 * exit: 0 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared.h"

int main(void) {
        struct shared *shared = shared_map(-1);

        shared_init(shared, PTHREAD_MUTEX_ROBUST);
        if (fork() == 0) {
                pthread_mutex_lock(&shared->a);
                shared_arrive(shared, 2);
                usleep(300000);
                raise(SIGKILL);
        }
        shared_arrive(shared, 2);
        if (pthread_mutex_lock(&shared->a) != EOWNERDEAD || pthread_mutex_consistent(&shared->a) != 0)
                return 1;
        usleep(600000);
        pthread_mutex_unlock(&shared->a);
        wait(NULL);
        return 0;
}
