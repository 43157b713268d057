/* A thread holds a lock while another one forks: in the child it stays locked for ever, by nobody.
 *
 * verdict: deadlock main lock
 * exit: 123 */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "all-arrive.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int n_arrived;

static void *hold(void *data) {
        pthread_mutex_lock(&lock);
        all_arrive(&n_arrived, 2);
        sleep(60);
        return data;
}

int main(void) {
        pthread_t thread;

        pthread_create(&thread, NULL, hold, NULL);
        all_arrive(&n_arrived, 2);
        if (fork() == 0) {
                pthread_mutex_lock(&lock);
                _exit(0);
        }
        wait(NULL);
}
