/* Mistakes that are seen as they happen: each beside the harmless story that looks like it. */
#include <stdlib.h>

#include "analysis/analysis.h"
#include "story.h"
#include "test.h"

/* What is found in a story, of one kind; its title and advice in `ret_words`. */
static int n_found(const char *file, int line, enum finding_kind kind, unsigned what, const char *text, char ret_words[static 800]) {
        struct story *story = story_at(file, line, text);
        struct finding_list list = { 0 };
        struct derived derived = { 0 };
        int n = 0;

        ret_words[0] = '\0';
        if (analyse(story_source(story), &story->catalog, what, &derived, &list) < 0)
                test_fail(file, line, "the analyses failed");
        for (size_t i = 0; i < list.n; i++) {
                if (list.items[i].kind != kind)
                        continue;
                n++;
                snprintf(ret_words, 800, "%s | %s | %s", certainty_name(list.items[i].certainty), list.items[i].title, list.items[i].advice);
        }
        derived_finish(&derived);
        finding_list_finish(&list);
        return n;
}
static char words[800];
#define N(kind, text) n_found(__FILE__, __LINE__, FINDING_##kind, 0, (text), words)

/* Unlocking */

TEST(unlocking_what_another_thread_holds_is_a_mistake) {
        EXPECT_EQ(N(UNLOCK_NOT_OWNER, "A: lock x @3; B: unlock x @7"), 1);
        EXPECT_CONTAINS(words, "observed | B unlocks x, which A holds since 0.001 s. | A lock is to be unlocked by the thread that locked it (story.c:3)");
        EXPECT_EQ(N(UNLOCK_NOT_OWNER, "A: lock x, unlock x; B: lock x, unlock x"), 0);
        EXPECT_EQ(N(UNLOCK_NOT_OWNER, "A: lock x; B: unlock-failed x =1"), 1); /* of an error-checking mutex */
        EXPECT_EQ(N(UNLOCK_NOT_OWNER, "A: lock R read; B: lock R read, unlock R read; A: unlock R read"), 0);
        EXPECT_EQ(N(UNLOCK_NOT_OWNER, "A: lock R read; B: unlock R read"), 1);
}

TEST(unlocking_twice_is_a_mistake) {
        EXPECT_EQ(N(UNLOCK_NOT_HELD, "A: lock x, unlock x @4, unlock x @5"), 1);
        EXPECT_CONTAINS(words, "A unlocks x, which nobody holds: A has unlocked it already (story.c:4).");
        EXPECT_EQ(N(UNLOCK_NOT_HELD, "A: lock x, lock x again, unlock x again, unlock x"), 0);
        EXPECT_EQ(N(UNLOCK_NOT_HELD, "A: unlock x"), 0); /* locked before recording began */
        EXPECT_EQ(N(UNLOCK_NOT_HELD, "A: post semaphore:s, post s"), 0);
}

TEST(a_mistake_at_one_place_is_told_once) {
        EXPECT_EQ(N(UNLOCK_NOT_HELD, "A: lock x, unlock x @4, unlock x @5 in f; A: lock y, unlock y @4, unlock y @5 in f; B: lock x, unlock x @4, unlock x @5 in f"), 1);
        EXPECT_EQ(N(UNLOCK_NOT_HELD, "A: lock x, unlock x @4, unlock x @5; A: lock y, unlock y @4, unlock y @6"), 2);
}

TEST(where_records_are_missing_a_mistake_is_only_possible) {
        EXPECT_EQ(n_found(__FILE__, __LINE__, FINDING_UNLOCK_NOT_HELD, ANALYSE_INCOMPLETE, "A: lock x, unlock x, unlock x", words), 1);
        EXPECT_CONTAINS(words, "possible | ");
        EXPECT_CONTAINS(words, "Records are missing from this trace");
}

TEST(what_happens_while_a_process_is_torn_down_is_no_mistake) {
        EXPECT_EQ(N(UNLOCK_NOT_HELD, "A: lock x, unlock x, process-exit, unlock x"), 0);
}

/* Destroying, leaving locked */

TEST(destroying_a_lock_that_is_held_is_a_mistake) {
        EXPECT_EQ(N(DESTROY_LOCKED, "A: lock x; B: destroy x"), 1);
        EXPECT_CONTAINS(words, "B destroys x, which A holds.");
        EXPECT_EQ(N(DESTROY_LOCKED, "A: lock x, destroy-failed x =16"), 1);
        EXPECT_CONTAINS(words, "A destroys x, which it holds itself.");
        EXPECT_EQ(N(DESTROY_LOCKED, "A: lock R read; B: destroy R"), 1);
        EXPECT_EQ(N(DESTROY_LOCKED, "A: lock x, unlock x, destroy x"), 0);
}

TEST(a_thread_that_ends_with_a_lock_leaves_it_locked) {
        EXPECT_EQ(N(LOCK_LEAK, "A: lock x @3, exit; B: start"), 1);
        EXPECT_CONTAINS(words, "A has ended and left x locked. | Whoever locks x next waits for ever. Unlock it on every way out of the function that locks it (story.c:3)");
        EXPECT_EQ(N(LOCK_LEAK, "A: lock x, unlock x, exit"), 0);
        EXPECT_EQ(N(LOCK_LEAK, "A: lock x @3 in f, exit; B: lock y @3 in f, exit"), 1); /* at one place */
        EXPECT_EQ(N(LOCK_LEAK, "A: lock x, process-exit; B: lock y, exit"), 0);
        EXPECT_EQ(N(LOCK_LEAK, "A: init x =1, lock x, exit"), 0); /* a robust one */
}

TEST(a_lock_left_locked_is_told_by_the_deadlock_that_follows_from_it) {
        EXPECT_EQ(N(LOCK_LEAK, "A: spawn B; B: lock x, exit; A: wait-lock x"), 0);
        EXPECT_EQ(N(DEADLOCK, "A: spawn B; B: lock x, exit; A: wait-lock x"), 1);
}

/* Threads and channels */

TEST(a_thread_that_nobody_joins_or_detaches_leaks) {
        EXPECT_EQ(N(THREAD_LEAK, "main: spawn T @9; T: start, exit; main: process-exit"), 1);
        EXPECT_CONTAINS(words, "T has ended and was never joined and never detached. | ");
        EXPECT_CONTAINS(words, "where it is spawned (story.c:9)");
        EXPECT_EQ(N(THREAD_LEAK, "main: spawn T; T: start, exit; main: join T, process-exit"), 0);
        EXPECT_EQ(N(THREAD_LEAK, "main: spawn T; T: start, detach T, exit; main: process-exit"), 0);
        EXPECT_EQ(N(THREAD_LEAK, "main: spawn T =1; T: start, exit; main: process-exit"), 0); /* spawned detached */
        EXPECT_EQ(N(THREAD_LEAK, "main: spawn T; T: start; main: process-exit"), 0); /* it never ended */
        EXPECT_EQ(N(THREAD_LEAK, "main: spawn T; T: start, exit"), 0); /* main had no chance to join */
}

TEST(a_message_that_is_left_in_its_channel_is_told) {
        EXPECT_EQ(N(MESSAGE_NEVER_RECEIVED, "A: channel ch =8, send ch, send ch @4, send ch @4; B: recv ch, receiver-drop ch"), 1);
        EXPECT_CONTAINS(words, "two messages on ch were never received, the first of them sent by A (story.c:4).");
        EXPECT_EQ(N(MESSAGE_NEVER_RECEIVED, "A: channel ch =8, send ch; B: recv ch, receiver-drop ch"), 0);
        EXPECT_EQ(N(MESSAGE_NEVER_RECEIVED, "A: channel ch =8, send ch"), 0);
        EXPECT_EQ(N(MESSAGE_NEVER_RECEIVED, "A: channel ch =8, send ch, process-exit"), 1);
}

TEST(sending_to_a_closed_channel_is_told) {
        EXPECT_EQ(N(SEND_TO_CLOSED, "A: channel ch =8; B: receiver-drop ch @6; A: send-failed ch"), 1);
        EXPECT_CONTAINS(words, "A sends on ch after B dropped its receiver (story.c:6).");
        EXPECT_EQ(N(SEND_TO_CLOSED, "A: channel ch =1, send ch, send-failed ch"), 0); /* it was full */
}

/* Waits that nobody ends */

TEST(a_thread_left_waiting_when_the_program_ends_is_told) {
        EXPECT_EQ(N(BLOCKED_FOREVER, "main: init barrier:B =3, spawn T; T: wait-barrier B @5; main: process-exit"), 1);
        EXPECT_CONTAINS(words, "T still waits at B (story.c:5) when main ended the program, and nobody was left to wake it.");
        EXPECT_EQ(N(BLOCKED_FOREVER, "main: lock x, spawn T; T: wait-lock x; main: unlock x; T: lock x; main: process-exit"), 0);
        EXPECT_EQ(N(BLOCKED_FOREVER, "main: spawn T, spawn U; U: lock x; T: wait-lock x; main: process-exit"), 0); /* U runs */
        EXPECT_EQ(N(BLOCKED_FOREVER, "main: channel ch =1, spawn T; T: wait-recv ch; main: process-exit"), 1);
}

TEST(a_worker_with_nothing_to_do_is_no_mistake) {
        EXPECT_EQ(N(BLOCKED_FOREVER, "main: spawn T; T: lock m, unlock m, wait-cond c; main: process-exit"), 0);
        EXPECT_EQ(N(BLOCKED_FOREVER, "main: lock x, spawn T; T: wait-lock x; main: process-exit"), 0); /* kept back by main's lock */
        EXPECT_EQ(N(BLOCKED_FOREVER, "main: spawn T, spawn U; T: lock m, unlock m, wait-cond c; U: wait-join T; main: process-exit"), 0);
}

TEST(a_deadlock_is_not_told_again_as_blocked_for_ever) {
        EXPECT_EQ(N(BLOCKED_FOREVER, "main: spawn A, spawn B; A: lock x; B: lock y; A: wait-lock y; B: wait-lock x; main: process-exit"), 0);
        EXPECT_EQ(N(DEADLOCK, "main: spawn A, spawn B; A: lock x; B: lock y; A: wait-lock y; B: wait-lock x; main: process-exit"), 1);
}

/* Signals */

TEST(a_signal_between_looking_and_waiting_is_lost) {
        EXPECT_EQ(N(LOST_WAKEUP, "main: spawn W, spawn P; W: lock m; P: signal c @7; W: unlock m, wait-cond c @4"), 1);
        EXPECT_CONTAINS(words, "observed | P signals c (story.c:7) just before W waits for it (story.c:4): nobody heard it, and the wait never ended.");
        EXPECT_EQ(N(LOST_WAKEUP, "main: spawn W, spawn P; W: lock m; P: signal c; W: unlock m, wait-cond c timed, wake c =110, lock m"), 1);
        EXPECT_CONTAINS(words, "possible | ");
        EXPECT_EQ(N(LOST_WAKEUP, "main: spawn W, spawn P; W: lock m; P: signal c; W: unlock m, wait-cond c; P: signal c; W: wake c, lock m"), 0);
        EXPECT_EQ(N(LOST_WAKEUP, "main: spawn W, spawn P; W: lock m, unlock m, wait-cond c; P: signal c"), 0); /* it was heard */
}

TEST(a_signal_after_a_change_under_the_mutex_is_harmless) {
        EXPECT_EQ(N(LOST_WAKEUP, "main: spawn W, spawn P; P: lock m, unlock m; W: lock m; P: signal c; W: unlock m, wait-cond c"), 0);
        /* but not when that change was for the signal before */
        EXPECT_EQ(N(LOST_WAKEUP, "main: spawn W, spawn P; P: lock m, unlock m, signal c; W: lock m; P: signal c; W: unlock m, wait-cond c"), 1);
}

TEST(a_deadlocked_thread_is_told_which_signal_it_missed) {
        EXPECT_EQ(N(LOST_WAKEUP, "main: spawn W; main: lock m, signal c @8, unlock m; W: lock m, unlock m, wait-cond c; main: wait-join W"), 0);
        EXPECT_EQ(N(DEADLOCK, "main: spawn W; main: lock m, signal c @8, unlock m; W: lock m, unlock m, wait-cond c; main: wait-join W"), 1);
        EXPECT_CONTAINS(words, "main signalled c (story.c:8) at 0.003 s, when nobody waited for it; W has waited since 0.007 s.");
}
