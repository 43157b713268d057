/* What is recorded of locks of each kind, event by event. The programs are those that have a verdict. */
#include "heddle-process.h"
#include "test.h"

static struct heddle_process heddle;

/* What happened to objects that are no threads, in order: event:object:flags:value. */
static const char story_query[] =
        "SELECT group_concat(step, ' ') FROM (SELECT event_kind.name || ':' || object.name || ':' || flags || ':' || value AS step "
        "FROM event JOIN event_kind ON code = event.kind JOIN object ON object.id = event.object WHERE object.kind <> 'thread' ORDER BY event.id)";

static void expect_story(const char *program, const char *story) {
        char expected[HEDDLE_TEXT_BYTES];

        heddle_begin(&heddle);
        heddle_run(&heddle, "run", "-o", "t.heddle", heddle_program(program));
        EXPECT_EQ(heddle.status, 0);
        heddle_run(&heddle, "sql", "t.heddle", story_query);
        EXPECT_EQ(heddle.status, 0);
        snprintf(expected, sizeof(expected), "group_concat(step, ' ')\n%s\n", story);
        EXPECT_STR(heddle.out, expected);
        heddle_end(&heddle);
}

/* An init says whether the lock is robust. 130: the owner died; 131: it cannot be recovered. A try is 2. */
TEST(a_lock_says_that_its_owner_died_and_is_unlocked_also_where_it_was_not_made_consistent) {
        expect_story("verdicts/robust-owner-died",
                     "init:lock:0:1 lock:lock:0:0 lock:lock:0:130 unlock:lock:0:0 lock:lock:0:0 lock:lock:2:130 unlock:lock:0:0 "
                     "lock-failed:lock:0:131 destroy:lock:0:0");
}

/* 35: it would wait for itself; 16: busy. Reading is 4. */
TEST(each_unlock_of_a_read_write_lock_says_which_of_the_two_it_is) {
        expect_story("verdicts/rwlock-misuse-refused",
                     "lock:table:0:0 wait-lock:table:0:0 lock-failed:table:0:35 wait-lock:table:4:0 lock-failed:table:4:35 unlock:table:0:0 "
                     "lock:table:4:0 lock:table:4:0 unlock:table:4:0 lock-failed:table:2:16 unlock:table:4:0 lock:table:2:0 unlock:table:0:0");
}

TEST(a_once_routine_is_held_while_it_runs_and_costs_nothing_once_it_is_done) {
        expect_story("verdicts/once-nested",
                     "wait-lock:done:0:0 lock:done:0:0 unlock:done:0:0 wait-lock:outer:0:0 lock:outer:0:0 wait-lock:inner:0:0 lock:inner:0:0 "
                     "unlock:inner:0:0 unlock:outer:0:0");
}
