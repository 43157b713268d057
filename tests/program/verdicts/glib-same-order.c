/* The same order in both threads, and try-locks the other way round: no harm.
 *
 * verdict: none
 * exit: 0 */
#include <glib.h>

static GMutex a, b;
static int n;

static void *forth(void *data) {
        for (int i = 0; i < 1000; i++) {
                g_mutex_lock(&a);
                g_mutex_lock(&b);
                n++;
                g_mutex_unlock(&b);
                g_mutex_unlock(&a);
        }
        return data;
}

static void *polite(void *data) {
        for (int i = 0; i < 1000; i++) {
                g_mutex_lock(&b);
                if (g_mutex_trylock(&a)) {
                        n++;
                        g_mutex_unlock(&a);
                }
                g_mutex_unlock(&b);
        }
        return data;
}

int main(void) {
        GThread *threads[] = { g_thread_new("forth", forth, NULL), g_thread_new("forth", forth, NULL), g_thread_new("polite", polite, NULL) };

        for (int i = 0; i < 3; i++)
                g_thread_join(threads[i]);
        return 0;
}
