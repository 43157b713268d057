/* What Heddle cannot record it says, with what to do; and nothing of the kind where there is nothing. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "heddle-process.h"
#include "store/store.h"
#include "test.h"

static struct heddle_process heddle;

/* The program is built where its compiler or libraries are. */
static bool has(const char *program) {
        if (access(heddle_program(program), X_OK) == 0)
                return true;
        test_skip("it could not be built here");
        return false;
}

/* Said at the end, in `heddle info`, and kept in the trace, which lacks nothing that could have been recorded. */
static void expect_told(const char *part) {
        struct store_reader *reader;

        EXPECT_CONTAINS(heddle.err, "heddle: not seen: ");
        EXPECT_CONTAINS(heddle.err, part);
        heddle_run(&heddle, "info", "t.heddle");
        EXPECT_CONTAINS(heddle.out, "not seen");
        EXPECT_CONTAINS(heddle.out, part);
        ASSERT(store_reader_new("t.heddle", &reader, NULL) == 0);
        EXPECT(store_reader_is_complete(reader));
        EXPECT_CONTAINS(store_reader_recording(reader)->unseen, part);
        store_reader_free(reader);
}

TEST(where_everything_is_seen_nothing_is_said) {
        heddle_begin(&heddle);
        heddle_run(&heddle, "run", "-o", "t.heddle", heddle_program("recorded-counter"));
        EXPECT(!strstr(heddle.err, "not seen"));
        heddle_run(&heddle, "run", "-o", "t.heddle", heddle_program("recorded-unseen"), "exec", "sh", "-c", "true");
        EXPECT_EQ(heddle.status, 0);
        EXPECT(!strstr(heddle.err, "not seen"));
        heddle_end(&heddle);
}

TEST(a_program_in_rust_is_told_of) {
        heddle_begin(&heddle);
        if (has("recorded-rust")) {
                heddle_run(&heddle, "run", "-o", "t.heddle", heddle_program("recorded-rust"));
                EXPECT_EQ(heddle.status, 0);
                EXPECT(!strstr(heddle.err, "C++20"));
                expect_told("recorded-rust");
                EXPECT_CONTAINS(heddle.out, "Rust");
        }
        heddle_end(&heddle);
}

TEST(a_program_in_go_is_told_of) {
        heddle_begin(&heddle);
        if (has("recorded-go")) {
                heddle_run(&heddle, "run", "-o", "t.heddle", heddle_program("recorded-go"));
                EXPECT_EQ(heddle.status, 0);
                expect_told("the goroutines of ");
        }
        heddle_end(&heddle);
}

TEST(openmp_is_told_of) {
        heddle_begin(&heddle);
        if (has("recorded-openmp")) {
                heddle_run(&heddle, "run", "-o", "t.heddle", heddle_program("recorded-openmp"));
                EXPECT_EQ(heddle.status, 0);
                expect_told("OpenMP");
        }
        heddle_end(&heddle);
}

TEST(a_program_that_is_linked_with_musl_is_refused_with_what_to_do) {
        heddle_begin(&heddle);
        if (has("recorded-musl")) {
                heddle_run(&heddle, "run", "-o", "t.heddle", heddle_program("recorded-musl"));
                EXPECT_EQ(heddle.status, 125);
                EXPECT_CONTAINS(heddle.err, "musl");
                EXPECT_CONTAINS(heddle.err, "link it with glibc");
        }
        heddle_end(&heddle);
}

TEST(waits_on_futexes_of_its_own_are_told_of) {
        heddle_begin(&heddle);
        heddle_run(&heddle, "run", "-o", "t.heddle", heddle_program("recorded-unseen"), "futex");
        EXPECT_EQ(heddle.status, 0);
        expect_told("recorded-unseen lets wait on futexes of its own");
        heddle_end(&heddle);
}

/* Who might be woken is noted while the program waits; on a busy machine that takes its time. */
TEST(who_could_only_be_woken_by_a_signals_handler_is_told_of) {
        static const char *const seconds[] = { "1", "5", "20" };

        heddle_begin(&heddle);
        for (unsigned i = 0; i < 3; i++) {
                heddle_run(&heddle, "run", "-o", "t.heddle", heddle_program("recorded-unseen"), "handler", seconds[i]);
                EXPECT_EQ(heddle.status, 128 + 9);
                if (strstr(heddle.err, "not seen"))
                        break;
        }
        EXPECT_CONTAINS(heddle.err, "nothing found");
        expect_told("whether recorded-unseen was deadlocked");
        EXPECT_CONTAINS(heddle.out, "its handler of a signal");
        heddle_end(&heddle);
}

TEST(a_child_that_is_statically_linked_is_told_of) {
        char child[4096];

        heddle_begin(&heddle);
        if (has("recorded-static")) {
                snprintf(child, sizeof(child), "%s", heddle_program("recorded-static"));
                heddle_run(&heddle, "run", "-o", "t.heddle", heddle_program("recorded-unseen"), "exec", child, "1");
                expect_told("recorded-static did, which was run: it is statically linked");
        }
        heddle_end(&heddle);
}

TEST(a_child_with_rights_of_its_own_is_told_of) {
        FILE *file;

        heddle_begin(&heddle);
        file = fopen("own-rights", "we");
        fputs("#!/bin/sh\n", file);
        fclose(file);
        if (geteuid() != 0 || chown("own-rights", 12345, 12345) < 0 || chmod("own-rights", 04755) < 0) {
                test_skip("needs root to make a set-user-ID file");
        } else {
                heddle_run(&heddle, "run", "-o", "t.heddle", heddle_program("recorded-unseen"), "exec", "./own-rights");
                expect_told("own-rights did, which was run: it runs with rights of its own");
        }
        heddle_end(&heddle);
}
