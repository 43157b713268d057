/* Two spin locks in opposite order: both threads run for ever and get nowhere.
 *
 * verdict: deadlock forth back a b behind: main
 * exit: 123 */
#include <pthread.h>

#include "all-arrive.h"

static pthread_spinlock_t a, b;
static atomic_int n_arrived;

static void *forth(void *data) {
        pthread_spin_lock(&a);
        all_arrive(&n_arrived, 2);
        pthread_spin_lock(&b);
        return data;
}

static void *back(void *data) {
        pthread_spin_lock(&b);
        all_arrive(&n_arrived, 2);
        pthread_spin_lock(&a);
        return data;
}

int main(void) {
        pthread_t threads[2];

        pthread_spin_init(&a, PTHREAD_PROCESS_PRIVATE);
        pthread_spin_init(&b, PTHREAD_PROCESS_PRIVATE);
        pthread_create(&threads[0], NULL, forth, NULL);
        pthread_create(&threads[1], NULL, back, NULL);
        pthread_join(threads[0], NULL);
        pthread_join(threads[1], NULL);
        return 0;
}
