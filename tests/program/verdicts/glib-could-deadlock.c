/* Opposite order, but this time one came after the other.
 *
 * verdict: lock-order-cycle forth back table.a table.b
 * exit: 0 */
#include <glib.h>

#include "all-arrive.h"

static struct {
        GMutex a;
        GRecMutex b;
} table;
static atomic_int n_done;

static void *forth(void *data) {
        g_mutex_lock(&table.a);
        g_rec_mutex_lock(&table.b);
        g_rec_mutex_unlock(&table.b);
        g_mutex_unlock(&table.a);
        n_done++;
        return data;
}

static void *back(void *data) {
        all_arrive(&n_done, 2);
        g_rec_mutex_lock(&table.b);
        g_mutex_lock(&table.a);
        g_mutex_unlock(&table.a);
        g_rec_mutex_unlock(&table.b);
        return data;
}

int main(void) {
        GThread *threads[] = { g_thread_new("forth", forth, NULL), g_thread_new("back", back, NULL) };

        g_thread_join(threads[0]);
        g_thread_join(threads[1]);
        return 0;
}
