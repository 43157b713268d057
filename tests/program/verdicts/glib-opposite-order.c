/* GLib's mutexes and threads: both threads hold one and want the other.
 *
 * verdict: deadlock forth back a b behind: main
 * exit: 123 */
#include <glib.h>

#include "all-arrive.h"

static GMutex a, b;
static atomic_int n_arrived;

static void *forth(void *data) {
        g_mutex_lock(&a);
        all_arrive(&n_arrived, 2);
        g_mutex_lock(&b);
        return data;
}

static void *back(void *data) {
        g_mutex_lock(&b);
        all_arrive(&n_arrived, 2);
        g_mutex_lock(&a);
        return data;
}

int main(void) {
        GThread *threads[] = { g_thread_new("forth", forth, NULL), g_thread_new("back", back, NULL) };

        g_thread_join(threads[0]);
        g_thread_join(threads[1]);
        return 0;
}
