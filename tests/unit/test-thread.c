/* Spawning, joining, panicking: what <heddle/thread.h> promises. */
#include <heddle/heddle.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static void *add_one(void *number) {
        return (char *) number + 1;
}

TEST(join_returns_what_the_thread_returned) {
        heddle_thread *thread;
        void *value = NULL;

        ASSERT(heddle_spawn("adder", add_one, (void *) 41, &thread) == 0);
        EXPECT_EQ(heddle_join(thread, &value), 0);
        EXPECT_EQ((intptr_t) value, 42);
}

static void *exit_with(void *number) {
        pthread_exit(number);
}

TEST(join_returns_what_the_thread_gave_to_pthread_exit) {
        heddle_thread *thread;
        void *value = NULL;

        ASSERT(heddle_spawn(NULL, exit_with, (void *) 7, &thread) == 0);
        EXPECT_EQ(heddle_join(thread, &value), 0);
        EXPECT_EQ((intptr_t) value, 7);
}

TEST(a_thread_that_ended_long_ago_is_joined_at_once) {
        heddle_thread *thread;

        ASSERT(heddle_spawn(NULL, add_one, NULL, &thread) == 0);
        while (!heddle_is_finished(thread))
                heddle_yield();
        heddle_sleep(5 * HEDDLE_MS);
        EXPECT_EQ(heddle_join(thread, NULL), 0);
}

static void *tell_name(void *ret_names) {
        char(*names)[HEDDLE_NAME_BYTES] = ret_names;

        snprintf(names[0], sizeof names[0], "%s", heddle_thread_name(heddle_current()));
        pthread_getname_np(pthread_self(), names[1], sizeof names[1]);
        return NULL;
}

TEST(a_thread_knows_its_name_and_the_kernel_its_first_15_bytes) {
        char names[2][HEDDLE_NAME_BYTES] = { "", "" };
        heddle_thread *thread;

        ASSERT(heddle_spawn("Plato of Athens, philosopher", tell_name, names, &thread) == 0);
        EXPECT_STR(heddle_thread_name(thread), "Plato of Athens, philosopher");
        heddle_join(thread, NULL);
        EXPECT_STR(names[0], "Plato of Athens, philosopher");
        EXPECT_STR(names[1], "Plato of Athens");
}

TEST(a_thread_that_heddle_did_not_spawn_has_no_handle) {
        EXPECT(heddle_current() == NULL);
}

static void *set_flag(void *flag) {
        heddle_sleep(1 * HEDDLE_MS);
        atomic_store((atomic_int *) flag, 1);
        return NULL;
}

TEST(a_detached_thread_goes_on) {
        static atomic_int flag;
        heddle_thread *thread;

        ASSERT(heddle_spawn(NULL, set_flag, &flag, &thread) == 0);
        heddle_detach(thread);
        while (!atomic_load(&flag))
                heddle_yield();
}

static void *join_self(void *ready) {
        while (!atomic_load((atomic_int *) ready))
                heddle_yield();
        return (void *) (intptr_t) heddle_join(heddle_current(), NULL);
}

TEST(joining_oneself_is_refused) {
        atomic_int ready = 1;
        heddle_thread *thread;
        void *value = NULL;

        ASSERT(heddle_spawn(NULL, join_self, &ready, &thread) == 0);
        EXPECT_EQ(heddle_join(thread, &value), 0);
        EXPECT_EQ((intptr_t) value, -EDEADLK);
}

static void *panic(void *number) {
        heddle_panic("out of %s after %d", "cheese", (int) (intptr_t) number);
}

TEST(join_tells_of_a_panic_and_gives_its_message) {
        heddle_thread *first, *second;
        struct heddle_outcome outcome;
        void *value = &first;

        ASSERT(heddle_spawn("Gromit", panic, (void *) 3, &first) == 0);
        ASSERT(heddle_spawn(NULL, panic, (void *) 4, &second) == 0);
        EXPECT_EQ(heddle_join_outcome(first, &outcome), -EOWNERDEAD);
        EXPECT(outcome.panicked);
        EXPECT(outcome.value == NULL);
        EXPECT_STR(outcome.message, "out of cheese after 3");
        EXPECT_EQ(heddle_join(second, &value), -EOWNERDEAD);
        EXPECT(value == NULL);
}

static bool saw_panicking;

static void look_at_panic(void *data) {
        saw_panicking = heddle_panicking();
}

static void *panic_with_handler(void *data) {
        pthread_cleanup_push(look_at_panic, NULL);
        heddle_panic("with a handler");
        pthread_cleanup_pop(0);
        return NULL;
}

TEST(cleanup_handlers_run_in_a_panic_and_can_tell) {
        heddle_thread *thread;

        saw_panicking = false;
        ASSERT(heddle_spawn(NULL, panic_with_handler, NULL, &thread) == 0);
        EXPECT_EQ(heddle_join(thread, NULL), -EOWNERDEAD);
        EXPECT(saw_panicking);
        EXPECT(!heddle_panicking());
}

static void *sleep_long(void *data) {
        for (;;)
                sleep(1000);
        return NULL;
}

static void *cancel_self(void *data) {
        pthread_cancel(pthread_self());
        return sleep_long(NULL);
}

TEST(join_tells_of_a_cancelled_thread) {
        heddle_thread *thread;

        ASSERT(heddle_spawn(NULL, cancel_self, NULL, &thread) == 0);
        EXPECT_EQ(heddle_join(thread, NULL), -ECANCELED);
}

static void panic_in_child(void) {
        (void) !freopen("/dev/null", "w", stderr);
        heddle_panic("main gives up");
}

TEST(a_panic_in_main_ends_the_process_with_101) {
        int status;
        pid_t child;

        fflush(NULL);
        child = fork();
        if (child == 0)
                panic_in_child();
        ASSERT(child > 0 && waitpid(child, &status, 0) == child);
        EXPECT(WIFEXITED(status));
        EXPECT_EQ(WEXITSTATUS(status), 101);
}

TEST(sleep_lasts_at_least_as_long_as_asked) {
        struct timespec before, after;

        clock_gettime(CLOCK_MONOTONIC, &before);
        heddle_sleep(3 * HEDDLE_MS);
        clock_gettime(CLOCK_MONOTONIC, &after);
        EXPECT((after.tv_sec - before.tv_sec) * 1000000000LL + (after.tv_nsec - before.tv_nsec) >= 3000000);
}

static void *spawn_tree(void *depth_left) {
        intptr_t depth = (intptr_t) depth_left, n = 1;
        heddle_thread *children[2];
        void *below;

        if (depth == 0)
                return (void *) n;
        for (int i = 0; i < 2; i++)
                if (heddle_spawn(NULL, spawn_tree, (void *) (depth - 1), &children[i]) < 0)
                        return (void *) -1;
        for (int i = 0; i < 2; i++) {
                heddle_join(children[i], &below);
                n += (intptr_t) below;
        }
        return (void *) n;
}

TEST(threads_that_spawn_threads_all_come_back) {
        EXPECT_EQ((intptr_t) spawn_tree((void *) 5), 63);
}
