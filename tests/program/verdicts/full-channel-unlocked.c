/* The harmless twin of the gallery's full-channel: the sender waits for room without holding what the receiver needs.
 *
 * verdict: none
 * exit: 0 */
#include <heddle/heddle.h>

static struct heddle_mutex lock = HEDDLE_MUTEX_INIT;
static struct heddle_sender sender;
static struct heddle_receiver receiver;

static void *cook(void *data) {
        int error = 0;

        for (int i = 0; i < 20 && error == 0; i++) {
                HEDDLE_WITH(&lock)
                        heddle_yield();
                error = heddle_send(&sender, &i);
        }
        heddle_sender_drop(&sender);
        return data;
}

static void *serve(void *data) {
        int dish;

        while (heddle_recv(&receiver, &dish) == 0)
                HEDDLE_WITH(&lock)
                        heddle_sleep(HEDDLE_MS);
        heddle_receiver_drop(&receiver);
        return data;
}

int main(void) {
        heddle_thread *kitchen, *waiter;

        if (heddle_channel("counter", sizeof(int), 2, &sender, &receiver) < 0 ||
            heddle_spawn("kitchen", cook, NULL, &kitchen) < 0 || heddle_spawn("waiter", serve, NULL, &waiter) < 0)
                return 1;
        heddle_join(kitchen, NULL);
        heddle_join(waiter, NULL);
        return 0;
}
