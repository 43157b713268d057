/* The state of a program at one moment, from stories. */
#include "told.h"

struct held {
        uint32_t objects[8];
        uint32_t threads[8];
        size_t n;
};

static void note(const struct holding *holding, void *data) {
        struct held *held = data;

        held->objects[held->n % 8] = holding->object;
        held->threads[held->n++ % 8] = holding->thread;
}

TEST(holdings_are_told_in_the_order_in_which_they_were_taken) {
        struct story *s = story("T1: lock A; T2: lock B, lock C; T1: lock D, unlock A; T2: unlock B");
        struct world *world = world_after(s);
        struct held held = { .n = 0 };

        world_holdings(world, note, &held);
        EXPECT_EQ(held.n, 2);
        EXPECT_EQ(held.objects[0], story_object(s, "C"));
        EXPECT_EQ(held.objects[1], story_object(s, "D"));
        EXPECT_EQ(held.threads[1], story_thread(s, "T1"));
        world_free(world);
}

TEST(a_thread_waits_from_its_wait_until_it_gets_or_gives_up) {
        struct story *s = story("T1: lock A; T2: wait-lock A @7; T3: wait-lock A timed, lock-failed A; T1: exit");
        struct world *world = world_after(s);
        const struct thread_state *state = world_thread(world, story_thread(s, "T2"));

        ASSERT(state != NULL);
        EXPECT_EQ(state->doing, DOING_WAIT);
        EXPECT_EQ(state->object, story_object(s, "A"));
        EXPECT_EQ(state->event, EV_LOCK_WAIT);
        EXPECT_EQ(state->event_id, 2);
        EXPECT_EQ(catalog_site(&s->catalog, state->stack)->line, 7);
        EXPECT_EQ(world_thread(world, story_thread(s, "T3"))->doing, DOING_RUN);
        EXPECT_EQ(world_thread(world, story_thread(s, "T3"))->n_events, 2);
        EXPECT_EQ(world_thread(world, story_thread(s, "T1"))->doing, DOING_ENDED);
        EXPECT(world_thread(world, 4711) == NULL);
        world_free(world);
}

TEST(a_spawned_thread_is_there_before_its_first_event) {
        struct story *s = story("main: spawn T1");
        struct world *world = world_after(s);

        ASSERT(world_thread(world, story_thread(s, "T1")) != NULL);
        EXPECT_EQ(world_thread(world, story_thread(s, "T1"))->doing, DOING_RUN);
        EXPECT_EQ(world_n_threads(world), 2);
        world_free(world);
}

TEST(recursive_locks_are_held_until_the_last_unlock) {
        struct story *s = story("T1: lock A, lock A again, unlock A again");
        struct world *world = world_after(s);
        struct held held = { .n = 0 };

        world_holdings(world, note, &held);
        EXPECT_EQ(held.n, 1);
        world_free(world);
}

TEST(a_lock_whose_unlock_was_lost_has_one_owner_only) {
        struct story *s = story("T1: lock A; T2: lock A; T2: lock A");
        struct world *world = world_after(s);
        struct held held = { .n = 0 };

        world_holdings(world, note, &held);
        EXPECT_EQ(held.n, 1);
        EXPECT_EQ(held.threads[0], story_thread(s, "T2"));
        world_free(world);
}

TEST(a_lock_unlocked_by_another_thread_is_free) {
        EXPECT_EQ(N_STUCK("T1: lock A, lock B; T2: unlock A; T3: wait-lock A, lock A, wait-lock B; T1: wait-lock C"), 0);
}

TEST(the_waker_of_a_lock_is_its_owner) {
        struct story *s = story("T1: lock A; T2: wait-lock A");
        struct world *world = world_after(s);
        uint32_t wakers[4];
        bool all;

        EXPECT_EQ(world_wakers(world, story_thread(s, "T2"), wakers, 4, &all), 1);
        EXPECT_EQ(wakers[0], story_thread(s, "T1"));
        EXPECT(!all);
        EXPECT_EQ(world_wakers(world, story_thread(s, "T1"), wakers, 4, &all), 0);
        world_free(world);
}

TEST(a_waiting_writer_needs_every_reader) {
        struct story *s = story("R1: lock L read; R2: lock L read; W: wait-lock L write");
        struct world *world = world_after(s);
        uint32_t wakers[1];
        bool all;

        EXPECT_EQ(world_wakers(world, story_thread(s, "W"), wakers, 1, &all), 2);
        EXPECT(all);
        world_free(world);
}

TEST(anybody_alive_in_the_process_can_signal) {
        struct story *s = story("T1: wait-cond C; T2: start; T3: exit; Far/2: start");
        struct world *world = world_after(s);
        uint32_t wakers[4];
        bool all;

        EXPECT_EQ(world_wakers(world, story_thread(s, "T1"), wakers, 4, &all), 1);
        EXPECT_EQ(wakers[0], story_thread(s, "T2"));
        world_free(world);
}

TEST(events_of_threads_and_objects_that_cannot_be_are_let_be) {
        struct story *s = story("T1: lock A");
        struct event bad[] = { { .kind = EV_LOCK, .thread = 4000000, .object = 1 }, { .kind = EV_LOCK, .thread = 1, .object = 4000000 },
                               { .kind = 255, .thread = 1 }, { .kind = EV_SEND, .thread = 1, .object = 1, .value = UINT32_MAX },
                               { .kind = EV_JOIN_WAIT, .thread = 1, .object = 0 } };
        struct world *world = world_after(s);
        struct finding_list list = { 0 };

        for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
                EXPECT_EQ(world_apply(world, &s->catalog, &bad[i], i + 10), 0);
        EXPECT_EQ(world_deadlock(world, &s->catalog, &list), 0);
        world_free(world);
}
