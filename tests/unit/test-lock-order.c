/* Deadlocks that could happen: each bug beside the harmless stories that look like it. */
#include <stdlib.h>

#include "analysis/analysis.h"
#include "analysis/lock_order.h"
#include "story.h"
#include "test.h"

/* What the analyses find in a story, of one kind. */
static int n_found(const char *file, int line, enum finding_kind kind, const char *text) {
        struct story *story = story_at(file, line, text);
        struct finding_list list = { 0 };
        struct derived derived = { 0 };
        int n = 0;

        if (analyse(story_source(story), &story->catalog, 0, &derived, &list) < 0)
                test_fail(file, line, "the analyses failed");
        for (size_t i = 0; i < list.n; i++)
                n += list.items[i].kind == kind;
        EXPECT_EQ(derived.n_unchecked_cycles, 0);
        derived_finish(&derived);
        finding_list_finish(&list);
        return n;
}
#define N_CYCLES(text) n_found(__FILE__, __LINE__, FINDING_LOCK_ORDER_CYCLE, (text))
#define N_DEADLOCKS(text) n_found(__FILE__, __LINE__, FINDING_DEADLOCK, (text))

/* The bug */

TEST(two_threads_in_opposite_order_are_a_cycle) {
        struct story *s = story("T1: lock A, lock B, unlock B, unlock A; T2: lock B, lock A, unlock A, unlock B");
        struct finding_list list;
        struct derived derived;
        const struct finding *finding;

        ASSERT(analyse(story_source(s), &s->catalog, 0, &derived, &list) == 0);
        ASSERT(list.n == 1);
        finding = &list.items[0];
        EXPECT_EQ(finding->kind, FINDING_LOCK_ORDER_CYCLE);
        EXPECT_EQ(finding->certainty, CERTAINTY_POSSIBLE);
        EXPECT_EQ(finding->n_seen, 1);
        EXPECT_STR(finding->title, "Two threads could deadlock: T1 takes A, then B; T2 takes B, then A.");
        EXPECT_STR(finding->advice, "Take these locks in one order everywhere, for example A before B: only T2 (story.c:6) does it the other way.");
        ASSERT(finding->n_steps == 6);
        EXPECT_EQ(finding->steps[0].role, STEP_HOLDS);
        EXPECT_EQ(finding->steps[0].object, story_object(s, "A"));
        EXPECT_EQ(finding->steps[0].event_id, 1);
        EXPECT_EQ(finding->steps[1].role, STEP_WAITS);
        EXPECT_EQ(finding->steps[1].object, story_object(s, "B"));
        EXPECT_EQ(finding->steps[1].event_id, 2);
        EXPECT_EQ(finding->steps[1].holder, story_thread(s, "T2"));
        EXPECT_EQ(finding->steps[3].event_id, 6);
        EXPECT_EQ(finding->steps[4].role, STEP_WITNESS);
        EXPECT_EQ(finding->steps[4].event_id, 1);
        EXPECT_EQ(finding->steps[5].event_id, 5);
        EXPECT_EQ(finding->steps[5].thread, story_thread(s, "T2"));
        derived_finish(&derived);
        finding_list_finish(&list);
}

TEST(three_threads_round_a_table_are_a_cycle) {
        EXPECT_EQ(N_CYCLES("P: lock a, lock b, unlock b, unlock a; Q: lock b, lock c, unlock c, unlock b; R: lock c, lock a, unlock a, unlock c"), 1);
}

TEST(a_cycle_of_sixty_threads_is_found) {
        char *text = NULL;
        size_t length;
        FILE *out = open_memstream(&text, &length);

        for (int i = 0; i < 60; i++)
                fprintf(out, "T%d: lock L%d, lock L%d, unlock L%d, unlock L%d;", i, i, (i + 1) % 60, (i + 1) % 60, i);
        fclose(out);
        EXPECT_EQ(N_CYCLES(text), 1);
        free(text);
}

TEST(a_wait_that_had_to_be_is_a_request_once) {
        EXPECT_EQ(N_CYCLES("T1: lock A; T3: lock B; T1: wait-lock B; T3: unlock B; T1: lock B, unlock B, unlock A;"
                           "T2: lock B, lock A, unlock A, unlock B"), 1);
}

/* Harmless: the locks */

TEST(one_order_is_no_cycle) {
        EXPECT_EQ(N_CYCLES("T1: lock A, lock B, unlock B, unlock A; T2: lock A, lock B, unlock B, unlock A"), 0);
}

TEST(a_gate_lock_keeps_them_apart) {
        EXPECT_EQ(N_CYCLES("T1: lock G, lock A, lock B, unlock B, unlock A, unlock G; T2: lock G, lock B, lock A, unlock A, unlock B, unlock G"), 0);
}

TEST(a_gate_held_by_one_alone_keeps_nothing_apart) {
        EXPECT_EQ(N_CYCLES("T1: lock G, lock A, lock B, unlock B, unlock A, unlock G; T2: lock B, lock A, unlock A, unlock B"), 1);
}

TEST(a_gate_that_both_only_read_keeps_nothing_apart) {
        EXPECT_EQ(N_CYCLES("T1: lock G read, lock A, lock B, unlock B, unlock A, unlock G; T2: lock G read, lock B, lock A, unlock A, unlock B, unlock G"), 1);
        EXPECT_EQ(N_CYCLES("T1: lock G read, lock A, lock B, unlock B, unlock A, unlock G; T2: lock G write, lock B, lock A, unlock A, unlock B, unlock G"), 0);
}

TEST(one_thread_alone_cannot_meet_itself) {
        EXPECT_EQ(N_CYCLES("T1: lock A, lock B, unlock B, unlock A, lock B, lock A, unlock A, unlock B"), 0);
}

TEST(a_lock_made_again_at_the_same_address_is_another_one) {
        EXPECT_EQ(N_CYCLES("T1: lock A, lock B, unlock B, unlock A, destroy A; T2: lock B, lock A, unlock A, unlock B"), 0);
        EXPECT_EQ(N_CYCLES("T1: lock A, lock B, unlock B, unlock A; T2: lock B, lock A, unlock A, unlock B, destroy A"), 1);
}

TEST(a_try_lock_does_not_wait) {
        EXPECT_EQ(N_CYCLES("T1: lock A, lock B try, unlock B, unlock A; T2: lock B, lock A, unlock A, unlock B"), 0);
        EXPECT_EQ(N_CYCLES("T1: lock A, lock-failed B try, unlock A; T2: lock B, lock A, unlock A, unlock B"), 0);
}

TEST(a_try_lock_that_came_first_is_held_like_any_other) {
        EXPECT_EQ(N_CYCLES("T1: lock A try, lock B, unlock B, unlock A; T2: lock B try, lock A, unlock A, unlock B"), 1);
}

TEST(a_timed_lock_gives_up) {
        EXPECT_EQ(N_CYCLES("T1: lock A, lock B timed, unlock B, unlock A; T2: lock B, lock A, unlock A, unlock B"), 0);
        EXPECT_EQ(N_CYCLES("T3: lock B; T1: lock A, wait-lock B timed; T3: unlock B; T1: lock B timed, unlock B, unlock A; T2: lock B, lock A, unlock A, unlock B"), 0);
}

TEST(readers_do_not_exclude_each_other) {
        EXPECT_EQ(N_CYCLES("T1: lock A read, lock B read, unlock B, unlock A; T2: lock B read, lock A read, unlock A, unlock B"), 0);
        EXPECT_EQ(N_CYCLES("T1: lock A read, lock B write, unlock B, unlock A; T2: lock B read, lock A read, unlock A, unlock B"), 0);
}

TEST(one_writer_on_each_lock_makes_a_cycle_of_readers_and_writers) {
        EXPECT_EQ(N_CYCLES("T1: lock A read, lock B write, unlock B, unlock A; T2: lock B read, lock A write, unlock A, unlock B"), 1);
        EXPECT_EQ(N_CYCLES("T1: lock A write, lock B read, unlock B, unlock A; T2: lock B write, lock A read, unlock A, unlock B"), 1);
}

TEST(a_recursive_lock_taken_again_is_no_new_order) {
        EXPECT_EQ(N_CYCLES("T1: lock A, lock B, lock A again, unlock A again, unlock B, unlock A; T2: lock A, lock B, unlock B, unlock A"), 0);
}

TEST(a_semaphore_is_not_held) {
        EXPECT_EQ(N_CYCLES("T1: lock semaphore:S, lock A, unlock A; T2: lock A, lock S, unlock A"), 0);
}

/* Harmless: the order of threads */

TEST(a_join_between_the_sides_orders_them) {
        EXPECT_EQ(N_CYCLES("main: spawn T1; T1: start, lock A, lock B, unlock B, unlock A, exit; main: join T1, lock B, lock A, unlock A, unlock B"), 0);
        EXPECT_EQ(N_CYCLES("main: spawn T1, lock B, lock A, unlock A, unlock B; T1: start, lock A, lock B, unlock B, unlock A, exit; main: join T1"), 1);
}

TEST(a_spawn_after_the_first_side_orders_them) {
        EXPECT_EQ(N_CYCLES("main: lock B, lock A, unlock A, unlock B, spawn T1; T1: start, lock A, lock B, unlock B, unlock A, exit"), 0);
}

TEST(a_thread_joined_by_a_third_orders_them_too) {
        EXPECT_EQ(N_CYCLES("main: spawn T1; T1: start, lock A, lock B, unlock B, unlock A, exit; main: join T1, spawn T2;"
                           "T2: start, lock B, lock A, unlock A, unlock B"), 0);
}

TEST(a_message_between_the_sides_orders_them) {
        EXPECT_EQ(N_CYCLES("main: channel ch; T1: lock A, lock B, unlock B, unlock A, send ch; T2: recv ch, lock B, lock A, unlock A, unlock B"), 0);
        EXPECT_EQ(N_CYCLES("main: channel ch; T1: send ch, lock A, lock B, unlock B, unlock A; T2: recv ch, lock B, lock A, unlock A, unlock B"), 1);
}

TEST(room_that_a_receive_made_orders_them) {
        EXPECT_EQ(N_CYCLES("T1: channel ch =1; T2: send ch =1; T1: lock A, lock B, unlock B, unlock A, recv ch; T2: send ch, lock B, lock A, unlock A, unlock B"), 0);
        EXPECT_EQ(N_CYCLES("T1: channel ch =2; T2: send ch =1; T1: lock A, lock B, unlock B, unlock A, recv ch; T2: send ch, lock B, lock A, unlock A, unlock B"), 1);
}

TEST(the_end_of_a_channel_orders_them) {
        EXPECT_EQ(N_CYCLES("T1: channel ch, lock A, lock B, unlock B, unlock A, sender-drop ch; T2: recv-failed ch =32, lock B, lock A, unlock A, unlock B"), 0);
        EXPECT_EQ(N_CYCLES("T1: channel ch, lock A, lock B, unlock B, unlock A, sender-drop ch; T2: recv-failed ch =11, lock B, lock A, unlock A, unlock B"), 1);
}

TEST(a_signal_that_ended_a_wait_orders_them) {
        EXPECT_EQ(N_CYCLES("T2: wait-cond C; T1: lock A, lock B, unlock B, unlock A, signal C; T2: wake C, lock B, lock A, unlock A, unlock B"), 0);
        EXPECT_EQ(N_CYCLES("T1: lock A, lock B, unlock B, unlock A, signal C; T2: wait-cond C, wake C =110, lock B, lock A, unlock A, unlock B"), 1);
}

TEST(what_has_to_come_first_takes_its_locks_first) {
        /* T2 gets to its side only after T1 let go of M, which it does behind its own side. */
        EXPECT_EQ(N_CYCLES("T1: lock M, spawn T2, lock A, lock B, unlock B, unlock A, unlock M; T2: start, lock M, unlock M, lock B, lock A, unlock A, unlock B"), 0);
}

TEST(a_later_time_round_can_meet_where_the_first_could_not) {
        EXPECT_EQ(N_CYCLES("T1: lock A, lock B, unlock B, unlock A, spawn T2, lock A, lock B, unlock B, unlock A; T2: start, lock B, lock A, unlock A, unlock B"), 1);
}

/* One thing to repair is one finding */

TEST(a_cycle_of_lines_is_one_finding_whoever_goes_through_it) {
        char *text = NULL;
        size_t length;
        FILE *out = open_memstream(&text, &length);
        struct finding_list list;
        struct derived derived;
        struct story *s;

        for (int i = 0; i < 5; i++)
                fprintf(out, "T%d: lock L%d @1 in dine, lock L%d @2 in dine, unlock L%d, unlock L%d;", i, i, (i + 1) % 5, (i + 1) % 5, i);
        for (int i = 0; i < 5; i++)
                fprintf(out, "T%d: lock L%d @1 in dine, lock L%d @2 in dine, unlock L%d, unlock L%d;", i, (i + 1) % 5, i, i, (i + 1) % 5);
        fclose(out);
        s = story(text);
        ASSERT(analyse(story_source(s), &s->catalog, 0, &derived, &list) == 0);
        EXPECT_EQ(list.n, 1);
        EXPECT_EQ(list.n > 0 ? list.items[0].n_seen : 0, 2); /* one way round the table, and the other */
        derived_finish(&derived);
        finding_list_finish(&list);
        free(text);
}

TEST(two_pairs_of_lines_are_two_findings) {
        EXPECT_EQ(N_CYCLES("T1: lock A @1, lock B @2, unlock B, unlock A; T2: lock B @3, lock A @4, unlock A, unlock B;"
                           "T1: lock C @5, lock D @6, unlock D, unlock C; T2: lock D @7, lock C @8, unlock C, unlock D"), 2);
}

TEST(a_deadlock_that_happened_is_not_predicted_as_well) {
        EXPECT_EQ(N_DEADLOCKS("T1: lock A; T2: lock B; T1: wait-lock B; T2: wait-lock A"), 1);
        EXPECT_EQ(N_CYCLES("T1: lock A; T2: lock B; T1: wait-lock B; T2: wait-lock A"), 0);
        /* Nor where it went well before, on the same lines. */
        EXPECT_EQ(N_CYCLES("T1: lock A @1, lock B @2, unlock B, unlock A; T2: lock B @3, lock A @4, unlock A, unlock B;"
                           "T1: lock A @1; T2: lock B @3; T1: wait-lock B @2; T2: wait-lock A @4"), 0);
        /* But other lines are cycles of their own: with each other, and T2's with those on which T1 got stuck. */
        EXPECT_EQ(N_CYCLES("T1: lock A @11, lock B @12, unlock B, unlock A; T2: lock B @13, lock A @14, unlock A, unlock B;"
                           "T1: lock A @1; T2: lock B @3; T1: wait-lock B @2; T2: wait-lock A @4"), 2);
}

TEST(the_prediction_is_explained_with_its_schedule) {
        struct story *s = story("T1: lock A, lock B, unlock B, unlock A; T2: lock B, lock A, unlock A, unlock B");
        struct finding_list list;
        struct derived derived;
        char *text;

        ASSERT(analyse(story_source(s), &s->catalog, 0, &derived, &list) == 0);
        ASSERT(list.n == 1);
        text = explain_finding(&list.items[0], &s->catalog, false);
        EXPECT_STR(text, "lock-order-cycle (possible): Two threads could deadlock: T1 takes A, then B; T2\n"
                         "  takes B, then A.\n"
                         "\n"
                         "  T1 (thread 1)  would wait for B, held by T2\n"
                         "  T2 (thread 2)  would wait for A, held by T1\n"
                         "\n"
                         "  T1 (thread 1)\n"
                         "    took A at 0.001 s\n"
                         "        T1  story.c:1\n"
                         "    then asked for B at 0.002 s\n"
                         "        T1  story.c:2\n"
                         "\n"
                         "  T2 (thread 2)\n"
                         "    took B at 0.005 s\n"
                         "        T2  story.c:5\n"
                         "    then asked for A at 0.006 s\n"
                         "        T2  story.c:6\n"
                         "\n"
                         "  It happens when the threads run like this:\n"
                         "    1  T1 locks A (story.c:1)\n"
                         "    2  T2 locks B (story.c:5)\n"
                         "    3  and now each of them waits for the next one\n"
                         "\n"
                         "  Possible: it did not happen in this run. The schedule above keeps all that was\n"
                         "  recorded; a value that the program read from memory was not, and might rule it\n"
                         "  out.\n"
                         "\n"
                         "  What to do: Take these locks in one order everywhere, for example A before B:\n"
                         "  only T2 (story.c:6) does it the other way.\n");
        free(text);
        derived_finish(&derived);
        finding_list_finish(&list);
}

/* The graph */

TEST(an_edge_counts_how_often_and_keeps_the_first_time) {
        struct story *s = story("T2: lock A @7; T2: lock B @8, unlock B, unlock A; T1: lock A, lock B, unlock B, unlock A; T1: lock A, lock C try, unlock C, unlock A");
        struct finding_list list;
        struct derived derived;

        ASSERT(analyse(story_source(s), &s->catalog, 0, &derived, &list) == 0);
        ASSERT(derived.n_edges == 1); /* nobody waits in a try */
        EXPECT_EQ(derived.edges[0].held, story_object(s, "A"));
        EXPECT_EQ(derived.edges[0].taken, story_object(s, "B"));
        EXPECT_EQ(derived.edges[0].n_times, 2);
        EXPECT_EQ(derived.edges[0].thread, story_thread(s, "T2"));
        EXPECT_EQ(derived.edges[0].event_id, 2);
        EXPECT_EQ(derived.edges[0].time_ns, 2000000);
        EXPECT_EQ(catalog_site(&s->catalog, derived.edges[0].held_stack)->line, 7);
        EXPECT_EQ(catalog_site(&s->catalog, derived.edges[0].taken_stack)->line, 8);
        derived_finish(&derived);
        finding_list_finish(&list);
}

TEST(every_lock_held_has_an_edge_to_what_is_asked_for_even_in_vain) {
        struct story *s = story("T1: lock A, lock B, wait-lock C; T2: start");
        struct finding_list list;
        struct derived derived;

        ASSERT(analyse(story_source(s), &s->catalog, 0, &derived, &list) == 0);
        EXPECT_EQ(derived.n_edges, 3);
        derived_finish(&derived);
        finding_list_finish(&list);
}

/* Ordered by what lets threads through */

TEST(a_semaphore_orders_what_its_post_comes_before) {
        EXPECT_EQ(N_CYCLES("T1: init semaphore:S =0, lock A, lock B, unlock B, unlock A, post S; T2: take S, lock B, lock A, unlock A, unlock B"), 0);
        /* it began above zero, so the take did not need the post */
        EXPECT_EQ(N_CYCLES("T1: init semaphore:S =1, lock A, lock B, unlock B, unlock A, post S; T2: take S, lock B, lock A, unlock A, unlock B"), 1);
        /* the post came before both */
        EXPECT_EQ(N_CYCLES("T1: init semaphore:S =0, post S, lock A, lock B, unlock B, unlock A; T2: take S, lock B, lock A, unlock A, unlock B"), 1);
}

TEST(a_semaphore_that_others_may_use_unseen_orders_all_that_was_posted_before) {
        EXPECT_EQ(N_CYCLES("T1: lock A, lock B, unlock B, unlock A, post S; T2: take S, lock B, lock A, unlock A, unlock B"), 0);
}

TEST(a_barrier_orders_what_is_before_it_and_what_is_behind_it) {
        EXPECT_EQ(N_CYCLES("T1: init barrier:X =2, lock A, lock B, unlock B, unlock A, wait-barrier X;"
                           "T2: wait-barrier X, leave-barrier X, lock B, lock A, unlock A, unlock B; T1: leave-barrier X"), 0);
        EXPECT_EQ(N_CYCLES("T1: lock A, lock B, unlock B, unlock A, wait-barrier X;"
                           "T2: wait-barrier X, leave-barrier X, lock B, lock A, unlock A, unlock B; T1: leave-barrier X"), 0);
        /* both on the same side */
        EXPECT_EQ(N_CYCLES("T1: init barrier:X =2, wait-barrier X; T2: wait-barrier X, leave-barrier X; T1: leave-barrier X, lock A, lock B,"
                           "unlock B, unlock A; T2: lock B, lock A, unlock A, unlock B"), 1);
}

TEST(a_round_of_a_barrier_orders_nothing_with_the_next_one_of_others) {
        EXPECT_EQ(N_CYCLES("T1: init barrier:X =1, lock A, lock B, unlock B, unlock A, wait-barrier X, leave-barrier X;"
                           "T2: wait-barrier X, leave-barrier X, lock B, lock A, unlock A, unlock B"), 1);
}

TEST(a_once_routine_comes_before_those_who_waited_for_it) {
        EXPECT_EQ(N_CYCLES("T1: lock once:O write, lock A, lock B, unlock B, unlock A, unlock O;"
                           "T2: wait-lock O read, lock O read, unlock O read, lock B, lock A, unlock A, unlock B"), 0);
        /* T2 holds what the routine wants */
        EXPECT_EQ(N_CYCLES("T1: lock once:O write, lock A, unlock A, unlock O; T2: lock A, lock O read, unlock O read, unlock A"), 1);
}

TEST(messages_of_a_queue_may_overtake_so_each_comes_behind_all_before_it) {
        EXPECT_EQ(N_CYCLES("T1: lock A, lock B, unlock B, unlock A, send queue:Q; T2: recv Q, lock B, lock A, unlock A, unlock B"), 0);
        EXPECT_EQ(N_CYCLES("T1: send queue:Q, lock A, lock B, unlock B, unlock A; T2: recv Q, lock B, lock A, unlock A, unlock B"), 1);
}

TEST(locks_freed_while_held_are_no_part_of_what_is_held_later) {
        struct story *s = story("T1: lock A, lock B, lock C, unlock C; T2: lock C, lock D, unlock D, unlock C");
        struct lock_order lock_order = { .stopped = false };

        s->catalog.objects[story_object(s, "B")].replaces = story_object(s, "A");
        s->catalog.objects[story_object(s, "C")].replaces = story_object(s, "B");
        for (size_t i = 0; i < s->n_events; i++)
                EXPECT_EQ(lock_order_apply(&lock_order, &s->catalog, &s->events[i], i + 1), 0);
        EXPECT_EQ(lock_order.dependencies.n_items, 1); /* D while it held C; but for that, A and B were held for good */
        lock_order_finish(&lock_order);
}

TEST(of_very_many_locks_held_the_last_count) {
        struct story *s = story("T1: lock A");
        struct lock_order lock_order = { .stopped = false };
        struct event event = s->events[0];

        for (uint32_t i = 1; i <= 1000; i++) {
                int id = catalog_add_object(&s->catalog);

                s->catalog.objects[id] = (struct object) { .process = 1, .kind = OBJECT_MUTEX, .address = 64 * i };
                event.object = (uint32_t) id;
                EXPECT_EQ(lock_order_apply(&lock_order, &s->catalog, &event, i), 0);
        }
        EXPECT_EQ(lock_order.dependencies.n_items, 999);
        EXPECT(lock_order.dependencies.n_held < 999 * 40);
        lock_order_finish(&lock_order);
}

TEST(a_cycle_without_a_schedule_is_counted_and_told_when_asked_for) {
        struct story *s = story("main: spawn T1; T1: start, lock A, lock B, unlock B, unlock A, exit; main: join T1, spawn T2; T2: start, lock B, lock A");
        struct finding_list list;
        struct derived derived;
        char *text;

        ASSERT(analyse(story_source(s), &s->catalog, 0, &derived, &list) == 0);
        EXPECT_EQ(list.n, 0);
        EXPECT_EQ(derived.n_doubtful_cycles, 1);
        derived_finish(&derived);
        finding_list_finish(&list);
        ASSERT(analyse(story_source(s), &s->catalog, ANALYSE_ALL, &derived, &list) == 0);
        ASSERT(list.n == 1);
        EXPECT_STR(list.items[0].title, "Two threads could deadlock: T1 takes A, then B; T2 takes B, then A.");
        EXPECT_EQ(list.items[0].n_steps, 4);
        text = explain_finding(&list.items[0], &s->catalog, false);
        EXPECT_CONTAINS(text, "Doubtful: no schedule was found");
        free(text);
        derived_finish(&derived);
        finding_list_finish(&list);
}

TEST(a_cycle_that_has_a_schedule_at_another_time_is_not_doubtful) {
        struct story *s = story("main: spawn T1; T1: start, lock A @1 in f, lock B @2 in f, unlock B, unlock A, exit; main: join T1, spawn T2, spawn T3;"
                                "T2: start, lock B @3 in g, lock A @4 in g, unlock A, unlock B; T3: start, lock A @1 in f, lock B @2 in f, unlock B, unlock A");
        struct finding_list list;
        struct derived derived;

        ASSERT(analyse(story_source(s), &s->catalog, ANALYSE_ALL, &derived, &list) == 0);
        EXPECT_EQ(list.n, 1);
        EXPECT_EQ(derived.n_doubtful_cycles, 0);
        derived_finish(&derived);
        finding_list_finish(&list);
}

TEST(locks_taken_in_any_order_at_one_place_are_one_finding_that_says_so) {
        struct story *s = story("T1: lock A @1 in f, lock B @2 in f, unlock B, unlock A, lock C @1 in f, lock A @2 in f, unlock A, unlock C;"
                                "T2: lock B @1 in f, lock A @2 in f, unlock A, unlock B, lock B @1 in f, lock C @2 in f, unlock C, unlock B;"
                                "T3: lock A @1 in f, lock C @2 in f, unlock C, unlock A, lock C @1 in f, lock B @2 in f, unlock B, unlock C");
        struct finding_list list;
        struct derived derived;
        char *text;

        ASSERT(analyse(story_source(s), &s->catalog, 0, &derived, &list) == 0);
        ASSERT(list.n == 1);
        EXPECT_EQ(derived.n_unchecked_cycles, 0);
        EXPECT_CONTAINS(list.items[0].advice, "The same line (story.c:2) takes these locks in every order");
        text = explain_finding(&list.items[0], &s->catalog, false);
        EXPECT_CONTAINS(text, "Seen: 3 times in this trace");
        free(text);
        derived_finish(&derived);
        finding_list_finish(&list);
}
