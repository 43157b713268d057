/* Readers that let go before they write.
 *
 * verdict: none
 * exit: 0 */
#include <glib.h>

static GRWLock table;
static int value;

static void *upgrade(void *data) {
        int seen = 0;

        for (int i = 0; i < 500; i++) {
                g_rw_lock_reader_lock(&table);
                seen += value;
                g_rw_lock_reader_unlock(&table);
                if (g_rw_lock_writer_trylock(&table))
                        g_rw_lock_writer_unlock(&table);
                g_rw_lock_writer_lock(&table);
                value++;
                g_rw_lock_writer_unlock(&table);
        }
        return seen < 0 ? NULL : data;
}

int main(void) {
        GThread *threads[] = { g_thread_new("one", upgrade, NULL), g_thread_new("other", upgrade, NULL) };

        g_thread_join(threads[0]);
        g_thread_join(threads[1]);
        return 0;
}
