/* Parent and child lock two mutexes in memory that they share, each beginning with another one.
 *
 * verdict: deadlock main main shared->a shared->b
 * exit: 123 */
#include <sys/wait.h>
#include <unistd.h>

#include "shared.h"

int main(void) {
        struct shared *shared = shared_map(-1);

        shared_init(shared, PTHREAD_MUTEX_STALLED);
        if (fork() == 0) {
                pthread_mutex_lock(&shared->b);
                shared_arrive(shared, 2);
                pthread_mutex_lock(&shared->a);
                _exit(0);
        }
        pthread_mutex_lock(&shared->a);
        shared_arrive(shared, 2);
        pthread_mutex_lock(&shared->b);
        wait(NULL);
}
