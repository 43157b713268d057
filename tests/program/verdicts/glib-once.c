/* Two threads want the same thing done once, in both of GLib's ways.
 *
 * verdict: none
 * exit: 0 */
#include <glib.h>

static GOnce once = G_ONCE_INIT;
static gsize made;

static void *slowly(void *data) {
        g_usleep(G_USEC_PER_SEC / 2);
        return data;
}

static void *use(void *data) {
        if (g_once_init_enter(&made)) {
                slowly(NULL);
                g_once_init_leave(&made, 1);
        }
        g_once(&once, slowly, data);
        return data;
}

int main(void) {
        GThread *threads[] = { g_thread_new("one", use, NULL), g_thread_new("other", use, NULL) };

        g_thread_join(threads[0]);
        g_thread_join(threads[1]);
        return 0;
}
