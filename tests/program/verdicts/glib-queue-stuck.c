/* Nobody is left to push what the last consumer waits for. The queue is not called by what the line that makes it says of another.
 *
 * verdict: deadlock main consumer "message queue at glib-queue-stuck.c:20"
 * exit: 123 */
#include <glib.h>

static GAsyncQueue *queue;
static GMutex guard;

static void *consume(void *data) {
        g_async_queue_pop(queue);
        g_async_queue_pop(queue);
        return data;
}

int main(void) {
        GThread *thread;
        int item;

        g_mutex_init(&guard), queue = g_async_queue_new();
        thread = g_thread_new("consumer", consume, NULL);
        g_async_queue_push(queue, &item);
        g_thread_join(thread);
        return 0;
}
