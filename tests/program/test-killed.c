/* kill -9 at random moments: of the program, and of Heddle. The trace opens, and holds what had been recorded. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "heddle-process.h"
#include "store/store.h"
#include "test.h"

enum { THREADS = 4, TRIES = 6 };

static struct heddle_process heddle;
static unsigned seed = 11;

/* What recorded-counter counts, in memory shared with it. */
static _Atomic uint64_t *map_counts(void) {
        int fd = open("counts", O_RDWR | O_CREAT, 0600);
        void *memory;

        if (fd < 0 || ftruncate(fd, THREADS * sizeof(uint64_t)) < 0)
                abort();
        memory = mmap(NULL, THREADS * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        close(fd);
        return memory;
}

static uint64_t sum(_Atomic uint64_t *counts) {
        return counts[0] + counts[1] + counts[2] + counts[3];
}

/* Sleeps until it holds; gives up after a minute. */
#define WAIT_UNTIL(condition)                                     \
        do {                                                      \
                for (int i_ = 0; i_ < 60000 && !(condition); i_++) \
                        usleep(1000);                             \
                ASSERT(condition);                                \
        } while (0)

/* The one child that a process has, or 0. */
static pid_t child_of(pid_t pid) {
        char path[64];
        int child = 0;
        FILE *file;

        snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int) pid, (int) pid);
        file = fopen(path, "re");
        if (file && fscanf(file, "%d", &child) != 1)
                child = 0;
        if (file)
                fclose(file);
        return child;
}

static void start_counter(void) {
        char program[4096];

        snprintf(program, sizeof(program), "%s", heddle_program("recorded-counter"));
        heddle_start(&heddle, (const char *const[]) { "run", "-o", "t.heddle", program, "counts", NULL });
}

/* Unlocks of each thread, as the trace has them; false when it cannot be read. */
static bool count_unlocks(uint64_t n_unlocks[static THREADS + 1], bool *ret_complete) {
        struct store_reader *reader;
        struct event_source *source;
        const struct event *events;
        uint64_t n_all = 0;
        int n;

        memset(n_unlocks, 0, (THREADS + 1) * sizeof(*n_unlocks));
        if (store_reader_new("t.heddle", &reader, NULL) < 0)
                return false;
        if (store_reader_source(reader, 1, &source, NULL) < 0)
                return false;
        while ((n = source->next(source, &events)) > 0) {
                n_all += (uint64_t) n;
                for (int i = 0; i < n; i++)
                        if (events[i].kind == EV_UNLOCK && events[i].thread <= THREADS)
                                n_unlocks[events[i].thread]++;
        }
        *ret_complete = store_reader_is_complete(reader);
        EXPECT_EQ(n, 0);
        EXPECT_EQ(n_all, store_reader_n_events(reader));
        store_source_free(source);
        store_reader_free(reader);
        return true;
}

/* How many processes are told to have been cut off, and whether nothing is told of them afterwards. */
static uint64_t count_cut_off(bool *ret_is_last) {
        struct store_reader *reader;
        struct event_source *source;
        const struct event *events;
        uint64_t n_cut_off = 0;
        int n;

        if (store_reader_new("t.heddle", &reader, NULL) < 0 || store_reader_source(reader, 1, &source, NULL) < 0)
                abort();
        *ret_is_last = true;
        while ((n = source->next(source, &events)) > 0)
                for (int i = 0; i < n; i++) {
                        *ret_is_last &= n_cut_off == 0;
                        n_cut_off += events[i].kind == EV_PROCESS_EXIT && events[i].value == PROCESS_CUT_OFF;
                }
        store_source_free(source);
        store_reader_free(reader);
        return n_cut_off;
}

TEST(a_killed_program_loses_nothing_that_it_had_recorded) {
        for (int i = 0; i < TRIES; i++) {
                uint64_t n_unlocks[THREADS + 1];
                _Atomic uint64_t *counts;
                bool complete, is_last;

                heddle_begin(&heddle);
                counts = map_counts();
                start_counter();
                WAIT_UNTIL(counts[0] && counts[1] && counts[2] && counts[3]);
                usleep((useconds_t) (rand_r(&seed) % 200000));
                kill(child_of(heddle.pid), SIGKILL);
                heddle_wait(&heddle);
                EXPECT_EQ(heddle.status, 128 + SIGKILL);
                ASSERT(count_unlocks(n_unlocks, &complete));
                EXPECT(complete);
                EXPECT_EQ(count_cut_off(&is_last), 1);
                EXPECT(is_last);
                /* Thread 1 is main. It may have recorded one more than it had counted. */
                for (int t = 0; t < THREADS; t++)
                        EXPECT(n_unlocks[t + 1] == counts[t] || n_unlocks[t + 1] == counts[t] + 1);
                munmap((void *) counts, THREADS * sizeof(*counts));
                heddle_end(&heddle);
        }
}

TEST(when_heddle_is_killed_the_trace_opens_and_the_program_goes_on) {
        for (int i = 0; i < TRIES; i++) {
                uint64_t n_unlocks[THREADS + 1] = { 0 }, n;
                _Atomic uint64_t *counts;
                bool complete = true;
                pid_t program;

                heddle_begin(&heddle);
                counts = map_counts();
                start_counter();
                WAIT_UNTIL(count_unlocks(n_unlocks, &complete) && n_unlocks[1] > 0);
                program = child_of(heddle.pid);
                usleep((useconds_t) (rand_r(&seed) % 200000));
                kill(heddle.pid, SIGKILL);
                heddle_wait(&heddle);
                EXPECT_EQ(heddle.status, -SIGKILL);
                /* More than the rings could take: nobody waits for room. */
                n = sum(counts);
                WAIT_UNTIL(sum(counts) > n + 50000);
                kill(program, SIGKILL);
                ASSERT(count_unlocks(n_unlocks, &complete));
                EXPECT(n_unlocks[1] > 0);
                EXPECT(!complete);
                munmap((void *) counts, THREADS * sizeof(*counts));
                heddle_end(&heddle);
        }
}

TEST(what_heddle_left_when_it_was_killed_has_the_names_of_functions_and_variables) {
        uint64_t n_unlocks[THREADS + 1];
        _Atomic uint64_t *counts;
        bool complete;
        pid_t program;

        heddle_begin(&heddle);
        counts = map_counts();
        start_counter();
        WAIT_UNTIL(count_unlocks(n_unlocks, &complete) && n_unlocks[2] > 0 && n_unlocks[3] > 0); /* one alone has no number */
        program = child_of(heddle.pid);
        kill(heddle.pid, SIGKILL);
        heddle_wait(&heddle);
        kill(program, SIGKILL);
        heddle_run(&heddle, "events", "t.heddle");
        EXPECT_EQ(heddle.status, 0);
        EXPECT_CONTAINS(heddle.err, "not complete");
        EXPECT_CONTAINS(heddle.out, "main");
        EXPECT_CONTAINS(heddle.out, "spawns count #1"); /* by its start function */
        EXPECT_CONTAINS(heddle.out, "  locks locks[");
        EXPECT_CONTAINS(heddle.out, "recorded-counter.c:");
        EXPECT_CONTAINS(heddle.out, "  count\n");
        heddle_run(&heddle, "check", "t.heddle");
        EXPECT_EQ(heddle.status, 0);
        heddle_run(&heddle, "events", "--thread=count #1", "--object=locks[0]", "t.heddle");
        EXPECT_EQ(heddle.status, 0);
        munmap((void *) counts, THREADS * sizeof(*counts));
        heddle_end(&heddle);
}

TEST(an_unfinished_trace_that_is_recorded_over_is_kept_whole) {
        uint64_t n_before[THREADS + 1], n_after[THREADS + 1];
        _Atomic uint64_t *counts;
        bool complete;
        pid_t program;

        heddle_begin(&heddle);
        counts = map_counts();
        start_counter();
        WAIT_UNTIL(count_unlocks(n_before, &complete) && n_before[1] > 0);
        program = child_of(heddle.pid);
        kill(heddle.pid, SIGKILL);
        heddle_wait(&heddle);
        kill(program, SIGKILL);
        ASSERT(count_unlocks(n_before, &complete));
        heddle_run(&heddle, "run", "-o", "t.heddle", "true");
        EXPECT_EQ(heddle.status, 0);
        ASSERT(rename("t.heddle.old", "t.heddle") == 0);
        (void) rename("t.heddle.old-wal", "t.heddle-wal"); /* only where there is one left */
        ASSERT(count_unlocks(n_after, &complete));
        EXPECT_EQ(n_after[1], n_before[1]);
        munmap((void *) counts, THREADS * sizeof(*counts));
        heddle_end(&heddle);
}
