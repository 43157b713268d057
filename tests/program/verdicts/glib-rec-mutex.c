/* A recursive mutex is let go of only with its last unlock.
 *
 * verdict: deadlock inner main tree leaf
 * exit: 123 */
#include <glib.h>

#include "all-arrive.h"

static GRecMutex tree;
static GMutex leaf;
static atomic_int n_arrived;

static void *inner(void *data) {
        g_rec_mutex_lock(&tree);
        g_rec_mutex_lock(&tree);
        g_rec_mutex_unlock(&tree);
        all_arrive(&n_arrived, 2);
        g_mutex_lock(&leaf);
        return data;
}

int main(void) {
        g_thread_new("inner", inner, NULL);
        g_mutex_lock(&leaf);
        all_arrive(&n_arrived, 2);
        g_rec_mutex_lock(&tree);
        return 0;
}
