/* Two threads of C11 take two of its mutexes in opposite order, one after the other this time.
 *
 * verdict: lock-order-cycle forth back a b
 * exit: 0 */
#include <threads.h>

#include "all-arrive.h"

static mtx_t a, b;
static atomic_int n_arrived;

static int forth(void *data) {
        mtx_lock(&a);
        mtx_lock(&b);
        mtx_unlock(&b);
        mtx_unlock(&a);
        all_arrive(&n_arrived, 2);
        return 0;
}

static int back(void *data) {
        while (n_arrived == 0)
                thrd_yield();
        mtx_lock(&b);
        mtx_lock(&a);
        mtx_unlock(&a);
        mtx_unlock(&b);
        all_arrive(&n_arrived, 2);
        return 0;
}

int main(void) {
        thrd_t threads[2];

        mtx_init(&a, mtx_plain);
        mtx_init(&b, mtx_recursive);
        thrd_create(&threads[0], forth, NULL);
        thrd_create(&threads[1], back, NULL);
        thrd_join(threads[0], NULL);
        thrd_join(threads[1], NULL);
        return 0;
}
