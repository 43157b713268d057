/* Two threads deadlock while main is busy: that is enough to stop the program.
 *
 * verdict: deadlock forth back a b
 * exit: 123 */
#include <pthread.h>
#include <unistd.h>

#include "all-arrive.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static atomic_int n_arrived;

static void *forth(void *data) {
        pthread_mutex_lock(&a);
        all_arrive(&n_arrived, 3);
        pthread_mutex_lock(&b);
        return data;
}

static void *back(void *data) {
        pthread_mutex_lock(&b);
        all_arrive(&n_arrived, 3);
        pthread_mutex_lock(&a);
        return data;
}

int main(void) {
        pthread_t threads[2];

        pthread_create(&threads[0], NULL, forth, NULL);
        pthread_create(&threads[1], NULL, back, NULL);
        all_arrive(&n_arrived, 3);
        sleep(60);
        return 5;
}
