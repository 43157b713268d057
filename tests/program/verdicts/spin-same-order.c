/* The harmless twin of spin-opposite-order.
 *
 * verdict: none
 * exit: 0 */
#include <pthread.h>

#include "all-arrive.h"

static pthread_spinlock_t a, b;
static atomic_int n_arrived;

static void *forth(void *data) {
        all_arrive(&n_arrived, 2);
        pthread_spin_lock(&a);
        pthread_spin_lock(&b);
        pthread_spin_unlock(&b);
        pthread_spin_unlock(&a);
        return data;
}

static void *back(void *data) {
        all_arrive(&n_arrived, 2);
        pthread_spin_lock(&a);
        pthread_spin_lock(&b);
        pthread_spin_unlock(&b);
        pthread_spin_unlock(&a);
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
