/* Both wait for the other to signal.
 *
 * verdict: deadlock main waiter filled emptied
 * exit: 123 */
#include <glib.h>

static GMutex mutex;
static GCond filled, emptied;
static int full;

static void *waiter(void *data) {
        g_mutex_lock(&mutex);
        while (!full)
                g_cond_wait(&filled, &mutex);
        g_mutex_unlock(&mutex);
        return data;
}

int main(void) {
        g_thread_unref(g_thread_new("waiter", waiter, NULL));
        g_mutex_lock(&mutex);
        while (!full)
                g_cond_wait(&emptied, &mutex);
        g_mutex_unlock(&mutex);
        return 0;
}
