/* The language that the other tests are written in. */
#include "story.h"
#include "test.h"

TEST(a_story_becomes_events_in_the_order_it_is_told) {
        struct story *s = story("T1: lock A, spawn T2; T2: wait-lock A; T1: unlock A; T2: lock A try timed @40 in f");

        ASSERT(s->n_events == 5);
        EXPECT_EQ(s->events[0].kind, EV_LOCK);
        EXPECT_EQ(s->events[1].kind, EV_SPAWN);
        EXPECT_EQ(catalog_object_thread(&s->catalog, s->events[1].object), story_thread(s, "T2"));
        EXPECT_EQ(s->events[2].thread, story_thread(s, "T2"));
        EXPECT_EQ(s->events[3].sequence, 2);
        EXPECT_EQ(s->events[4].flags, RECORD_TRY | RECORD_TIMED);
        EXPECT_EQ(s->events[4].object, story_object(s, "A"));
        EXPECT_EQ(catalog_site(&s->catalog, s->events[4].stack)->line, 40);
        EXPECT_STR(catalog_site(&s->catalog, s->events[4].stack)->function, "f");
        EXPECT_EQ(catalog_thread(&s->catalog, story_thread(s, "T2"))->parent, story_thread(s, "T1"));
}

TEST(a_lock_that_was_destroyed_comes_back_as_another_one_at_its_address) {
        struct story *s = story("T1: lock A, unlock A, destroy A, lock A");

        ASSERT(s->n_events == 4);
        EXPECT(s->events[0].object != s->events[3].object);
        EXPECT_EQ(catalog_object(&s->catalog, s->events[0].object)->address, catalog_object(&s->catalog, s->events[3].object)->address);
}

TEST(times_kinds_and_numbers_can_be_said) {
        struct story *s = story("T1: lock A at 1.204s, lock R read, channel ch =4, sender-clone ch, send ch =2, lock semaphore:S;"
                                "P/2: recv ch");

        ASSERT(s->n_events == 7);
        EXPECT_EQ(s->events[0].time_ns, 1204000000);
        EXPECT_EQ(s->events[1].time_ns, 1205000000);
        EXPECT_EQ(catalog_object(&s->catalog, s->events[1].object)->kind, OBJECT_RWLOCK);
        EXPECT_EQ(catalog_object(&s->catalog, s->events[2].object)->capacity, 4);
        EXPECT_EQ(s->events[3].value, 2);
        EXPECT_EQ(s->events[4].value, 2);
        EXPECT_EQ(s->events[4].sequence, 1);
        EXPECT_EQ(catalog_object(&s->catalog, s->events[5].object)->kind, OBJECT_SEMAPHORE);
        EXPECT_EQ(catalog_thread(&s->catalog, s->events[6].thread)->process, 2);
}

TEST(a_source_gives_every_event_once_and_counts_from_one) {
        struct story *s = story("T1: lock A, unlock A, lock A, unlock A, lock A, unlock A, lock A, unlock A");
        struct event_source *source = story_source(s);
        const struct event *events;
        uint64_t wanted = 1;
        int n;

        while ((n = source->next(source, &events)) > 0) {
                EXPECT_EQ(source->first_id, wanted);
                wanted += (uint64_t) n;
        }
        EXPECT_EQ(n, 0);
        EXPECT_EQ(wanted, 9);
}

TEST(a_bad_story_says_what_is_bad_and_where) {
        static const struct {
                const char *text, *error;
        } bad[] = {
                { "T1: lock A, lack B", "\"lack\" is no event" },
                { "T1: lock A B", "two objects" },
                { "T1: lock", "of what?" },
                { "T1: lock A,, unlock A", "an empty step" },
                { "lock A", "begins with the name of a thread" },
                { "T1: lock A @x", "not a number" },
                { "T1: lock A at 3", "not a time" },
                { "T1: lock gizmo:A", "no kind of object" },
                { "T1: process-exit A", "about no object" },
        };
        char error[STORY_ERROR_BYTES];

        for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
                story_read(bad[i].text, error);
                EXPECT_CONTAINS(error, bad[i].error);
        }
}
