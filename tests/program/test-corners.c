/* Programs at the corners of what threads, locks and signals allow: not called a deadlock when they are none, and called one when
 * they are. recorded-corner.c is the program. */
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

TEST(a_lock_that_is_taken_within_the_loaders_is_recorded_without_it) {
        expect_to_end_well("loader");
}

TEST(a_child_that_was_killed_while_it_waited_hides_no_deadlock) {
        expect_a_deadlock("killed");
}

TEST(a_thread_that_could_not_be_made_hides_no_deadlock) {
        expect_a_deadlock("failed-spawn");
}

TEST(memory_that_is_written_over_costs_the_recording_and_nothing_else) {
        run("scribble");
        EXPECT_EQ(heddle.status, 7);
        EXPECT_CONTAINS(heddle.err, "damaged");
        EXPECT(!is_complete());
        heddle_end(&heddle);
}
