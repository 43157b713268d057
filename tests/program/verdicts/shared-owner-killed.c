/* A process is killed while it holds a lock that others use too.
 *
 * verdict: deadlock main shared->a
 * exit: 123 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared.h"

int main(void) {
        struct shared *shared = shared_map(-1);

        shared_init(shared, PTHREAD_MUTEX_STALLED);
        if (fork() == 0) {
                pthread_mutex_lock(&shared->a);
                raise(SIGKILL);
        }
        wait(NULL);
        pthread_mutex_lock(&shared->a);
}
