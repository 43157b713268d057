/* Intervals between events. */
#include <stdlib.h>

#include "analysis/analysis.h"
#include "story.h"
#include "test.h"

static bool derive(struct story *story, struct derived *ret_derived) {
        struct finding_list list;
        int r = analyse(story_source(story), &story->catalog, ANALYSE_HOLDS, ret_derived, &list);

        EXPECT_EQ(r, 0);
        if (r == 0)
                finding_list_finish(&list);
        return r == 0;
}

TEST(a_wait_says_for_whom_and_how_it_ended) {
        struct story *s = story("T1: lock A; T2: wait-lock A; T1: unlock A; T2: lock A; T3: wait-lock A timed, lock-failed A =110, wait-join T2");
        struct derived derived;

        ASSERT(derive(s, &derived));
        ASSERT(derived.n_waits == 3);
        EXPECT_EQ(derived.waits[0].owner, story_thread(s, "T1"));
        EXPECT_EQ(derived.waits[0].began_ns, 2000000);
        EXPECT_EQ(derived.waits[0].ended_ns, 4000000);
        EXPECT_EQ(derived.waits[0].ended_by, EV_LOCK);
        EXPECT_EQ(derived.waits[0].event_id, 2);
        EXPECT_EQ(derived.waits[1].owner, story_thread(s, "T2"));
        EXPECT_EQ(derived.waits[1].ended_by, EV_LOCK_FAIL);
        EXPECT_EQ(derived.waits[2].kind, EV_JOIN_WAIT);
        EXPECT_EQ(derived.waits[2].owner, story_thread(s, "T2"));
        EXPECT_EQ(derived.waits[2].ended_ns, NEVER);
        EXPECT_EQ(derived.waits[2].ended_by, 0);
        derived_finish(&derived);
}

TEST(holds_are_by_begin_and_end_with_their_unlock) {
        struct story *s = story("T1: lock A, lock B read, unlock A, lock C, lock C again, unlock C again; T2: lock semaphore:S");
        struct derived derived;

        ASSERT(derive(s, &derived));
        ASSERT(derived.n_holds == 3);
        EXPECT_EQ(derived.holds[0].ended_ns, 3000000);
        EXPECT_EQ(derived.holds[1].flags, RECORD_READ);
        EXPECT_EQ(derived.holds[1].ended_ns, NEVER);
        EXPECT_EQ(derived.holds[2].object, story_object(s, "C"));
        EXPECT_EQ(derived.holds[2].ended_ns, NEVER);
        derived_finish(&derived);
}

TEST(a_lock_that_one_thread_reads_twice_is_held_until_the_last_unlock) {
        struct story *s = story("T1: lock A read, lock A read; T2: lock A read, unlock A; T1: unlock A, unlock A");
        struct derived derived;

        ASSERT(derive(s, &derived));
        ASSERT(derived.n_holds == 2);
        EXPECT_EQ(derived.holds[0].began_ns, 1000000);
        EXPECT_EQ(derived.holds[0].ended_ns, 6000000);
        EXPECT_EQ(derived.holds[1].ended_ns, 4000000);
        derived_finish(&derived);
}

TEST(a_message_is_followed_from_sender_to_receiver) {
        struct story *s = story("T1: channel ch, send ch; T2: send ch =2; T3: recv ch; T1: channel other, send other");
        struct derived derived;

        ASSERT(derive(s, &derived));
        ASSERT(derived.n_messages == 3);
        EXPECT_EQ(derived.messages[0].number, 1);
        EXPECT_EQ(derived.messages[0].sender, story_thread(s, "T1"));
        EXPECT_EQ(derived.messages[0].receiver, story_thread(s, "T3"));
        EXPECT_EQ(derived.messages[0].sent_id, 2);
        EXPECT_EQ(derived.messages[0].received_id, 4);
        EXPECT_EQ(derived.messages[1].number, 2);
        EXPECT_EQ(derived.messages[1].receiver, 0);
        EXPECT_EQ(derived.messages[1].received_ns, NEVER);
        EXPECT_EQ(derived.messages[2].channel, story_object(s, "other"));
        derived_finish(&derived);
}

TEST(a_long_channel_forgets_what_was_received) {
        struct story *s = story("T1: channel ch, send ch; T2: recv ch");
        struct derived derived;
        struct event *events;

        /* 10,000 messages, each received two sends later. */
        s->n_events = s->size_events = 1;
        events = reallocarray(s->events, 20001, sizeof(*events));
        ASSERT(events != NULL);
        s->events = events;
        for (uint32_t i = 1; i <= 10000; i++) {
                events[s->n_events++] = (struct event) { .kind = EV_SEND, .thread = 1, .object = events[0].object, .sequence = i, .time_ns = i };
                if (i > 2)
                        events[s->n_events++] = (struct event) { .kind = EV_RECV, .thread = 2, .object = events[0].object, .sequence = i - 2, .time_ns = i };
        }
        ASSERT(derive(s, &derived));
        ASSERT(derived.n_messages == 10000);
        for (uint32_t i = 0; i < 10000; i++) {
                EXPECT_EQ(derived.messages[i].number, i + 1);
                EXPECT_EQ(derived.messages[i].received_ns, i < 9998 ? i + 3 : NEVER);
        }
        derived_finish(&derived);
}

TEST(a_queue_is_left_by_priority_and_then_by_age_and_what_was_not_sent_is_no_message) {
        struct story *s = story("T1: send queue:q =1, send queue:q =5; T2: send queue:q =5, wait-send queue:q; T3: recv queue:q =5; "
                                "T2: send-failed queue:q =110; T1: send-failed queue:q try =11; T3: recv queue:q =1, recv queue:q =5");
        struct derived derived;

        ASSERT(derive(s, &derived));
        ASSERT(derived.n_messages == 2);
        EXPECT_EQ(derived.messages[0].received_id, 8);
        EXPECT_EQ(derived.messages[1].received_id, 5);
        EXPECT_EQ(derived.messages[1].receiver, story_thread(s, "T3"));
        EXPECT_EQ(derived.messages[1].sender, story_thread(s, "T1"));
        derived_finish(&derived);
}

TEST(a_message_that_waits_to_get_into_a_full_queue_is_received_in_its_turn) {
        struct story *s = story("T1: channel queue:q =1, send queue:q =2; T2: send queue:q =2, wait-send queue:q; T3: recv queue:q =2; "
                                "T2: handed-over queue:q; T3: recv queue:q =2");
        struct derived derived;

        ASSERT(derive(s, &derived));
        ASSERT(derived.n_messages == 2);
        EXPECT_EQ(derived.messages[0].received_id, 5);
        EXPECT_EQ(derived.messages[1].received_id, 7);
        derived_finish(&derived);
}
