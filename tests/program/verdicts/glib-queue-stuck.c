/* Nobody is left to push what the last consumer waits for.
 *
 * verdict: deadlock main consumer "message queue at glib-queue-stuck.c:19"
 * exit: 123 */
#include <glib.h>

static GAsyncQueue *queue;

static void *consume(void *data) {
        g_async_queue_pop(queue);
        g_async_queue_pop(queue);
        return data;
}

int main(void) {
        GThread *thread;
        int item;

        queue = g_async_queue_new();
        thread = g_thread_new("consumer", consume, NULL);
        g_async_queue_push(queue, &item);
        g_thread_join(thread);
        return 0;
}
