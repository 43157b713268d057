/* A thread that is cancelled in a once routine has not run it: the next one does, and waits for nobody.
 *
 * verdict: none
 * exit: 0 */
#include <pthread.h>
#include <unistd.h>

#include "all-arrive.h"

static pthread_once_t made = PTHREAD_ONCE_INIT;
static atomic_int n_begun, n_made;

static void make(void) {
        if (n_begun++ == 0)
                for (;;)
                        pause();
        n_made++;
}

static void *ask(void *data) {
        pthread_once(&made, make);
        return data;
}

int main(void) {
        pthread_t first, second;

        pthread_create(&first, NULL, ask, NULL);
        while (n_begun < 1)
                sched_yield();
        pthread_create(&second, NULL, ask, NULL);
        usleep(300000);
        pthread_cancel(first);
        pthread_join(first, NULL);
        pthread_join(second, NULL);
        pthread_once(&made, make);
        return n_made == 1 && n_begun == 2 ? 0 : 1;
}
