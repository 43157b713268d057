/* From events to lanes: who waits, who holds, what came of it, and in which order it is shown. */
#include "model/lanes.h"
#include "model/tell.h"
#include "told.h"

#include <stdio.h>
#include <stdlib.h>

#define TWO_AND_A_QUEUE                                                                                                \
        "main: spawn Plato at 1ms; Plato: start Plato at 1100us; main: spawn Kant at 1200us; Kant: start Kant at "     \
        "1300us;"                                                                                                      \
        "Plato: lock left at 2ms; Kant: lock right at 3ms; main: wait-join Plato at 4ms;"                              \
        "Plato: wait-lock right at 5ms; Kant: wait-lock left at 6ms"

TEST(a_wait_turns_into_a_deadlock_when_the_ring_closes) {
        struct told *t = told(TWO_AND_A_QUEUE, 10000000);
        const struct thread_rows *plato = timeline_thread(t->timeline, story_thread(t->story, "Plato"));

        ASSERT(t->trace.findings.n == 1);
        EXPECT_EQ(t->trace.findings.items[0].kind, FINDING_DEADLOCK);
        ASSERT(plato->waits.n == 2);
        EXPECT_EQ(weight_state(plato->waits.spans[0].weight), SPAN_WAITS);
        EXPECT_EQ(plato->waits.spans[0].began_ns, 5000000);
        EXPECT_EQ(weight_state(plato->waits.spans[1].weight), SPAN_DEADLOCKED);
        EXPECT_EQ(plato->waits.spans[1].began_ns, 6000000);
        EXPECT_EQ(plato->waits.spans[1].ended_ns, 10000000);
        told_free(t);
}

TEST(who_queues_behind_a_ring_is_told_apart_from_it) {
        struct told *t = told(TWO_AND_A_QUEUE, 10000000);
        enum span_state state = SPAN_PLAIN;
        const struct wait *wait = timeline_wait_at(t->timeline, story_thread(t->story, "main"), 9000000, &state);

        ASSERT(wait != NULL);
        EXPECT_EQ(state, SPAN_QUEUES);
        EXPECT_EQ(wait->kind, EV_JOIN_WAIT);
        told_free(t);
}

TEST(a_wait_without_end_is_still_there_at_the_end) {
        struct told *t = told(TWO_AND_A_QUEUE, 10000000);
        enum span_state state = SPAN_PLAIN;

        EXPECT(timeline_wait_at(t->timeline, story_thread(t->story, "Kant"), 10000000, &state) != NULL);
        EXPECT_EQ(state, SPAN_DEADLOCKED);
        told_free(t);
}

TEST(locks_held_at_once_are_drawn_below_each_other) {
        struct told *t = told("T: lock A, lock B, unlock B, lock C, unlock C, unlock A", 0);
        const struct thread_rows *rows = timeline_thread(t->timeline, story_thread(t->story, "T"));

        EXPECT_EQ(rows->n_hold_rows, 2);
        EXPECT_EQ(rows->holds[0].n, 1);
        EXPECT_EQ(rows->holds[1].n, 2);
        told_free(t);
}

TEST(the_queue_of_a_lock_counts_those_who_wait) {
        struct told *t = told("A: lock L at 1ms; B: wait-lock L at 2ms; C: wait-lock L at 3ms; A: unlock L at 4ms;"
                              "B: lock L at 4100us, unlock L at 5ms; C: lock L at 5100us, unlock L at 6ms",
                              0);
        const struct object_rows *rows = timeline_object(t->timeline, story_object(t->story, "L"));

        ASSERT(track_at(&rows->queue, 2500000) && track_at(&rows->queue, 3500000));
        EXPECT_EQ(weight_value(track_at(&rows->queue, 2500000)->weight), 1);
        EXPECT_EQ(weight_value(track_at(&rows->queue, 3500000)->weight), 2);
        EXPECT(track_at(&rows->queue, 5500000) == NULL);
        EXPECT_EQ(rows->held.n, 3);
        told_free(t);
}

TEST(readers_share_a_lock) {
        struct told *t = told(
                "A: lock L read at 1ms; B: lock L read at 2ms; A: unlock L read at 3ms; B: unlock L read at 4ms", 0);
        const struct object_rows *rows = timeline_object(t->timeline, story_object(t->story, "L"));

        EXPECT_EQ(rows->value_max, 2);
        ASSERT(track_at(&rows->held, 2500000) != NULL);
        EXPECT_EQ(track_at(&rows->held, 2500000)->item, NO_ITEM);
        ASSERT(track_at(&rows->held, 3500000) != NULL);
        EXPECT(track_at(&rows->held, 3500000)->item != NO_ITEM);
        told_free(t);
}

TEST(a_channel_is_as_deep_as_there_are_messages_on_their_way) {
        struct told *t =
                told("A: channel c =4 at 1ms, send c at 2ms, send c at 3ms; B: recv c at 4ms, recv c at 5ms", 0);
        const struct object_rows *rows = timeline_object(t->timeline, story_object(t->story, "c"));

        EXPECT_EQ(rows->value_max, 2);
        ASSERT(track_at(&rows->held, 4500000) != NULL);
        EXPECT_EQ(weight_value(track_at(&rows->held, 4500000)->weight), 1);
        told_free(t);
}

/* ---- lanes ---- */

/* A deadlock of two among many. */
static struct told *crowd(unsigned n) {
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        struct told *t;

        for (unsigned i = 0; i < n; i++)
                fprintf(out, "w%u: lock l%u, unlock l%u;", i, i, i);
        fprintf(out, "Plato: lock left; Kant: lock right; Plato: wait-lock right; Kant: wait-lock left");
        fclose(out);
        t = told(text, 0);
        free(text);
        return t;
}

static size_t n_of_kind(const struct lane_list *list, enum lane_kind kind) {
        size_t n = 0;

        for (size_t i = 0; i < list->n; i++)
                n += list->items[i].kind == kind;
        return n;
}

TEST(of_many_threads_only_those_that_take_part_are_unfolded) {
        struct told *t = crowd(100);
        struct lane_list list = { 0 };

        ASSERT(t->trace.findings.n == 1);
        EXPECT_EQ(lanes_arrange(t->timeline, &t->trace.findings.items[0], (bool[N_SECTIONS]){ false }, &list), 0);
        EXPECT_EQ(n_of_kind(&list, LANE_THREAD), 2);
        EXPECT_EQ(n_of_kind(&list, LANE_LOCK), 2);
        EXPECT_EQ(n_of_kind(&list, LANE_FOLD), 2);
        EXPECT_EQ(list.items[0].kind, LANE_HEADING);
        EXPECT_EQ(list.items[3].kind, LANE_FOLD);
        EXPECT_EQ(list.items[3].id, 100);
        EXPECT(lanes_of_thread(&list, story_thread(t->story, "Kant")) != NULL);
        EXPECT(lanes_of_thread(&list, story_thread(t->story, "w7")) == NULL);
        EXPECT_EQ(
                lanes_arrange(t->timeline, &t->trace.findings.items[0], (bool[N_SECTIONS]){ true, true, true }, &list),
                0);
        EXPECT_EQ(n_of_kind(&list, LANE_THREAD), 102);
        EXPECT_EQ(n_of_kind(&list, LANE_FOLD), 0);
        lane_list_finish(&list);
        told_free(t);
}

TEST(few_threads_are_all_shown_the_finding_s_first) {
        struct told *t = crowd(3);
        struct lane_list list = { 0 };

        EXPECT_EQ(lanes_arrange(t->timeline, &t->trace.findings.items[0], (bool[N_SECTIONS]){ false }, &list), 0);
        EXPECT_EQ(n_of_kind(&list, LANE_THREAD), 5);
        EXPECT_EQ(list.items[1].id, t->trace.findings.items[0].threads[0]);
        lane_list_finish(&list);
        told_free(t);
}

TEST(lanes_lie_below_each_other_without_gaps) {
        struct told *t = crowd(5);
        struct lane_list list = { 0 };
        double y = 0;

        EXPECT_EQ(lanes_arrange(t->timeline, NULL, (bool[N_SECTIONS]){ false }, &list), 0);
        for (size_t i = 0; i < list.n; i++) {
                EXPECT(list.items[i].y == y);
                EXPECT(lanes_at(&list, y + 1) == &list.items[i]);
                y += list.items[i].height;
        }
        EXPECT(list.height == y);
        EXPECT(lanes_at(&list, y) == NULL);
        lane_list_finish(&list);
        told_free(t);
}

TEST(the_locks_of_a_ring_have_colours_of_their_own) {
        struct told *t = crowd(40);
        uint32_t left = timeline_object(t->timeline, story_object(t->story, "left"))->colour;
        uint32_t right = timeline_object(t->timeline, story_object(t->story, "right"))->colour;

        EXPECT(left + right == 3); /* the first two there are */
        told_free(t);
}

/* ---- words ---- */

TEST(a_wait_says_for_what_and_for_whom) {
        struct told *t = told(TWO_AND_A_QUEUE, 10000000);
        char text[TELL_BYTES];

        ASSERT(t->trace.n_waits == 3);
        tell_wait(&t->trace, &t->trace.waits[1], text);
        EXPECT_STR(text, "waits for right · Kant");
        tell_wait_short(&t->trace, &t->trace.waits[1], text);
        EXPECT_STR(text, "lock right");
        tell_wait(&t->trace, &t->trace.waits[0], text);
        EXPECT_STR(text, "waits to join Plato");
        tell_thread(t->timeline, story_thread(t->story, "Kant"), 1000000, text);
        EXPECT_STR(text, "not there yet");
        tell_thread(t->timeline, story_thread(t->story, "Kant"), 2000000, text);
        EXPECT_STR(text, "runs");
        tell_object(t->timeline, story_object(t->story, "right"), 5500000, text);
        EXPECT_STR(text, "held by Kant · 1 waiting");
        told_free(t);
}

TEST(what_was_checked_is_said_also_when_nothing_was_found) {
        struct told *t = told("T: lock A, unlock A", 0);
        struct checked checked;
        size_t n = 0, n_not = 0;

        for (; tell_checked(&t->trace, n, &checked); n++) {
                EXPECT(checked.state != CHECKED_FOUND);
                n_not += checked.state == CHECKED_NOT;
        }
        EXPECT_EQ(n, N_FINDING_KINDS); /* each kind, and the races that no recording without memory accesses can show */
        EXPECT_EQ(n_not, 1);
        told_free(t);
}

TEST(who_waits_at_a_barrier_is_not_up_to_another_who_waits) {
        struct told *t = told("main: init barrier:B =3, spawn T1, wait-barrier B; T1: wait-barrier B", 10000000);
        char text[TELL_BYTES];

        ASSERT(t->trace.findings.n == 1);
        for (size_t i = 0; i < t->trace.findings.items[0].n_steps; i++) {
                tell_step(&t->trace, &t->trace.findings.items[0].steps[i], text);
                EXPECT_CONTAINS(text, " waits at B, since ");
        }
        told_free(t);
}

TEST(a_thread_that_ends_is_named_once) {
        struct told *t = told("main: spawn T1; T1: start T1, lock A, exit T1; main: join T1", 0);
        char text[TELL_BYTES];

        ASSERT(t->trace.findings.n == 1);
        ASSERT(t->trace.findings.items[0].kind == FINDING_LOCK_LEAK && t->trace.findings.items[0].n_steps == 2);
        EXPECT(t->trace.findings.items[0].steps[1].object > 0);
        tell_step(&t->trace, &t->trace.findings.items[0].steps[1], text);
        EXPECT_CONTAINS(text, "T1 ends at ");
        told_free(t);
}
