/* Parent and children lock two mutexes in memory that they share, all in the same order.
 *
 * verdict: none
 * exit: 0 */
#include <sys/wait.h>
#include <unistd.h>

#include "shared.h"

static void work(struct shared *shared) {
        for (int i = 0; i < 100; i++) {
                pthread_mutex_lock(&shared->a);
                pthread_mutex_lock(&shared->b);
                pthread_mutex_unlock(&shared->b);
                pthread_mutex_unlock(&shared->a);
        }
}

int main(void) {
        struct shared *shared = shared_map(-1);

        shared_init(shared, PTHREAD_MUTEX_STALLED);
        for (int i = 0; i < 3; i++)
                if (fork() == 0) {
                        work(shared);
                        _exit(0);
                }
        work(shared);
        while (wait(NULL) > 0)
                ;
}
