/* Observed deadlocks: each bug beside the harmless story that looks like it. */
#include "told.h"

/* Locks */

TEST(two_threads_that_wait_for_each_others_lock_are_deadlocked) {
        struct story *s = story("Plato: lock forks[0]; Kant: lock forks[1]; Plato: wait-lock forks[1]; Kant: wait-lock forks[0] at 1.204s");
        struct finding_list list;
        const struct finding *finding;

        EXPECT_EQ(deadlock_of(s, &list), 2);
        ASSERT(list.n == 1);
        finding = &list.items[0];
        EXPECT_STR(finding->title, "Two threads wait for each other: Plato waits for forks[1], held by Kant; "
                                   "Kant waits for forks[0], held by Plato. Since 1.204 s.");
        EXPECT_STR(finding->advice, "Take these locks in one order everywhere, for example forks[0] before forks[1]: "
                                    "only Kant (story.c:4) does it the other way.");
        EXPECT_EQ(finding->kind, FINDING_DEADLOCK);
        EXPECT_EQ(finding->certainty, CERTAINTY_OBSERVED);
        EXPECT_EQ(finding->n_rings, 1);
        EXPECT_EQ(finding->time_ns, 1204000000);
        EXPECT_EQ(finding->n_threads, 2);
        EXPECT_EQ(finding->n_objects, 2);
        finding_list_finish(&list);
}

TEST(the_steps_of_a_ring_go_round_it) {
        struct story *s = story("A: lock x; B: lock y; C: lock z; A: wait-lock y; B: wait-lock z; C: wait-lock x");
        struct finding_list list;
        const struct finding_step *step;

        EXPECT_EQ(deadlock_of(s, &list), 3);
        ASSERT(list.n == 1 && list.items[0].n_steps == 6);
        step = list.items[0].steps;
        for (size_t i = 0; i < 6; i += 2) {
                EXPECT_EQ(step[i].role, STEP_HOLDS);
                EXPECT_EQ(step[i + 1].role, STEP_WAITS);
                EXPECT_EQ(step[i].thread, step[i + 1].thread);
                EXPECT_EQ(step[i].ring, 1);
                EXPECT_EQ(step[i + 1].holder, step[(i + 2) % 6].thread);
                EXPECT_EQ(step[i + 1].object, step[(i + 2) % 6].object);
                EXPECT(step[i].event_id < step[i + 1].event_id);
        }
        finding_list_finish(&list);
}

TEST(a_thread_that_only_queues_is_no_part_of_the_ring) {
        struct story *s = story("A: lock x; B: lock y; A: wait-lock y; B: wait-lock x; C: wait-lock x");
        struct finding_list list;

        EXPECT_EQ(deadlock_of(s, &list), 3);
        ASSERT(list.n == 1 && list.items[0].n_steps == 5);
        EXPECT_EQ(list.items[0].steps[4].role, STEP_QUEUES);
        EXPECT_EQ(list.items[0].steps[4].thread, story_thread(s, "C"));
        EXPECT_EQ(list.items[0].steps[4].holder, story_thread(s, "A"));
        EXPECT_EQ(list.items[0].steps[4].ring, 0);
        EXPECT_EQ(list.items[0].threads[2], story_thread(s, "C"));
        EXPECT_CONTAINS(list.items[0].title, "one more thread queues behind");
        finding_list_finish(&list);
}

TEST(two_rings_are_one_finding) {
        struct story *s = story("A: lock x; B: lock y; C: lock v; D: lock w; C: wait-lock w; D: wait-lock v; A: wait-lock y; B: wait-lock x");
        struct finding_list list;

        EXPECT_EQ(deadlock_of(s, &list), 4);
        ASSERT(list.n == 1);
        EXPECT_EQ(list.items[0].n_rings, 2);
        EXPECT_EQ(list.items[0].steps[0].thread, story_thread(s, "C")); /* it formed first */
        EXPECT_CONTAINS(list.items[0].title, "one more ring has formed");
        finding_list_finish(&list);
}

TEST(a_chain_that_ends_in_a_running_thread_is_none) {
        EXPECT_EQ(N_STUCK("A: lock x; B: lock y, wait-lock x; C: wait-lock y"), 0);
}

TEST(a_timed_wait_breaks_the_ring) {
        EXPECT_EQ(N_STUCK("A: lock x; B: lock y; A: wait-lock y; B: wait-lock x timed"), 0);
}

TEST(a_lock_that_is_free_again_is_about_to_be_got) {
        EXPECT_EQ(N_STUCK("A: lock x; B: lock y; A: wait-lock y; B: unlock y, wait-lock x"), 0);
}

TEST(locking_a_lock_again_is_a_ring_of_one) {
        struct story *s = story("A: lock x, wait-lock x; main: start");
        struct finding_list list;

        EXPECT_EQ(deadlock_of(s, &list), 1);
        ASSERT(list.n == 1);
        EXPECT_CONTAINS(list.items[0].title, "A waits for x, which it holds itself.");
        EXPECT_EQ(list.items[0].steps[1].holder, story_thread(s, "A"));
        finding_list_finish(&list);
}

TEST(a_lock_that_ended_with_its_thread_is_never_got) {
        struct story *s = story("A: lock x, exit; B: wait-lock x; main: start");
        struct finding_list list;

        EXPECT_EQ(deadlock_of(s, &list), 1);
        ASSERT(list.n == 1 && list.items[0].n_steps == 2);
        EXPECT_CONTAINS(list.items[0].title, "B waits for x, held by A, which has ended.");
        EXPECT_EQ(list.items[0].steps[0].role, STEP_HOLDS);
        EXPECT_EQ(list.items[0].steps[0].thread, story_thread(s, "A"));
        EXPECT_EQ(list.items[0].steps[1].holder, 0);
        finding_list_finish(&list);
}

/* Readers and writers */

TEST(one_stuck_reader_keeps_the_writer_stuck) {
        EXPECT_EQ(N_STUCK("R1: lock L read; R2: lock L read; W: lock m, wait-lock L write; R1: wait-lock m"), 2);
}

TEST(readers_who_run_let_the_writer_in) {
        EXPECT_EQ(N_STUCK("R1: lock L read; R2: lock L read; W: lock m, wait-lock L write; T: wait-lock m"), 0);
}

TEST(a_reader_who_asks_to_write_waits_for_itself) {
        struct story *s = story("R: lock L read, wait-lock L write; main: start");
        struct finding_list list;

        EXPECT_EQ(deadlock_of(s, &list), 1);
        ASSERT(list.n == 1);
        EXPECT_CONTAINS(list.items[0].title, "R waits to write L, read by itself.");
        finding_list_finish(&list);
}

TEST(a_second_read_lock_behind_a_waiting_writer_deadlocks) {
        EXPECT_EQ(N_STUCK("R: lock L read; W: wait-lock L write; R: wait-lock L read"), 2);
}

TEST(a_reader_that_waits_for_no_writer_is_about_to_read) {
        EXPECT_EQ(N_STUCK("R: lock L read; S: wait-lock L read; R: wait-join S"), 0);
}

/* The title and the advice of the deadlock that a story ends in. */
static void expect_words(struct story *s, const char *title, const char *advice) {
        struct finding_list list;

        EXPECT(deadlock_of(s, &list) > 0);
        ASSERT(list.n == 1);
        EXPECT_CONTAINS(list.items[0].title, title);
        EXPECT_CONTAINS(list.items[0].advice, advice);
        finding_list_finish(&list);
}

TEST(a_reader_behind_a_writer_is_told_so) {
        expect_words(story("R: lock L read @3; W: wait-lock L write @5; R: wait-lock L read @4"),
                     "R waits to read L, behind W; W waits to write L, read by R.",
                     "L lets no reader pass a writer that waits. Do not read it (story.c:4)");
}

TEST(who_reads_twice_is_one_reader) {
        expect_words(story("R: lock L read, lock L read; W: lock m, wait-lock L write; R: wait-lock m"), "W waits to write L, read by R. ", "");
        EXPECT_EQ(N_STUCK("R: lock L read, lock L read, unlock L; W: wait-lock L write; R: wait-join W"), 2);
        EXPECT_EQ(N_STUCK("R: lock L read, lock L read, unlock L, unlock L; W: wait-lock L write; R: wait-join W"), 0);
}

/* Routines that run once */

TEST(a_once_routine_that_asks_for_itself_deadlocks) {
        expect_words(story("A: wait-lock once:O, lock once:O @3, wait-lock once:O @4; main: start"), "A waits for O, whose routine it runs itself.",
                     "The routine of O must not ask for what it is about to make (story.c:4)");
}

TEST(a_once_routine_and_a_lock_deadlock) {
        expect_words(story("A: lock once:O; B: lock m, wait-lock once:O @7; A: wait-lock m @8"),
                     "A waits for m, held by B; B waits for O, whose routine is run by A.",
                     "Ask for O (story.c:7) while nothing is locked that its routine needs, which waits for m (story.c:8).");
        EXPECT_EQ(N_STUCK("A: lock once:O; B: lock m, wait-lock once:O; A: unlock once:O, wait-lock m"), 0);
}

/* Joins */

TEST(a_lock_held_across_a_join_deadlocks) {
        struct story *s = story("main: spawn worker, lock A; worker: start, wait-lock A; main: wait-join worker");
        struct finding_list list;

        EXPECT_EQ(deadlock_of(s, &list), 2);
        ASSERT(list.n == 1);
        EXPECT_CONTAINS(list.items[0].title, "main waits for worker to end; worker waits for A, held by main.");
        EXPECT_CONTAINS(list.items[0].advice, "Let main unlock A before it joins (story.c:5)");
        finding_list_finish(&list);
}

TEST(a_join_of_a_thread_that_has_ended_is_about_to_return) {
        EXPECT_EQ(N_STUCK("main: lock A; worker: exit; B: wait-lock A; main: wait-join worker"), 0);
}

TEST(a_join_of_a_thread_that_was_never_seen_may_return) {
        EXPECT_EQ(N_STUCK("main: wait-join worker"), 0);
}

TEST(threads_that_join_each_other_deadlock) {
        EXPECT_EQ(N_STUCK("A: wait-join B; B: wait-join A"), 2);
}

/* Channels */

TEST(a_receiver_that_kept_a_sender_waits_for_itself) {
        struct story *s = story("main: channel ch, sender-clone ch, spawn w; w: send ch =2, sender-drop ch =2, exit; main: recv ch, send ch =1, recv ch, wait-recv ch");
        struct finding_list list;

        EXPECT_EQ(deadlock_of(s, &list), 1);
        ASSERT(list.n == 1);
        EXPECT_CONTAINS(list.items[0].title, "main waits to receive from ch, whose last sender it has itself.");
        EXPECT_CONTAINS(list.items[0].advice, "The sender of ch that main made (story.c:1) was not dropped.");
        finding_list_finish(&list);
}

TEST(a_forgotten_sender_is_told_with_where_it_was_made) {
        struct story *s = story("main: channel ch @3, sender-clone ch, spawn w; w: send ch =2, sender-drop ch =2, exit; main: recv ch, wait-recv ch");
        struct finding_list list;

        EXPECT_EQ(deadlock_of(s, &list), 1);
        ASSERT(list.n == 1);
        EXPECT_CONTAINS(list.items[0].advice, "The sender of ch that main made (story.c:3) was never used and never dropped.");
        finding_list_finish(&list);
}

TEST(the_advice_names_locks_as_they_lie_in_memory) {
        struct story *s = story("P: lock forks[1]; Q: lock forks[2]; R: lock forks[0]; P: wait-lock forks[2]; Q: wait-lock forks[0]; R: wait-lock forks[1]");
        struct finding_list list;

        s->catalog.objects[story_object(s, "forks[0]")].address = 0x100;
        s->catalog.objects[story_object(s, "forks[1]")].address = 0x140;
        s->catalog.objects[story_object(s, "forks[2]")].address = 0x180;
        EXPECT_EQ(deadlock_of(s, &list), 3);
        ASSERT(list.n == 1);
        EXPECT_STR(list.items[0].advice, "Take these locks in one order everywhere, for example forks[0], forks[1] before forks[2]: "
                                         "only Q (story.c:5) does it the other way.");
        finding_list_finish(&list);
}

TEST(a_sender_that_nobody_has_used_can_be_anywhere) {
        EXPECT_EQ(N_STUCK("main: channel ch, spawn w, wait-recv ch; w: start"), 0);
        EXPECT_EQ(N_STUCK("main: channel ch, spawn w; w: start, exit; main: wait-recv ch"), 1);
}

TEST(a_sender_that_two_threads_used_can_be_anywhere) {
        EXPECT_EQ(N_STUCK("main: channel ch, send ch; w: send ch =1; main: recv ch, recv ch, wait-recv ch; w: wait-join main"), 2);
        EXPECT_EQ(N_STUCK("main: channel ch, send ch; w: send ch =1; x: start; main: recv ch, recv ch, wait-recv ch; w: wait-join main"), 0);
}

TEST(a_receive_whose_senders_are_all_dropped_returns) {
        EXPECT_EQ(N_STUCK("main: channel ch, spawn w; w: send ch, sender-drop ch, exit; main: recv ch, wait-recv ch"), 0);
}

TEST(a_message_on_its_way_wakes_the_receiver) {
        EXPECT_EQ(N_STUCK("main: channel ch, send ch, wait-recv ch"), 0);
}

TEST(a_receiver_and_a_sender_that_wait_for_each_other_deadlock) {
        struct story *s = story("main: channel work, channel done; w: send done =1; main: send work =1, recv done, wait-recv done; w: recv work, wait-recv work");
        struct finding_list list;

        EXPECT_EQ(deadlock_of(s, &list), 2);
        ASSERT(list.n == 1);
        EXPECT_CONTAINS(list.items[0].title, "main waits to receive from done, whose sender w has; w waits to receive from work, whose sender main has.");
        finding_list_finish(&list);
}

TEST(a_full_channel_whose_receiver_waits_for_the_sender_deadlocks) {
        EXPECT_EQ(N_STUCK("main: channel ch =1; w: send ch; main: recv ch; w: send ch, lock A, wait-send ch; main: wait-lock A"), 2);
        EXPECT_EQ(N_STUCK("main: channel ch =2; w: send ch; main: recv ch; w: send ch, lock A, wait-send ch; main: wait-lock A"), 0);
        EXPECT_EQ(N_STUCK("main: channel ch =1; w: send ch; main: recv ch, receiver-drop ch; w: send ch, lock A, wait-send ch; main: wait-lock A"), 0);
}

TEST(a_rendezvous_waits_until_its_message_is_taken) {
        EXPECT_EQ(N_STUCK("r: wait-recv ch; main: channel ch =0; r: recv-failed ch; main: lock A, send ch, wait-send ch; r: wait-lock A"), 2);
        EXPECT_EQ(N_STUCK("main: channel ch =0, lock A, send ch; w: send ch; main: wait-send ch; r: recv ch, wait-lock A"), 0);
}

TEST(a_channel_whose_making_was_not_seen_may_have_senders_anywhere) {
        EXPECT_EQ(N_STUCK("main: send ch, recv ch, wait-recv ch; w: start"), 0);
}

/* Condition variables, and whatever else anybody could end */

TEST(when_everybody_waits_nobody_can_signal) {
        struct story *s = story("main: spawn w; w: start, wait-cond ready; main: wait-join w");
        struct finding_list list;

        EXPECT_EQ(deadlock_of(s, &list), 2);
        ASSERT(list.n == 1);
        EXPECT_CONTAINS(list.items[0].title, "Two threads wait, and nobody is left to wake them: main waits for w to end; "
                                             "w waits on ready, and no thread is left that could signal it.");
        finding_list_finish(&list);
}

TEST(a_thread_that_runs_or_waits_with_a_timeout_can_signal) {
        EXPECT_EQ(N_STUCK("main: spawn w, spawn x; w: wait-cond ready; main: wait-join w"), 0);
        EXPECT_EQ(N_STUCK("main: start; w: wait-cond ready; main: wait-cond other timed"), 0);
}

TEST(a_thread_of_another_process_cannot_signal) {
        EXPECT_EQ(N_STUCK("main: wait-cond ready; far/2: start"), 1);
}

TEST(who_waits_for_a_signal_of_deadlocked_threads_queues_behind_them) {
        struct story *s = story("A: lock x; B: lock y; A: wait-lock y; B: wait-lock x; C: wait-cond ready");
        struct finding_list list;

        EXPECT_EQ(deadlock_of(s, &list), 3);
        ASSERT(list.n == 1);
        EXPECT_EQ(list.items[0].n_rings, 1);
        EXPECT_EQ(list.items[0].steps[list.items[0].n_steps - 1].role, STEP_QUEUES);
        finding_list_finish(&list);
}

TEST(a_semaphore_can_be_posted_by_anybody) {
        EXPECT_EQ(N_STUCK("A: lock semaphore:s, wait-lock s; B: start"), 0);
        EXPECT_EQ(N_STUCK("A: lock semaphore:s, wait-lock s; B: wait-join A"), 2);
}

/* Processes */

static int n_stuck_in(const struct story *s) {
        struct finding_list list;
        int n = deadlock_of(s, &list);

        finding_list_finish(&list);
        return n;
}

TEST(a_process_is_judged_as_it_stood_when_it_ended) {
        EXPECT_EQ(N_STUCK("main: spawn A, spawn B; A: lock x; B: lock y; A: wait-lock y; B: wait-lock x; main: process-exit"), 2);
        EXPECT_EQ(N_STUCK("main: spawn w; w: wait-cond ready; main: process-exit, exit"), 0);
}

/* Size */

TEST(a_ring_of_a_thousand_threads_is_found_in_order) {
        char *text = NULL;
        size_t length;
        FILE *out = open_memstream(&text, &length);
        struct finding_list list;
        struct story *s;

        for (int i = 0; i < 1000; i++)
                fprintf(out, "T%d: lock L%d;", i, i);
        for (int i = 0; i < 1000; i++)
                fprintf(out, "T%d: wait-lock L%d;", i, (i + 1) % 1000);
        fclose(out);
        s = story(text);
        EXPECT_EQ(deadlock_of(s, &list), 1000);
        ASSERT(list.n == 1);
        EXPECT_EQ(list.items[0].n_rings, 1);
        EXPECT_EQ(list.items[0].n_steps, 2000);
        EXPECT_CONTAINS(list.items[0].title, "1000 threads wait for each other: T0 waits for L1, held by T1; T1 waits");
        EXPECT_CONTAINS(list.items[0].title, "; and 997 more, round to the first.");
        finding_list_finish(&list);
        story_free(s);
        free(text);
}

/* Semaphores and barriers */

TEST(semaphores_taken_in_opposite_order_are_a_deadlock_once_nobody_is_left) {
        struct story *s = story("main: spawn T1, spawn T2, init semaphore:A =1, init semaphore:B =1; T1: take A; T2: take B;"
                                "T1: wait-sem B; T2: wait-sem A; main: wait-join T1 at 2s");
        struct finding_list list;

        EXPECT_EQ(deadlock_of(s, &list), 3);
        ASSERT(list.n == 1);
        EXPECT_STR(list.items[0].title, "Two threads wait for each other: T1 waits for B, taken by T2; T2 waits for A, taken by T1; "
                                        "one more thread queues behind. Since 0.008 s.");
        EXPECT_CONTAINS(list.items[0].advice, "Post B on every way from where T2 took it");
        finding_list_finish(&list);
        EXPECT_EQ(N_STUCK("main: spawn T1, spawn T2, init semaphore:A =1, init semaphore:B =1; T1: take A; T2: take B;"
                          "T1: wait-sem B; T2: wait-sem A"), 0); /* main could post */
}

TEST(a_semaphore_above_zero_lets_its_waiter_go_on) {
        EXPECT_EQ(N_STUCK("T1: init semaphore:A =1, take A, wait-sem A"), 1);
        EXPECT_EQ(N_STUCK("T1: init semaphore:A =2, take A, wait-sem A"), 0);
        EXPECT_EQ(N_STUCK("T1: init semaphore:A =1, take A, post A, wait-sem A"), 0);
        EXPECT_EQ(N_STUCK("T1: wait-sem A timed"), 0);
}

TEST(a_count_of_messages_was_taken_by_nobody) {
        struct story *s = story("T1: init semaphore:A =0, spawn T2; T1: post A; T2: take A, wait-sem A; T1: wait-join T2");
        struct finding_list list;

        EXPECT_EQ(deadlock_of(s, &list), 2);
        ASSERT(list.n == 1);
        EXPECT_CONTAINS(list.items[0].title, "T2 waits for A, which it took itself");
        finding_list_finish(&list);
        s = story("T1: init semaphore:A =0, spawn T2; T1: wait-join T2; T2: wait-sem A");
        EXPECT_EQ(deadlock_of(s, &list), 2);
        ASSERT(list.n == 1);
        EXPECT_CONTAINS(list.items[0].title, "T2 waits for A, and no thread is left that could post it");
        EXPECT_CONTAINS(list.items[0].advice, "which thread should have posted A");
        finding_list_finish(&list);
}

TEST(a_barrier_one_short_is_a_deadlock_and_a_full_one_is_not) {
        struct story *s = story("main: init barrier:B =3, spawn T1, wait-barrier B; T1: wait-barrier B");
        struct finding_list list;

        EXPECT_EQ(deadlock_of(s, &list), 2);
        ASSERT(list.n == 1);
        EXPECT_CONTAINS(list.items[0].title, "main and T1 wait at B, where 2 of 3 have arrived, and no thread is left that could arrive");
        EXPECT_CONTAINS(list.items[0].advice, "B opens when 3 threads have arrived");
        finding_list_finish(&list);
        EXPECT_EQ(N_STUCK("main: init barrier:B =2, spawn T1, wait-barrier B; T1: wait-barrier B"), 0);
        EXPECT_EQ(N_STUCK("main: init barrier:B =2, spawn T1, wait-barrier B; T1: wait-barrier B, leave-barrier B, wait-join T1; main: leave-barrier B, wait-barrier B"), 2);
}

TEST(those_who_wait_alike_are_told_at_once) {
        struct story *s = story("main: spawn w1, spawn w2, spawn w3, spawn w4, spawn w5; w1: lock M; w1: wait-cond ready; w2: wait-cond ready;"
                                "w3: wait-cond ready; w4: wait-cond ready; w5: wait-cond ready; main: wait-join w1");
        struct finding_list list;

        EXPECT_EQ(deadlock_of(s, &list), 6);
        ASSERT(list.n == 1);
        EXPECT_CONTAINS(list.items[0].title, "main waits for w1 to end; w1, w2, w3 and two more wait on ready, and no thread is left that could "
                                             "signal it.");
        finding_list_finish(&list);
}

/* Queues */

TEST(a_queue_that_nobody_is_left_to_fill_is_a_deadlock) {
        EXPECT_EQ(N_STUCK("T1: wait-recv queue:Q"), 1);
        EXPECT_EQ(N_STUCK("T1: send queue:Q, wait-recv queue:Q"), 0);
        EXPECT_EQ(N_STUCK("T1: spawn T2, wait-recv queue:Q"), 0);
        EXPECT_EQ(N_STUCK("T1: spawn T2, wait-recv queue:Q; T2: exit"), 1);
}

/* Processes */

/* The lock that the child calls `copy` lies where the parent has `lock`. */
static void is_copied(struct story *s, const char *lock, const char *copy) {
        s->catalog.objects[story_object(s, copy)].address = s->catalog.objects[story_object(s, lock)].address;
}

TEST(what_another_thread_held_at_the_fork_is_locked_in_the_child_for_ever) {
        struct story *s = story("main: spawn T; T: lock A; main: fork #1; child/2: process-start #1 =1, wait-lock B; T: unlock A, exit");
        struct finding_list list;

        is_copied(s, "A", "B");
        EXPECT_EQ(deadlock_of(s, &list), 1);
        ASSERT(list.n == 1 && list.items[0].n_steps == 2);
        EXPECT_CONTAINS(list.items[0].title, "child waits for B, held by T, a thread of the parent process that fork() did not copy.");
        EXPECT_EQ(list.items[0].steps[0].thread, story_thread(s, "T"));
        EXPECT_EQ(list.items[0].steps[0].object, story_object(s, "B"));
        EXPECT_EQ(list.items[0].steps[0].event_id, 2);
        finding_list_finish(&list);
}

TEST(what_was_unlocked_before_the_fork_or_locked_after_it_is_free_in_the_child) {
        struct story *before = story("main: spawn T; T: lock A, unlock A; main: fork #1; child/2: process-start #1 =1, wait-lock B");
        struct story *after = story("main: spawn T; main: fork #1; T: lock A; child/2: process-start #1 =1, wait-lock B");
        struct story *second = story("main: spawn T; main: fork #1; T: lock A; main: fork #2; child/2: process-start #1 =1, wait-lock B");

        is_copied(before, "A", "B");
        is_copied(after, "A", "B");
        is_copied(second, "A", "B");
        EXPECT_EQ(n_stuck_in(before), 0);
        EXPECT_EQ(n_stuck_in(after), 0);
        EXPECT_EQ(n_stuck_in(second), 0);
}

TEST(a_child_that_makes_the_lock_anew_or_unlocks_it_has_it_free) {
        struct story *anew = story("main: spawn T; T: lock A; main: fork #1; child/2: process-start #1 =1, init B, wait-lock B");
        struct story *freed = story("main: spawn T; T: lock A; main: fork #1; child/2: process-start #1 =1, unlock B, wait-lock B");

        is_copied(anew, "A", "B");
        is_copied(freed, "A", "B");
        EXPECT_EQ(n_stuck_in(anew), 0);
        EXPECT_EQ(n_stuck_in(freed), 0);
}

TEST(what_the_forking_thread_held_its_copy_holds) {
        struct story *itself = story("main: lock A, fork #1; child/2: process-start #1 =1, wait-lock B");
        struct story *another = story("main: lock A, fork #1; child/2: process-start #1 =1, spawn U; U: wait-lock B; main: unlock A");

        is_copied(itself, "A", "B");
        is_copied(another, "A", "B");
        EXPECT_EQ(n_stuck_in(itself), 1);
        EXPECT_EQ(n_stuck_in(another), 0);
}

/* P2 ends at 10 s with a lock of both processes, P1 waits for it until the given time. */
static int wait_for_a_gone_process(uint64_t until_ns) {
        struct story *s = story("P2/2: lock A; P1/1: wait-lock A; P2: process-exit at 10s");

        s->catalog.objects[story_object(s, "A")].process = 0;
        s->catalog.processes[2].ended_ns = UINT64_C(10000000000);
        s->catalog.processes[1].ended_ns = until_ns;
        return n_stuck_in(s);
}

TEST(a_lock_whose_process_has_ended_is_never_unlocked) {
        EXPECT_EQ(wait_for_a_gone_process(UINT64_MAX), 1);
        EXPECT_EQ(wait_for_a_gone_process(UINT64_C(11000000000)), 1);
}

TEST(processes_that_were_ended_together_are_not_deadlocked) {
        EXPECT_EQ(wait_for_a_gone_process(UINT64_C(10000000000)), 0);
        EXPECT_EQ(wait_for_a_gone_process(UINT64_C(10100000000)), 0);
        EXPECT_EQ(wait_for_a_gone_process(UINT64_C(9000000000)), 0);
}

TEST(whoever_waits_for_what_other_processes_may_signal_or_post_is_not_deadlocked) {
        struct story *cond = story("T1: wait-cond C"), *sem = story("T1: wait-sem S");

        EXPECT_EQ(n_stuck_in(cond), 1);
        EXPECT_EQ(n_stuck_in(sem), 1);
        cond->catalog.objects[story_object(cond, "C")].process = 0;
        sem->catalog.objects[story_object(sem, "S")].process = 0;
        EXPECT_EQ(n_stuck_in(cond), 0);
        EXPECT_EQ(n_stuck_in(sem), 0);
}

TEST(whoever_somebody_unseen_could_have_woken_is_not_deadlocked_afterwards) {
        const char *text = "T1: wait-cond C", *named = "T1: lock A, wait-lock A";

        for (uint32_t unseen = 0; unseen < 2; unseen++)
                for (int catches = 0; catches < 2; catches++) {
                        struct story *s = story(text), *lock = story(named);

                        s->catalog.processes[1].n_unseen = lock->catalog.processes[1].n_unseen = unseen;
                        s->catalog.processes[1].catches_signals = lock->catalog.processes[1].catches_signals = catches;
                        EXPECT_EQ(n_stuck_in(s), !unseen && !catches);
                        EXPECT_EQ(n_stuck_in(lock), 1);
                }
}

TEST(a_lock_whose_memory_has_become_another_one_is_held_no_more) {
        struct story *s = story("T1: lock A; T2: lock X, wait-lock A; T1: init B, lock B, wait-lock X");

        EXPECT_EQ(n_stuck_in(s), 2);
        s->catalog.objects[story_object(s, "B")].replaces = story_object(s, "A");
        EXPECT_EQ(n_stuck_in(s), 0);
}
