/* Deadlocks that could happen between a lock and another wait: each bug beside the harmless stories that look like it. */
#include <stdlib.h>

#include "analysis/analysis.h"
#include "story.h"
#include "test.h"

static char words[800], told[4000];

/* The text of the last one is in `told`. */
static int n_found(const char *file, int line, enum finding_kind kind, const char *text) {
        struct story *story = story_at(file, line, text);
        struct finding_list list = { 0 };
        struct derived derived = { 0 };
        int n = 0;

        words[0] = told[0] = '\0';
        if (analyse(story_source(story), &story->catalog, 0, &derived, &list) < 0)
                test_fail(file, line, "the analyses failed");
        for (size_t i = 0; i < list.n; i++) {
                char *explanation;

                if (list.items[i].kind != kind)
                        continue;
                n++;
                snprintf(words, sizeof(words), "%s | %s", list.items[i].title, list.items[i].advice);
                explanation = explain_finding(&list.items[i], &story->catalog, false);
                snprintf(told, sizeof(told), "%s", explanation ? explanation : "");
                free(explanation);
        }
        EXPECT_EQ(derived.n_unchecked_cycles, 0);
        derived_finish(&derived);
        finding_list_finish(&list);
        return n;
}
#define N(text) n_found(__FILE__, __LINE__, FINDING_COMMUNICATION_DEADLOCK_RISK, (text))

TEST(a_join_under_a_lock_that_the_other_thread_takes_could_deadlock) {
        EXPECT_EQ(N("main: spawn T; T: lock L @5, unlock L, exit; main: lock L @8, wait-join T @9, join T @9, unlock L"), 1);
        EXPECT_CONTAINS(words, "Two threads could deadlock: main waits for the end of T while it holds L; T needs L before it ends. | "
                               "Let main unlock L before it waits (story.c:9), or let T do without it there (story.c:5).");
        EXPECT_CONTAINS(told, "main (thread 1)  would wait for T to end");
        EXPECT_CONTAINS(told, "T (thread 2)     would wait for L, held by main");
        EXPECT_CONTAINS(told, "1  main locks L (story.c:8)");
        /* the lock is not held while joining */
        EXPECT_EQ(N("main: spawn T; T: lock L, unlock L, exit; main: lock L, unlock L, join T"), 0);
        /* another lock */
        EXPECT_EQ(N("main: spawn T; T: lock K, unlock K, exit; main: lock L, join T, unlock L"), 0);
        /* the thread is past its lock by the time main has it: a message says so */
        EXPECT_EQ(N("main: channel ch =1, spawn T; T: lock L, unlock L, send ch, exit; main: recv ch, lock L, join T, unlock L"), 0);
        /* the thread tells that it is done, under the lock */
        EXPECT_EQ(N("main: spawn T; T: lock L, signal c, unlock L, exit; main: lock L, join T, unlock L"), 0);
        EXPECT_EQ(N("main: spawn T; T: lock L, unlock L, lock K, signal c, unlock K, exit; main: lock L, join T, unlock L"), 1);
        /* the lock says that its owner has ended (130) */
        EXPECT_EQ(N("main: spawn T; T: lock L, exit; main: lock L =130, join T, unlock L"), 0);
        /* a try, and a join with a timeout */
        EXPECT_EQ(N("main: spawn T; T: lock L try, unlock L, exit; main: lock L, join T, unlock L"), 0);
        EXPECT_EQ(N("main: spawn T; T: lock L, unlock L, exit; main: lock L, wait-join T timed, join T timed, unlock L"), 0);
        /* both only read */
        EXPECT_EQ(N("main: spawn T; T: lock L read, unlock L read, exit; main: lock L read, join T, unlock L read"), 0);
}

TEST(a_semaphore_under_a_lock_that_the_poster_needs_could_deadlock) {
        EXPECT_EQ(N("main: init semaphore:S =0, spawn T; T: lock L, unlock L, post S; main: lock L, take S, unlock L"), 1);
        EXPECT_CONTAINS(words, "main waits for S while it holds L; T needs L before it posts.");
        EXPECT_CONTAINS(told, "would wait for S, which T would have to post");
        /* it need not wait */
        EXPECT_EQ(N("main: init semaphore:S =1, spawn T; T: lock L, unlock L, post S; main: lock L, take S, unlock L"), 0);
        /* T posts first and locks then */
        EXPECT_EQ(N("main: init semaphore:S =0, spawn T; T: post S, lock L, unlock L; main: lock L, take S, unlock L"), 0);
        /* somebody else posts, too */
        EXPECT_EQ(N("main: init semaphore:S =0, spawn T, spawn U; T: lock L, unlock L, post S; main: lock L, take S, unlock L; U: post S"), 0);
        EXPECT_EQ(N("main: init semaphore:S =0, spawn T; T: lock L, post S, unlock L; main: lock L, take S, unlock L"), 1);
}

TEST(a_nested_monitor_could_deadlock) {
        EXPECT_EQ(N("main: spawn T, spawn W; W: lock L, lock m, unlock m, wait-cond c; T: lock m, signal c, unlock m; W: wake c, lock m, unlock m, unlock L;"
                    "T: lock L, unlock L"), 0);
        /* T took the lock before W did, and could have come later */
        EXPECT_EQ(N("main: spawn T, spawn W; T: lock L @3, unlock L; W: lock L, lock m, unlock m, wait-cond c @4; T: lock m, signal c, unlock m;"
                    "W: wake c @4, lock m, unlock m, unlock L"), 1);
        EXPECT_CONTAINS(words, "W waits for a signal of c while it holds L; T needs L before it signals. | A wait on a condition variable lets go of its own "
                               "mutex, not of L: let W unlock that before it waits (story.c:4), or let T signal without it (story.c:3).");
}

TEST(a_channel_under_a_lock_that_its_other_end_needs_could_deadlock) {
        EXPECT_EQ(N("main: channel ch =8, spawn T; T: lock L, unlock L, send ch; main: lock L, recv ch, unlock L"), 1);
        EXPECT_CONTAINS(words, "main waits to receive from ch while it holds L; T needs L before it sends.");
        EXPECT_EQ(N("main: channel ch =8, spawn T; T: send ch, lock L, unlock L, send ch; main: lock L, recv ch, unlock L"), 0);
        /* a full one */
        EXPECT_EQ(N("main: channel ch =1, send ch, spawn T; T: lock L, unlock L, recv ch; main: lock L, wait-send ch, send ch, unlock L"), 1);
        EXPECT_CONTAINS(words, "main waits for room in ch while it holds L; T needs L before it receives.");
        EXPECT_EQ(N("main: channel ch =2, send ch, spawn T; T: lock L, unlock L, recv ch; main: lock L, send ch, unlock L"), 0);
}

TEST(what_has_deadlocked_is_not_told_as_a_risk) {
        const char *text = "main: spawn T; T: lock L @5, unlock L @6, exit; main: lock L @8, join T @9, unlock L, spawn U, lock L @8, wait-join U @9; U: wait-lock L @5";

        EXPECT_EQ(n_found(__FILE__, __LINE__, FINDING_DEADLOCK, text), 1);
        EXPECT_EQ(N(text), 0);
}

TEST(a_risk_at_one_place_is_told_once) {
        EXPECT_EQ(N("main: spawn T; T: lock L @5 in f, unlock L, exit; main: lock L @8, join T @9, unlock L, spawn U; U: lock L @5 in f, unlock L, exit;"
                    "main: lock L @8, join U @9, unlock L"), 1);
}
