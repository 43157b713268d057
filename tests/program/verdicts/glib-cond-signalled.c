/* The same with somebody who signals, and a wait that ends by itself.
 *
 * verdict: none
 * exit: 0 */
#include <glib.h>

static GMutex mutex;
static GCond filled;
static int full;

static void *waiter(void *data) {
        g_mutex_lock(&mutex);
        while (!full)
                g_cond_wait(&filled, &mutex);
        g_mutex_unlock(&mutex);
        return data;
}

int main(void) {
        GThread *thread = g_thread_new("waiter", waiter, NULL);
        gint64 end = g_get_monotonic_time() + 700 * G_TIME_SPAN_MILLISECOND;

        g_mutex_lock(&mutex);
        while (g_cond_wait_until(&filled, &mutex, end))
                ;
        full = 1;
        g_cond_broadcast(&filled);
        g_mutex_unlock(&mutex);
        g_thread_join(thread);
        return 0;
}
