/* Programs at the corners of what threads, locks and signals allow: not called a deadlock when they are none, and called one when
 * they are. recorded-corner.c is the program. */
#include <signal.h>

#include "heddle-process.h"
#include "store/store.h"
#include "test.h"

static struct heddle_process heddle;

/* Whether the trace says that it holds everything. */
static bool is_complete(void) {
        struct store_reader *reader;
        bool complete;

        if (store_reader_new("t.heddle", &reader, NULL) < 0)
                return false;
        complete = store_reader_is_complete(reader);
        store_reader_free(reader);
        return complete;
}

static void run(const char *corner) {
        heddle_begin(&heddle);
        heddle_run(&heddle, "run", "-o", "t.heddle", heddle_program("recorded-corner"), corner);
}

static void expect_to_end_well(const char *corner) {
        run(corner);
        EXPECT_EQ(heddle.status, 7);
        EXPECT_CONTAINS(heddle.err, "nothing found");
        EXPECT(!strstr(heddle.err, "not complete"));
        EXPECT(is_complete());
        heddle_end(&heddle);
}

static void expect_a_deadlock(const char *corner) {
        run(corner);
        EXPECT_EQ(heddle.status, 123);
        EXPECT(is_complete());
        heddle_end(&heddle);
}

TEST(whom_a_signal_handler_may_wake_is_not_deadlocked) {
        expect_to_end_well("handler");
}

TEST(whom_a_thread_that_is_not_recorded_may_wake_is_not_deadlocked) {
        expect_to_end_well("unseen");
}

TEST(whom_another_process_may_wake_is_not_deadlocked) {
        expect_to_end_well("process");
}

TEST(a_robust_lock_that_cannot_be_recovered_says_so_each_time) {
        expect_to_end_well("unrecoverable");
}

/* How many rows of a trace's view fit. */
static void expect_rows(const char *query, const char *n_rows) {
        heddle_run(&heddle, "sql", "t.heddle", query);
        EXPECT_CONTAINS(heddle.out, n_rows);
}

TEST(a_wait_for_a_semaphore_that_was_cancelled_is_over) {
        run("cancelled");
        EXPECT_EQ(heddle.status, 7);
        EXPECT(is_complete());
        expect_rows("SELECT count(*) || ' ended by ' || max(ended_by) FROM waits WHERE object = 'ready'", "1 ended by take-failed");
        heddle_end(&heddle);
}

TEST(posts_by_a_handler_that_interrupts_a_record_are_all_recorded) {
        run("posts");
        EXPECT_EQ(heddle.status, 7);
        EXPECT_CONTAINS(heddle.err, "nothing found");
        EXPECT(is_complete());
        expect_rows("SELECT 'posts: ' || (count(*) >= 3000) FROM events WHERE event = 'post'", "posts: 1");
        expect_rows("SELECT 'takes: ' || count(*) FROM events WHERE event = 'take'", "takes: 3000");
        heddle_end(&heddle);
}

TEST(a_lock_that_is_taken_within_the_loaders_is_recorded_without_it) {
        expect_to_end_well("loader");
}

TEST(a_child_that_was_killed_while_it_waited_hides_no_deadlock) {
        expect_a_deadlock("killed");
}

TEST(a_thread_that_could_not_be_made_hides_no_deadlock) {
        expect_a_deadlock("failed-spawn");
}

/* What `heddle check` says of a program that a signal ended while all of its threads waited for a signal on a condition variable. */
static int status_afterwards(const char *corner) {
        int status;

        heddle_begin(&heddle);
        heddle_run(&heddle, "run", "-o", "t.heddle", "--on-deadlock=report", heddle_program("recorded-corner"), corner);
        EXPECT_EQ(heddle.status, 128 + SIGALRM);
        heddle_run(&heddle, "check", "t.heddle");
        status = heddle.status;
        heddle_end(&heddle);
        return status;
}

TEST(whom_somebody_unseen_could_have_woken_is_not_called_deadlocked_afterwards) {
        EXPECT_EQ(status_afterwards("all-wait"), 1);
        EXPECT_EQ(status_afterwards("all-wait-timer"), 0);
        EXPECT_EQ(status_afterwards("all-wait-handler"), 0);
}

TEST(memory_that_is_written_over_costs_the_recording_and_nothing_else) {
        run("scribble");
        EXPECT_EQ(heddle.status, 7);
        EXPECT_CONTAINS(heddle.err, "damaged");
        EXPECT(!is_complete());
        heddle_end(&heddle);
}
