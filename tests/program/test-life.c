/* The whole life of processes and threads: each corner ends as it does without Heddle, prints the same, and its trace is
 * complete, or says why not. The programs are in corners/. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heddle-process.h"
#include "store/store.h"
#include "test.h"

static struct heddle_process heddle;
static char bare_output[HEDDLE_TEXT_BYTES];

/* Status as heddle has it. Core files are of no use here. */
static int run_bare(const char *program, const char *corner) {
        pid_t child = fork();
        int status, fd;
        ssize_t n;

        if (child == 0) {
                dup2(open("bare-output", O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
                execl(program, program, corner, NULL);
                _exit(99);
        }
        if (waitpid(child, &status, 0) != child)
                abort();
        fd = open("bare-output", O_RDONLY);
        n = read(fd, bare_output, sizeof(bare_output) - 1);
        bare_output[n > 0 ? n : 0] = 0;
        close(fd);
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Runs it both ways, and compares. */
static void compare(const char *program, const char *corner) {
        char path[4096];
        int status;

        heddle_begin(&heddle);
        snprintf(path, sizeof(path), "%s", heddle_program(program));
        status = run_bare(path, corner);
        heddle_run(&heddle, "run", "-o", "t.heddle", path, corner);
        EXPECT_EQ(heddle.status, status);
        EXPECT_STR(heddle.out, bare_output);
}

static void expect_nothing_found(void) {
        EXPECT_CONTAINS(heddle.err, "nothing found");
}

/* A thread that is thrown out of a function leaves locked what it locked there, which is told, and nothing else is. */
static void expect_locks_left_at_most(void) {
        if (strstr(heddle.err, "nothing found"))
                return;
        EXPECT_CONTAINS(heddle.err, "lock-leak (observed)");
        EXPECT_CONTAINS(heddle.err, "heddle: 1 finding in");
}

static void expect_trace(uint32_t n_processes, bool complete) {
        struct store_reader *reader;
        struct fault fault = { "" };

        if (store_reader_new("t.heddle", &reader, &fault) < 0) {
                test_fail(__FILE__, __LINE__, "%s", fault.message);
                return;
        }
        EXPECT_EQ(store_reader_catalog(reader)->n_processes - 1, n_processes);
        EXPECT_EQ(store_reader_is_complete(reader), complete);
        if (complete)
                EXPECT(!strstr(heddle.err, "not complete"));
        store_reader_free(reader);
}

#define SAME(claim, program, corner, n_processes, expect_found) \
        TEST(claim) {                                           \
                compare("recorded-" program, corner);           \
                expect_found();                                 \
                expect_trace(n_processes, true);                \
                heddle_end(&heddle);                            \
        }
#define SAME_AS_WITHOUT_HEDDLE(claim, program, corner, n_processes) SAME(claim, program, corner, n_processes, expect_nothing_found)
#define SAME_BUT_FOR_LOCKS_LEFT(claim, program, corner, n_processes) SAME(claim, program, corner, n_processes, expect_locks_left_at_most)

SAME_AS_WITHOUT_HEDDLE(children_forked_beside_threads_are_recorded, "processes", "fork-with-threads", 21)
SAME_AS_WITHOUT_HEDDLE(a_program_that_another_replaces_beside_its_threads_is_recorded_as_both, "processes", "exec-with-threads", 2)
SAME_AS_WITHOUT_HEDDLE(a_program_that_one_of_its_threads_replaces_is_recorded_as_both, "processes", "exec-in-a-thread", 2)
SAME_AS_WITHOUT_HEDDLE(an_exec_that_fails_changes_nothing, "processes", "exec-that-fails", 1)
SAME_AS_WITHOUT_HEDDLE(a_child_of_vfork_that_ends_leaves_its_parent_whole, "processes", "vfork-and-exit", 1)
SAME_AS_WITHOUT_HEDDLE(a_child_of_vfork_that_execs_is_recorded, "processes", "vfork-and-exec", 4)
SAME_AS_WITHOUT_HEDDLE(posix_spawn_does_all_that_it_is_asked_for, "processes", "spawn", 2)
SAME_AS_WITHOUT_HEDDLE(a_spawn_that_fails_says_so, "processes", "spawn-that-fails", 1)
SAME_AS_WITHOUT_HEDDLE(commands_are_recorded, "processes", "system", 3)
SAME_AS_WITHOUT_HEDDLE(a_cloned_process_is_recorded, "processes", "clone", 2)
SAME_AS_WITHOUT_HEDDLE(a_process_that_shares_our_memory_leaves_it_whole, "processes", "clone-vm", 1)
SAME_AS_WITHOUT_HEDDLE(children_forked_behind_the_librarys_back_are_recorded, "processes", "bare-fork", 21)
SAME_AS_WITHOUT_HEDDLE(what_a_bare_child_forks_is_recorded, "processes", "fork-after-bare-fork", 3)
SAME_AS_WITHOUT_HEDDLE(what_a_bare_child_execs_is_recorded, "processes", "exec-after-bare-fork", 3)
SAME_AS_WITHOUT_HEDDLE(a_program_executed_without_an_environment_is_recorded, "processes", "exec-empty", 3)
SAME_AS_WITHOUT_HEDDLE(an_environment_of_ones_own_stays_as_it_is, "processes", "exec-own", 3)
SAME_AS_WITHOUT_HEDDLE(a_program_spawned_without_an_environment_is_recorded, "processes", "spawn-empty", 2)
SAME_AS_WITHOUT_HEDDLE(a_program_executed_after_the_environment_was_cleared_is_recorded, "processes", "clearenv", 2)
SAME_AS_WITHOUT_HEDDLE(a_daemon_is_recorded_until_it_ends, "processes", "daemon", 3)
SAME_AS_WITHOUT_HEDDLE(a_daemon_of_the_library_is_recorded, "processes", "daemon-3", 2)
SAME_AS_WITHOUT_HEDDLE(a_changed_root_does_not_end_recording, "processes", "chroot", 1)

SAME_AS_WITHOUT_HEDDLE(ten_thousand_threads_are_made_and_ended, "threads", "ended", 1)
SAME_AS_WITHOUT_HEDDLE(detached_threads_are_recorded, "threads", "detached", 1)
SAME_AS_WITHOUT_HEDDLE(a_thousand_threads_are_alive_at_once, "threads", "alive", 1)
SAME_AS_WITHOUT_HEDDLE(the_smallest_stack_is_enough, "threads", "smallest-stack", 1)
SAME_AS_WITHOUT_HEDDLE(a_cancelled_wait_ends_and_gives_its_lock_back, "threads", "cancel-wait", 1)
SAME_AS_WITHOUT_HEDDLE(a_cancelled_join_leaves_its_thread_to_be_joined, "threads", "cancel-join", 1)
SAME_BUT_FOR_LOCKS_LEFT(a_thread_may_be_cancelled_at_any_instruction, "threads", "cancel-anywhere", 1)
SAME_BUT_FOR_LOCKS_LEFT(a_thread_may_be_cancelled_inside_a_record, "threads", "cancel-record", 1)
SAME_AS_WITHOUT_HEDDLE(thread_specific_destructors_may_lock, "threads", "destructors", 1)
SAME_AS_WITHOUT_HEDDLE(exit_handlers_may_lock, "threads", "exit-handlers", 1)
SAME_AS_WITHOUT_HEDDLE(a_thread_may_end_the_process, "threads", "exit-in-a-thread", 1)
SAME_AS_WITHOUT_HEDDLE(main_may_end_before_the_process, "threads", "main-that-ends", 1)
SAME_AS_WITHOUT_HEDDLE(a_process_may_end_at_once, "threads", "_exit", 1)
SAME_AS_WITHOUT_HEDDLE(a_process_may_end_quickly, "threads", "quick_exit", 1)

SAME_AS_WITHOUT_HEDDLE(handlers_may_lock_in_the_middle_of_a_record, "signals", "storm", 1)
SAME_BUT_FOR_LOCKS_LEFT(handlers_may_jump_out_of_a_record, "signals", "jumps", 1)
SAME_AS_WITHOUT_HEDDLE(handlers_may_lock_on_a_small_stack, "signals", "small-stack", 1)
SAME_AS_WITHOUT_HEDDLE(all_signals_may_be_blocked, "signals", "blocked", 1)
SAME_AS_WITHOUT_HEDDLE(a_program_may_abort, "signals", "abort", 1)
SAME_AS_WITHOUT_HEDDLE(a_thread_may_crash, "signals", "crash", 1)
SAME_AS_WITHOUT_HEDDLE(a_signal_may_end_a_program, "signals", "fpe", 1)
SAME_AS_WITHOUT_HEDDLE(a_crash_may_be_handled, "signals", "handled", 1)
SAME_AS_WITHOUT_HEDDLE(a_stack_may_overflow, "signals", "overflow", 1)
SAME_AS_WITHOUT_HEDDLE(a_stack_that_overflows_may_be_handled, "signals", "overflow-handled", 1)
SAME_AS_WITHOUT_HEDDLE(a_process_may_be_stopped_and_go_on, "signals", "stopped", 2)
SAME_AS_WITHOUT_HEDDLE(whom_a_stopped_owner_keeps_waiting_is_not_deadlocked, "signals", "stopped-owner", 3)

SAME_AS_WITHOUT_HEDDLE(all_files_may_be_closed, "sealed", "close-range", 1)
SAME_AS_WITHOUT_HEDDLE(files_may_be_closed_one_by_one, "sealed", "close", 1)
SAME_AS_WITHOUT_HEDDLE(files_may_be_limited, "sealed", "limit-files", 1)
SAME_AS_WITHOUT_HEDDLE(a_program_may_limit_its_own_address_space, "sealed", "limit-as", 1)
SAME_AS_WITHOUT_HEDDLE(the_stack_may_be_limited, "sealed", "limit-stack", 1)
SAME_AS_WITHOUT_HEDDLE(a_process_may_hide_from_debuggers, "sealed", "not-dumpable", 1)
SAME_AS_WITHOUT_HEDDLE(a_process_may_rename_itself, "sealed", "renamed", 1)
SAME_AS_WITHOUT_HEDDLE(a_process_may_become_another_user, "sealed", "other-user", 1)
SAME_AS_WITHOUT_HEDDLE(low_and_moved_memory_may_hold_locks, "sealed", "low", 1)
SAME_AS_WITHOUT_HEDDLE(a_sandbox_may_forbid_files_and_processes, "sealed", "filtered", 1)
SAME_AS_WITHOUT_HEDDLE(a_process_may_be_traced_by_another, "sealed", "ptrace", 2)

TEST(threads_beyond_those_that_can_be_recorded_are_counted_and_unharmed) {
        compare("recorded-threads", "too-many");
        expect_nothing_found();
        EXPECT_CONTAINS(heddle.err, "905 threads were not recorded: more than 4096 were alive at once");
        expect_trace(1, false);
        heddle_end(&heddle);
}

TEST(a_thread_that_forbids_itself_system_calls_is_recorded_until_then_and_goes_on) {
        static const struct {
                const char *corner;
                uint32_t n_processes;
        } ways[] = { { "strict-prctl", 2 }, { "strict-syscall", 2 }, { "strict-thread", 1 } };

        for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
                compare("recorded-sealed", ways[i].corner);
                expect_nothing_found();
                EXPECT_CONTAINS(heddle.err, "1 thread was no longer recorded after forbidding itself all but a few system calls");
                expect_trace(ways[i].n_processes, false);
                heddle_end(&heddle);
        }
}

static size_t count(const char *text, const char *part) {
        size_t n = 0;

        while ((text = strstr(text, part))) {
                text += strlen(part);
                n++;
        }
        return n;
}

TEST(a_library_that_is_loaded_where_another_was_keeps_its_own_names) {
        char plugs[2][4096];

        heddle_begin(&heddle);
        snprintf(plugs[0], sizeof(plugs[0]), "%s", heddle_program("librecorded-weave.so"));
        snprintf(plugs[1], sizeof(plugs[1]), "%s", heddle_program("librecorded-knit.so"));
        heddle_run(&heddle, "run", "-o", "t.heddle", heddle_program("recorded-plugs"), plugs[0], plugs[1]);
        EXPECT_EQ(heddle.status, 7);
        heddle_run(&heddle, "events", "t.heddle");
        EXPECT_EQ(count(heddle.out, "  weave\n"), 20); /* a lock and an unlock for each time */
        EXPECT_EQ(count(heddle.out, "  knit\n"), 20);
        heddle_end(&heddle);
}

TEST(threads_made_fast_in_a_limited_address_space_are_all_recorded) {
        char path[4096];

        heddle_begin(&heddle);
        snprintf(path, sizeof(path), "%s", heddle_program("recorded-threads"));
        heddle_run(&heddle, "run", "-o", "t.heddle", "sh", "-c", "ulimit -v 300000; exec \"$0\" ended", path);
        EXPECT_EQ(heddle.status, 7);
        expect_trace(2, true);
        heddle_end(&heddle);
}
