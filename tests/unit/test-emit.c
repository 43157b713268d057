/* What the emitter writes, looked at from the collector's side of the rings. emit-producer.c is the traced program. */
#include <inttypes.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drain.h"
#include "test.h"

enum { OBJECT_MAIN = 0x1000, OBJECT_HANDLER = 0x2000, OBJECT_DESTRUCTOR = 0x3000, N_EVENTS = 300000, N_SEEN_MAX = 4096 };

/* What came out of the rings. */
struct seen {
        uint64_t n[256];               /* by kind */
        uint32_t n_main, n_handler;       /* records of the main loop and of the signal handler */
        uint32_t last_main, last_handler; /* their latest sequence numbers */
        bool in_order;
        uint32_t handler_says;
        uint64_t n_lost;
        uint64_t n_data_missing;       /* DATA records announced and not there */
        uint32_t n_data_due;
        uint32_t pids[8];
        size_t n_pids;
        uint64_t destructor_at, exit_at, n_records; /* places in the order seen */
        uint32_t largest_stack;
        uint32_t n_without_stack;
};

static void note_pid(struct seen *seen, uint32_t pid) {
        for (size_t i = 0; i < seen->n_pids; i++)
                if (seen->pids[i] == pid)
                        return;
        if (seen->n_pids < 8)
                seen->pids[seen->n_pids++] = pid;
}

static void check_sequence(struct seen *seen, const struct record *record) {
        bool is_main = record_object(record) == OBJECT_MAIN;
        uint32_t *last = is_main ? &seen->last_main : &seen->last_handler;

        if ((!is_main && record_object(record) != OBJECT_HANDLER) || record->sequence == 0)
                return;
        seen->in_order &= record->sequence > *last;
        *last = record->sequence;
        *(is_main ? &seen->n_main : &seen->n_handler) += 1;
}

static void visit(const struct ring_header *ring, const struct record *record, void *data) {
        struct seen *seen = data;
        enum event_kind kind = record_kind(record);

        seen->n[kind]++;
        seen->n_records++;
        note_pid(seen, ring->pid);
        if (seen->n_data_due > 0 && kind != EV_DATA)
                seen->n_data_missing++;
        seen->n_data_due = kind == EV_STACK ? (record->value + 2) / 3 : seen->n_data_due > 0 ? seen->n_data_due - 1 : 0;
        if (kind == EV_STACK && record->value > seen->largest_stack)
                seen->largest_stack = record->value;
        if (kind == EV_LOCK || kind == EV_UNLOCK)
                check_sequence(seen, record);
        if (kind == EV_LOCK && record_stack(record) == 0)
                seen->n_without_stack++;
        if (kind == EV_LOCK_INIT)
                seen->handler_says = record->value;
        seen->n_lost = atomic_load(&ring->n_lost);
        if (kind == EV_LOCK && record_object(record) == OBJECT_DESTRUCTOR)
                seen->destructor_at = seen->n_records;
        if (kind == EV_THREAD_EXIT)
                seen->exit_at = seen->n_records;
}

enum how { DRAINING, LATE, LEAVING }; /* LATE: nothing is drained until the program is over; LEAVING: the collector leaves at once */

/* Runs the producer under a session of its own. Returns its exit status, or -1. */
static int produce(const char *mode, enum how how, enum session_when_full when_full, struct seen *ret_seen) {
        struct seen seen = { .in_order = true };
        struct drain drain;
        int status = -1;
        pid_t pid;

        if (drain_init(&drain) < 0)
                return -1;
        drain.visit = visit;
        drain.data = &seen;
        drain.header->when_full = when_full;
        pid = fork();
        if (pid == 0) {
                setenv(SESSION_ENV, drain.path, 1);
                execl(getenv("EMIT_PRODUCER"), "emit-producer", mode, (char *) NULL);
                _exit(127);
        }
        while (how == LEAVING && atomic_load(&drain.header->rings_used) == 0)
                usleep(100);
        if (how == LEAVING)
                atomic_store(&drain.header->closed, 1);
        while (waitpid(pid, &status, how == DRAINING ? WNOHANG : 0) == 0) {
                drain_wait(&drain);
                drain_round(&drain);
        }
        drain_round(&drain);
        drain_finish(&drain);
        *ret_seen = seen;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* More of them may come during one slow record than there is room for aside. */
TEST(signal_handlers_tear_no_record_and_lose_none_uncounted) {
        struct seen seen;

        ASSERT(produce("signals", DRAINING, SESSION_WAIT, &seen) == 0);
        EXPECT(seen.in_order);
        EXPECT_EQ(seen.n_main, N_EVENTS);
        EXPECT(seen.handler_says > 0);
        EXPECT_EQ(seen.n_handler + seen.n_lost, seen.handler_says);
        EXPECT(seen.n_handler > seen.n_lost);
        EXPECT_EQ(seen.n_data_missing, 0);
}

TEST(every_spawned_thread_is_recorded_from_start_to_exit) {
        struct seen seen;

        ASSERT(produce("spawn", DRAINING, SESSION_WAIT, &seen) == 0);
        EXPECT_EQ(seen.n[EV_SPAWN], 100);
        EXPECT_EQ(seen.n[EV_THREAD_START], 101);
        EXPECT_EQ(seen.n[EV_THREAD_EXIT], 100);
        EXPECT_EQ(seen.n[EV_LOCK], 100);
        EXPECT_EQ(seen.n[EV_PROCESS_EXIT], 1);
}

TEST(a_destructor_of_the_program_is_recorded_before_the_exit) {
        struct seen seen;

        ASSERT(produce("destructor", LATE, SESSION_WAIT, &seen) == 0);
        EXPECT(seen.destructor_at > 0);
        EXPECT(seen.exit_at > seen.destructor_at);
}

TEST(the_child_of_a_fork_is_a_process_of_its_own) {
        struct seen seen;

        ASSERT(produce("forks", DRAINING, SESSION_WAIT, &seen) == 0);
        EXPECT_EQ(seen.n[EV_PROCESS_START], 2);
        EXPECT_EQ(seen.n[EV_LOCK], 2);
        EXPECT_EQ(seen.n[EV_FORK], 1);
        EXPECT_EQ(seen.n_pids, 2);
}

TEST(a_child_forked_behind_our_back_leaves_its_parents_rings_alone) {
        struct seen seen;

        ASSERT(produce("bare-fork", DRAINING, SESSION_WAIT, &seen) == 0);
        EXPECT_EQ(seen.n[EV_UNLOCK], 0);
        EXPECT_EQ(seen.n[EV_LOCK], 1);
}

TEST(a_handler_that_jumps_out_of_a_record_costs_no_more_than_that_record) {
        struct seen seen;

        ASSERT(produce("jumps", DRAINING, SESSION_WAIT, &seen) == 0);
        EXPECT_EQ(seen.n_main, 1000);
        EXPECT_EQ(seen.n_lost, 0);
        EXPECT_EQ(seen.n_data_missing, 0);
}

TEST(errno_is_kept) {
        struct seen seen;

        EXPECT_EQ(produce("errno", DRAINING, SESSION_WAIT, &seen), 0);
        EXPECT_EQ(seen.n[EV_LOCK], N_EVENTS);
}

TEST(each_stack_is_told_once_and_every_event_has_one) {
        struct seen seen;

        ASSERT(produce("stacks", DRAINING, SESSION_WAIT, &seen) == 0);
        EXPECT_EQ(seen.n[EV_LOCK], 1000);
        EXPECT_EQ(seen.n_without_stack, 0);
        EXPECT(seen.n[EV_STACK] >= 8 && seen.n[EV_STACK] < 40); /* the others are the process's first and last words */
        EXPECT(seen.largest_stack >= 9);
        EXPECT_EQ(seen.n_data_missing, 0);
}

TEST(a_call_site_with_many_callers_is_unwound_once_from_each) {
        struct seen seen;

        ASSERT(produce("callers", DRAINING, SESSION_WAIT, &seen) == 0);
        EXPECT_EQ(seen.n[EV_LOCK], 1000);
        EXPECT_EQ(seen.n_without_stack, 0);
        EXPECT(seen.n[EV_STACK] >= 6 && seen.n[EV_STACK] < 40);
}

TEST(what_is_dropped_is_counted) {
        struct seen seen;

        ASSERT(produce("many", LATE, SESSION_DROP, &seen) == 0);
        EXPECT(seen.n[EV_LOCK] > SESSION_RING_RECORDS / 2);
        EXPECT(seen.n_lost >= N_EVENTS - seen.n[EV_LOCK]);
}

TEST(a_program_goes_on_unrecorded_when_the_collector_leaves) {
        struct seen seen;

        EXPECT_EQ(produce("many", LEAVING, SESSION_WAIT, &seen), 0);
        EXPECT(seen.n[EV_LOCK] < N_EVENTS);
}

/* It looks through the process's files and takes terabytes of addresses itself. */
static bool under_address_sanitizer(void) {
#ifdef __SANITIZE_ADDRESS__
        test_skip("AddressSanitizer");
        return true;
#else
        return false;
#endif
}

TEST(a_daemon_without_files_and_privileges_is_recorded_to_its_end) {
        struct seen seen;

        if (under_address_sanitizer())
                return;
        ASSERT(produce("daemon", DRAINING, SESSION_WAIT, &seen) == 0);
        EXPECT_EQ(seen.n[EV_SPAWN], 1);
        EXPECT_EQ(seen.n[EV_THREAD_EXIT], 1);
        EXPECT_EQ(seen.n[EV_LOCK], 1);
}

TEST(a_limited_address_space_is_left_to_the_program) {
        struct seen seen;

        if (under_address_sanitizer())
                return;
        ASSERT(produce("little-memory", DRAINING, SESSION_WAIT, &seen) == 0);
        EXPECT_EQ(seen.n[EV_PROCESS_START], 2); /* before the limit, and under it */
        EXPECT_EQ(seen.n[EV_SPAWN], 20);
        EXPECT_EQ(seen.n[EV_THREAD_EXIT], 20);
}
