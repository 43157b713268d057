/* Two threads of C11 take two of its mutexes in opposite order, and deadlock.
 *
 * verdict: deadlock forth back a b behind: main
 * exit: 123 */
#include <threads.h>

#include "all-arrive.h"

static mtx_t a, b;
static atomic_int n_arrived;

static int forth(void *data) {
        mtx_lock(&a);
        all_arrive(&n_arrived, 2);
        mtx_lock(&b);
        return 0;
}

static int back(void *data) {
        mtx_lock(&b);
        all_arrive(&n_arrived, 2);
        mtx_lock(&a);
        return 0;
}

int main(void) {
        thrd_t threads[2];

        mtx_init(&a, mtx_plain);
        mtx_init(&b, mtx_plain);
        thrd_create(&threads[0], forth, NULL);
        thrd_create(&threads[1], back, NULL);
        thrd_join(threads[0], NULL);
        thrd_join(threads[1], NULL);
        return 0;
}
