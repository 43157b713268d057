/* What goes wrong around a program while it is recorded: it damages what it shares with Heddle, or there is no room for the trace,
 * or somebody takes it away. The program goes on and ends as it would, one sentence says what was wrong, and what was stored opens. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heddle-process.h"
#include "store/store.h"
#include "test.h"

enum { SCRIBBLERS = 20 };

static struct heddle_process heddle;

static uint64_t n_stored(const char *trace, bool *ret_complete) {
        struct store_reader *reader;
        uint64_t n;

        if (store_reader_new(trace, &reader, NULL) < 0)
                return 0;
        n = store_reader_n_events(reader);
        *ret_complete = store_reader_is_complete(reader);
        store_reader_free(reader);
        return n;
}

/* What is written over may have been read before; then there is no damage. */
TEST(a_program_that_writes_over_its_rings_ends_as_it_would_and_the_damage_is_told) {
        int n_told = 0;

        heddle_begin(&heddle);
        for (int i = 1; i <= SCRIBBLERS; i++) {
                char seed[16];
                bool complete = true;

                snprintf(seed, sizeof(seed), "%d", i);
                heddle_run(&heddle, "run", "-o", "t.heddle", heddle_program("recorded-scribbler"), seed);
                EXPECT_EQ(heddle.status, 7);
                n_told += strstr(heddle.err, "damaged; the program has probably written over memory that is not its own") != NULL;
                EXPECT(!strstr(heddle.err, "more than 4096 were alive"));
                EXPECT(!strstr(heddle.err, "strict seccomp"));
                EXPECT(n_stored("t.heddle", &complete) > 0);
                EXPECT_EQ(complete, strstr(heddle.err, "heddle: not complete") == NULL);
        }
        EXPECT(n_told >= SCRIBBLERS / 2);
        heddle_end(&heddle);
}

/* ---- the trace's place */

static bool has_begun(const char *trace) {
        bool complete;

        return n_stored(trace, &complete) > 0;
}

/* Starts a program that counts until it is told to end, and waits until the trace holds something of it. */
static void start_counter(const char *trace) {
        char program[4096];

        snprintf(program, sizeof(program), "%s", heddle_program("recorded-counter"));
        close(open("counts", O_RDWR | O_CREAT, 0600));
        heddle_start(&heddle, (const char *const[]) { "run", "-o", trace, program, "counts", NULL });
        for (int i = 0; i < 60000 && !has_begun(trace); i++)
                usleep(1000);
}

static bool has_said(const char *text) {
        static char err[HEDDLE_TEXT_BYTES];
        FILE *file = fopen("heddle-stderr", "re");
        size_t n = file ? fread(err, 1, sizeof(err) - 1, file) : 0;

        err[n] = 0;
        if (file)
                fclose(file);
        return strstr(err, text);
}

/* The counter goes on after Heddle has given up, and is then ended by a signal that Heddle hands on. */
static void expect_to_stop_with(const char *sentence) {
        for (int i = 0; i < 60000 && !has_said("recording has stopped"); i++)
                usleep(1000);
        EXPECT_EQ(waitpid(heddle.pid, NULL, WNOHANG), 0);
        kill(heddle.pid, SIGTERM);
        heddle_wait(&heddle);
        EXPECT_EQ(heddle.status, 125);
        EXPECT_CONTAINS(heddle.err, sentence);
        EXPECT_CONTAINS(heddle.err, "the program goes on unrecorded");
        EXPECT_CONTAINS(heddle.err, "recorded-counter was killed by signal 15");
}

TEST(a_trace_that_may_not_grow_ends_the_recording_and_holds_what_there_was) {
        const struct rlimit limit = { 300000, 300000 };
        bool complete = true;

        heddle_begin(&heddle);
        start_counter("t.heddle");
        ASSERT(prlimit(heddle.pid, RLIMIT_FSIZE, &limit, NULL) == 0);
        expect_to_stop_with("cannot write to 't.heddle': File too large; raise the limit on the size of files (ulimit -f)");
        EXPECT_CONTAINS(heddle.err, "t.heddle holds what was recorded until then");
        EXPECT(n_stored("t.heddle", &complete) > 0);
        EXPECT(!complete);
        heddle_end(&heddle);
}

TEST(a_trace_that_is_deleted_while_it_is_recorded_is_said_to_be_gone) {
        heddle_begin(&heddle);
        start_counter("t.heddle");
        ASSERT(unlink("t.heddle") == 0);
        expect_to_stop_with("'t.heddle' was moved or removed");
        EXPECT(!strstr(heddle.err, "holds what"));
        EXPECT(!strstr(heddle.err, "recorded in"));
        heddle_end(&heddle);
}

TEST(a_trace_whose_folder_is_removed_is_said_to_be_gone) {
        heddle_begin(&heddle);
        ASSERT(mkdir("folder", 0700) == 0);
        start_counter("folder/t.heddle");
        ASSERT(system("rm -r folder") == 0);
        expect_to_stop_with("'folder/t.heddle' was moved or removed");
        EXPECT(!strstr(heddle.err, "holds what"));
        heddle_end(&heddle);
}

TEST(a_trace_that_is_moved_while_it_is_recorded_holds_what_there_was) {
        bool complete = true;

        heddle_begin(&heddle);
        start_counter("t.heddle");
        ASSERT(rename("t.heddle", "moved.heddle") == 0);
        expect_to_stop_with("'t.heddle' was moved or removed");
        EXPECT(n_stored("moved.heddle", &complete) > 0);
        EXPECT(!complete);
        heddle_end(&heddle);
}

TEST(a_folder_that_is_not_there_is_said_before_the_program_runs) {
        heddle_begin(&heddle);
        heddle_run(&heddle, "run", "-o", "nowhere/t.heddle", heddle_program("recorded-flood"), "10");
        EXPECT_EQ(heddle.status, 125);
        EXPECT_CONTAINS(heddle.err, "cannot create 'nowhere/t.heddle'");
        EXPECT_CONTAINS(heddle.err, "choose another place");
        heddle_end(&heddle);
}

/* ---- limits */

/* Runs `heddle run` in a shell that has set such a limit. */
static void run_limited(const char *limit) {
        char command[16384];
        int status;

        snprintf(command, sizeof(command), "(ulimit %s; exec '%s' run -o t.heddle '%s' 10) 2>heddle-stderr", limit, getenv("HEDDLE"),
                 heddle_program("recorded-flood"));
        status = system(command);
        heddle.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(however_few_files_may_be_open_the_program_runs_or_it_is_said_why_not) {
        bool complete;

        heddle_begin(&heddle);
        for (int n = 4; n <= 16; n++) {
                char limit[16];

                snprintf(limit, sizeof(limit), "-n %d", n);
                run_limited(limit);
                if (heddle.status == 3) {
                        EXPECT(n_stored("t.heddle", &complete) > 0);
                        continue;
                }
                EXPECT(heddle.status >= 125 && heddle.status <= 127);
                EXPECT(has_said("open files") || has_said("open shared object file"));
        }
        EXPECT_EQ(heddle.status, 3);
        heddle_end(&heddle);
}

TEST(a_soft_limit_on_the_size_of_files_is_no_obstacle_to_small_traces) {
        bool complete = false;

        heddle_begin(&heddle);
        run_limited("-S -f 4000");
        EXPECT_EQ(heddle.status, 3);
        EXPECT(n_stored("t.heddle", &complete) > 0);
        EXPECT(complete);
        heddle_end(&heddle);
}

TEST(a_hard_limit_on_the_size_of_files_is_said_and_how_to_raise_it) {
        heddle_begin(&heddle);
        run_limited("-f 4000");
        EXPECT_EQ(heddle.status, 125);
        EXPECT(has_said("raise the limit on the size of files (ulimit -f)"));
        EXPECT(access("t.heddle", F_OK) < 0);
        heddle_end(&heddle);
}
