/* From locking and unlocking to the times in which locks were held. */
#include "store/holds.h"

#include <stdlib.h>

#include "test.h"

/* All holds of a story, in the order in which they are given out. */
struct list {
        struct hold items[8];
        size_t n;
};

static struct list holds_of(const struct event *events, size_t n) {
        struct holds *holds = holds_new();
        struct list list = { .n = 0 };

        for (size_t i = 0; i < n; i++)
                if (holds_apply(holds, &events[i], i + 1, &list.items[list.n]) == 1)
                        list.n++;
        while (holds_rest(holds, &list.items[list.n]) == 1)
                list.n++;
        holds_free(holds);
        return list;
}
#define HOLDS_OF(events) holds_of(events, sizeof(events) / sizeof(*(events)))

TEST(a_hold_lasts_from_lock_to_unlock_of_the_same_thread) {
        const struct event events[] = {
                { .time_ns = 10, .thread = 1, .object = 5, .stack = 3, .kind = EV_LOCK },
                { .time_ns = 20, .thread = 2, .object = 5, .kind = EV_UNLOCK }, /* not its own */
                { .time_ns = 30, .thread = 1, .object = 5, .kind = EV_UNLOCK },
        };
        struct list list = HOLDS_OF(events);

        ASSERT(list.n == 1);
        EXPECT(list.items[0].thread == 1 && list.items[0].object == 5 && list.items[0].stack == 3);
        EXPECT(list.items[0].began_ns == 10 && list.items[0].ended_ns == 30 && list.items[0].event_id == 1);
}

TEST(a_recursive_lock_is_one_hold) {
        const struct event events[] = {
                { .time_ns = 10, .thread = 1, .object = 5, .kind = EV_LOCK },
                { .time_ns = 20, .thread = 1, .object = 5, .kind = EV_LOCK, .flags = RECORD_AGAIN },
                { .time_ns = 30, .thread = 1, .object = 5, .kind = EV_UNLOCK, .flags = RECORD_AGAIN },
                { .time_ns = 40, .thread = 1, .object = 5, .kind = EV_UNLOCK },
        };
        struct list list = HOLDS_OF(events);

        ASSERT(list.n == 1);
        EXPECT_EQ(list.items[0].ended_ns, 40);
}

TEST(a_reader_holds_until_its_last_release) {
        const struct event events[] = {
                { .time_ns = 10, .thread = 1, .object = 5, .kind = EV_LOCK, .flags = RECORD_READ },
                { .time_ns = 15, .thread = 2, .object = 5, .kind = EV_LOCK, .flags = RECORD_READ },
                { .time_ns = 20, .thread = 1, .object = 5, .kind = EV_LOCK, .flags = RECORD_READ },
                { .time_ns = 30, .thread = 1, .object = 5, .kind = EV_UNLOCK, .flags = RECORD_READ },
                { .time_ns = 40, .thread = 1, .object = 5, .kind = EV_UNLOCK, .flags = RECORD_READ },
        };
        struct list list = HOLDS_OF(events);

        ASSERT(list.n == 2);
        EXPECT(list.items[0].thread == 1 && list.items[0].began_ns == 10 && list.items[0].ended_ns == 40);
        EXPECT(list.items[1].thread == 2 && list.items[1].ended_ns == NEVER);
}

TEST(a_lock_taken_again_without_a_release_ends_the_hold_at_a_time_not_known) {
        const struct event events[] = {
                { .time_ns = 10, .thread = 1, .object = 5, .kind = EV_LOCK },
                { .time_ns = 20, .thread = 1, .object = 5, .kind = EV_LOCK },
                { .time_ns = 30, .thread = 1, .object = 5, .kind = EV_UNLOCK },
                { .time_ns = 40, .thread = 1, .object = 5, .kind = EV_UNLOCK },
        };
        struct list list = HOLDS_OF(events);

        ASSERT(list.n == 2);
        EXPECT(list.items[0].began_ns == 10 && list.items[0].ended_ns == NEVER);
        EXPECT(list.items[1].began_ns == 20 && list.items[1].ended_ns == 30);
}

TEST(many_pairs_of_thread_and_lock_are_kept_apart) {
        struct holds *holds = holds_new();
        struct hold hold;
        unsigned n = 0;

        for (uint32_t i = 0; i < 10000; i++) {
                const struct event event = { .time_ns = i, .thread = i % 97, .object = 1 + i / 97, .kind = EV_LOCK };

                EXPECT_EQ(holds_apply(holds, &event, i + 1, &hold), 0);
        }
        for (uint32_t i = 0; i < 10000; i++) {
                const struct event event = { .time_ns = 20000 + i, .thread = i % 97, .object = 1 + i / 97, .kind = EV_UNLOCK };

                n += holds_apply(holds, &event, i + 1, &hold) == 1 && hold.began_ns == i && hold.ended_ns == 20000 + i;
        }
        EXPECT_EQ(n, 10000);
        EXPECT_EQ(holds_rest(holds, &hold), 0);
        holds_free(holds);
}
