/* Two readers both want to write, and neither lets go of what it reads.
 *
 * verdict: deadlock one other table behind: main
 * exit: 123 */
#include <glib.h>

#include "all-arrive.h"

static GRWLock table;
static atomic_int n_arrived;

static void *upgrade(void *data) {
        g_rw_lock_reader_lock(&table);
        all_arrive(&n_arrived, 2);
        g_rw_lock_writer_lock(&table);
        return data;
}

int main(void) {
        GThread *threads[] = { g_thread_new("one", upgrade, NULL), g_thread_new("other", upgrade, NULL) };

        g_thread_join(threads[0]);
        g_thread_join(threads[1]);
        return 0;
}
