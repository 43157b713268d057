/* A producer and two consumers, which are told to stop. Every way in and out, also of callers that lock the queue themselves.
 *
 * verdict: none
 * exit: 0 */
#include <glib.h>

static GAsyncQueue *queue;
static int last;

static void *consume(void *data) {
        while (g_async_queue_pop(queue) != &last)
                ;
        return data;
}

static void *consume_locked(void *data) {
        void *item;

        do {
                g_async_queue_lock(queue);
                item = g_async_queue_try_pop_unlocked(queue);
                if (!item)
                        item = g_async_queue_timeout_pop_unlocked(queue, 100);
                if (!item)
                        item = g_async_queue_pop_unlocked(queue);
                g_async_queue_unlock(queue);
        } while (item != &last);
        return data;
}

static int compare(const void *left, const void *right, void *data) {
        return (left == &last) - (right == &last);
}

int main(void) {
        GThread *threads[2];
        int items[1000];

        queue = g_async_queue_new();
        threads[0] = g_thread_new("consumer", consume, NULL);
        threads[1] = g_thread_new("locker", consume_locked, NULL);
        for (int i = 0; i < 1000; i++) {
                if (i % 3 == 0)
                        g_async_queue_push_front(queue, &items[i]);
                else
                        g_async_queue_push(queue, &items[i]);
                if (i % 100 == 99 && g_async_queue_remove(queue, &items[i]))
                        g_async_queue_push_sorted(queue, &items[i], compare, NULL);
        }
        g_async_queue_lock(queue);
        g_async_queue_push_sorted_unlocked(queue, &last, compare, NULL);
        g_async_queue_push_unlocked(queue, &last);
        g_async_queue_unlock(queue);
        g_thread_join(threads[0]);
        g_thread_join(threads[1]);
        g_async_queue_unref(queue);
        return 0;
}
