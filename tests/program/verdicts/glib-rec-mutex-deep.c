/* Locked again and again by the thread that has it.
 *
 * verdict: none
 * exit: 0 */
#include <glib.h>

static GRecMutex tree;
static int n;

static void visit(int depth) {
        g_rec_mutex_lock(&tree);
        n++;
        if (depth > 0)
                visit(depth - 1);
        g_rec_mutex_unlock(&tree);
}

static void *walk(void *data) {
        for (int i = 0; i < 200; i++)
                visit(5);
        return data;
}

int main(void) {
        GThread *threads[] = { g_thread_new("one", walk, NULL), g_thread_new("other", walk, NULL) };

        g_thread_join(threads[0]);
        g_thread_join(threads[1]);
        return n == 2400 ? 0 : 1;
}
