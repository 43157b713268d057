/* A kitchen writes down every dish and puts it on a counter with room for two, all under one lock. The waiter takes the
 * first dish, and then wants that lock to look at the list.
 *
 * verdict: deadlock kitchen waiter counter list_lock behind: main
 * exit: 123 */
#include <heddle/heddle.h>

#include <stdio.h>
#include <stdlib.h>

static struct heddle_mutex list_lock = HEDDLE_MUTEX_INIT;
static struct heddle_sender kitchen_side;
static struct heddle_receiver dining_side;
static int n_listed;

static void *cook(void *data) {
        int error = 0;

        HEDDLE_GUARD guard = heddle_mutex_guard(&list_lock);
        for (int dish = 1; dish <= 4 && error == 0; dish++) {
                n_listed++;
                error = heddle_send(&kitchen_side, &dish);
        }
        heddle_sender_drop(&kitchen_side);
        return data;
}

static void *serve(void *data) {
        int dish;

        while (heddle_recv(&dining_side, &dish) == 0)
                HEDDLE_WITH(&list_lock)
                        printf("dish %d of %d is served\n", dish, n_listed);
        heddle_receiver_drop(&dining_side);
        return data;
}

int main(void) {
        heddle_thread *kitchen, *waiter;

        if (heddle_channel("counter", sizeof(int), 2, &kitchen_side, &dining_side) < 0 ||
            heddle_spawn("kitchen", cook, NULL, &kitchen) < 0 || heddle_spawn("waiter", serve, NULL, &waiter) < 0)
                return EXIT_FAILURE;
        heddle_join(kitchen, NULL);
        heddle_join(waiter, NULL);
        return EXIT_SUCCESS;
}
