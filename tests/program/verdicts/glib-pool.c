/* A thread pool: the threads that GLib keeps for it wait for work, which is no deadlock.
 *
 * verdict: none
 * exit: 0 */
#include <glib.h>

static GMutex mutex;
static int n_done;

static void work(void *item, void *data) {
        g_mutex_lock(&mutex);
        n_done++;
        g_mutex_unlock(&mutex);
}

int main(void) {
        GThreadPool *pool = g_thread_pool_new(work, NULL, 2, FALSE, NULL);

        for (int i = 1; i <= 100; i++)
                g_thread_pool_push(pool, GINT_TO_POINTER(i), NULL);
        g_usleep(G_USEC_PER_SEC);
        g_thread_pool_free(pool, FALSE, TRUE);
        return n_done == 100 ? 0 : 1;
}
