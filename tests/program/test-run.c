/* `heddle run` as a whole: what it records, what it says, how it ends. */
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heddle-process.h"
#include "store/store.h"
#include "test.h"

static struct heddle_process heddle;

static bool exists(const char *path) {
        return access(path, F_OK) == 0;
}

static size_t n_lines(const char *text) {
        size_t n = 0;

        for (; *text; text++)
                n += *text == '\n';
        return n;
}

static void write_file(const char *path, const char *text) {
        FILE *file = fopen(path, "we");

        fputs(text, file);
        fclose(file);
}

static void write_script(const char *path, const char *text) {
        write_file(path, text);
        chmod(path, 0755);
}

TEST(a_deadlock_is_stopped_and_explained_by_the_names_of_threads_and_locks_and_by_lines) {
        struct finding_list findings;
        struct store_reader *reader;

        heddle_begin(&heddle);
        heddle_run(&heddle, "run", "-o", "t.heddle", heddle_program("recorded-deadlock"));
        EXPECT_EQ(heddle.status, 123);
        EXPECT_CONTAINS(heddle.err, "plato");
        EXPECT_CONTAINS(heddle.err, "kant");
        EXPECT_CONTAINS(heddle.err, "knife");
        EXPECT_CONTAINS(heddle.err, "spoon");
        EXPECT_CONTAINS(heddle.err, "recorded-deadlock.c:11");
        EXPECT_CONTAINS(heddle.err, "recorded-deadlock.c:13");
        EXPECT_CONTAINS(heddle.err, "recorded-deadlock.c:18");
        EXPECT_CONTAINS(heddle.err, "recorded-deadlock.c:20");
        EXPECT_CONTAINS(heddle.err, "heddle view t.heddle");
        EXPECT_STR(heddle.out, "");
        ASSERT(store_reader_new("t.heddle", &reader, NULL) == 0);
        EXPECT(store_reader_is_complete(reader));
        EXPECT_EQ(store_reader_recording(reader)->exit_status, 123);
        ASSERT(store_reader_findings(reader, &findings, NULL) == 0);
        ASSERT(findings.n > 0);
        EXPECT_EQ(findings.items[0].kind, FINDING_DEADLOCK);
        finding_list_finish(&findings);
        store_reader_free(reader);
        heddle_end(&heddle);
}

TEST(without_debug_information_places_are_those_of_the_file_and_the_remedy_is_told) {
        heddle_begin(&heddle);
        heddle_run(&heddle, "run", "-o", "t.heddle", heddle_program("recorded-stripped"));
        EXPECT_EQ(heddle.status, 123);
        EXPECT_CONTAINS(heddle.err, "recorded-stripped+0x");
        EXPECT_CONTAINS(heddle.err, "compile it with -g\n");
        heddle_run(&heddle, "run", "-o", "t.heddle", heddle_program("recorded-deadlock"));
        EXPECT(!strstr(heddle.err, "compile it with -g"));
        heddle_end(&heddle);
}

TEST(with_on_deadlock_report_the_rest_of_the_program_goes_on) {
        heddle_begin(&heddle);
        heddle_run(&heddle, "run", "--on-deadlock=report", "-o", "t.heddle", heddle_program("recorded-deadlock"), "6");
        EXPECT_EQ(heddle.status, 6);
        EXPECT_CONTAINS(heddle.err, "goes on");
        EXPECT_CONTAINS(heddle.err, "spoon");
        heddle_run(&heddle, "run", "--on-deadlock=report", "--error-exitcode=44", "-o", "t.heddle", heddle_program("recorded-deadlock"), "6");
        EXPECT_EQ(heddle.status, 44);
        heddle_end(&heddle);
}

TEST(with_on_deadlock_report_it_is_told_when_nothing_is_left_to_go_on) {
        char told[256] = "";

        heddle_begin(&heddle);
        heddle_start(&heddle, (const char *const[]) { "run", "--on-deadlock=report", "-o", "t.heddle", heddle_program("recorded-deadlock"), NULL });
        for (int i = 0; i < 60000 && !strchr(told, '\n'); i++) {
                FILE *file = fopen("heddle-stderr", "re");

                usleep(1000);
                if (file && !fgets(told, sizeof(told), file))
                        told[0] = 0;
                if (file)
                        fclose(file);
        }
        EXPECT_CONTAINS(told, "no thread is left that could go on");
        kill(heddle.pid, SIGTERM);
        heddle_wait(&heddle);
        EXPECT_EQ(heddle.status, 128 + SIGTERM);
        heddle_end(&heddle);
}

TEST(what_is_suppressed_is_counted_and_not_told) {
        heddle_begin(&heddle);
        write_file("known", "# This is known.\ndeadlock object=*\n");
        heddle_run(&heddle, "run", "--suppressions=known", "-o", "t.heddle", heddle_program("recorded-deadlock"));
        EXPECT_EQ(heddle.status, 123); /* it can't go on all the same */
        EXPECT(!strstr(heddle.err, "deadlock (observed)"));
        EXPECT_CONTAINS(heddle.err, "heddle: 1 finding is hidden by suppressions\n");
        heddle_run(&heddle, "run", "--suppressions=known", "--on-deadlock=report", "--error-exitcode=44", "-o", "t.heddle",
                   heddle_program("recorded-deadlock"), "6");
        EXPECT_EQ(heddle.status, 6);
        EXPECT(!strstr(heddle.err, "heddle: a deadlock"));
        write_file("known", "deadlock object=another\n");
        heddle_run(&heddle, "run", "--suppressions=known", "-o", "t.heddle", heddle_program("recorded-deadlock"));
        EXPECT_CONTAINS(heddle.err, "deadlock (observed)");
        write_file("known", "dead-lock\n");
        heddle_run(&heddle, "run", "--suppressions=known", "-o", "t.heddle", "true");
        EXPECT_EQ(heddle.status, 125);
        EXPECT_CONTAINS(heddle.err, "heddle run: known:1: there is no kind \"dead-lock\"");
        heddle_end(&heddle);
}

TEST(the_exit_status_is_the_programs_own) {
        heddle_begin(&heddle);
        heddle_run(&heddle, "run", "sh", "-c", "exit 7");
        EXPECT_EQ(heddle.status, 7);
        heddle_run(&heddle, "run", "sh", "-c", "kill -TERM $$");
        EXPECT_EQ(heddle.status, 128 + SIGTERM);
        EXPECT_CONTAINS(heddle.err, "heddle: sh was killed by signal 15 (Terminated)\n");
        heddle_run(&heddle, "run", "--error-exitcode=44", "--", heddle_program("recorded-flood"), "100");
        EXPECT_EQ(heddle.status, 3);
        heddle_end(&heddle);
}

TEST(standard_output_belongs_to_the_program_and_its_arguments_are_its_own) {
        heddle_begin(&heddle);
        heddle_run(&heddle, "run", "--", "echo", "--help", "-o", "x");
        EXPECT_EQ(heddle.status, 0);
        EXPECT_STR(heddle.out, "--help -o x\n");
        EXPECT(exists("echo.heddle"));
        heddle_end(&heddle);
}

TEST(the_command_to_go_on_with_can_be_copied_into_a_shell) {
        heddle_begin(&heddle);
        heddle_run(&heddle, "run", "-o", "Kant's forks.heddle", "true");
        EXPECT_EQ(heddle.status, 0);
        EXPECT_CONTAINS(heddle.err, "recorded in Kant's forks.heddle; look at it with: heddle view 'Kant'\\''s forks.heddle'\n");
        heddle_end(&heddle);
}

TEST(an_older_trace_is_kept) {
        heddle_begin(&heddle);
        heddle_run(&heddle, "run", "sh", "-c", "exit 1");
        heddle_run(&heddle, "run", "sh", "-c", "exit 2");
        EXPECT(exists("sh.heddle"));
        EXPECT(exists("sh.heddle.old"));
        EXPECT(!exists("sh.heddle-wal"));
        EXPECT(!exists("sh.heddle-shm"));
        heddle_end(&heddle);
}

/* One sentence, that status, and nothing left behind. */
static void expect_refusal(int status, const char *part) {
        EXPECT_EQ(heddle.status, status);
        EXPECT_EQ(n_lines(heddle.err), 1);
        EXPECT_CONTAINS(heddle.err, part);
        EXPECT(!exists("t.heddle"));
        EXPECT_STR(heddle.out, "");
}

TEST(a_program_that_cannot_be_run_gets_one_sentence_and_leaves_no_trace) {
        heddle_begin(&heddle);
        heddle_run(&heddle, "run", "-o", "t.heddle", "./no-such-program");
        expect_refusal(127, "./no-such-program");
        heddle_run(&heddle, "run", "-o", "t.heddle", "no-such-program");
        expect_refusal(127, "PATH");
        write_script("plain", "text");
        chmod("plain", 0644);
        heddle_run(&heddle, "run", "-o", "t.heddle", "./plain");
        expect_refusal(126, "not executable");
        heddle_run(&heddle, "run", "-o", "t.heddle", "/tmp");
        expect_refusal(126, "folder");
        write_script("script", "#!/no/such/interpreter\n");
        heddle_run(&heddle, "run", "-o", "t.heddle", "./script");
        expect_refusal(127, "/no/such/interpreter");
        heddle_run(&heddle, "run", "-o", "t.heddle");
        expect_refusal(2, "name the program");
        heddle_run(&heddle, "run", "--on-deadlock=perhaps", "-o", "t.heddle", "true");
        expect_refusal(2, "stop or report");
        heddle_run(&heddle, "run", "--no-such-option", "-o", "t.heddle", "true");
        expect_refusal(2, "--no-such-option");
        heddle_end(&heddle);
}

TEST(a_statically_linked_program_is_refused_with_what_to_do) {
        if (!exists(heddle_program("recorded-static"))) {
                test_skip("no static C library here");
                return;
        }
        heddle_begin(&heddle);
        heddle_run(&heddle, "run", "-o", "t.heddle", heddle_program("recorded-static"));
        expect_refusal(125, "statically linked");
        heddle_end(&heddle);
}

TEST(a_program_with_rights_of_its_own_is_refused) {
        heddle_begin(&heddle);
        write_script("own-rights", "#!/bin/sh\n");
        if (geteuid() != 0 || chown("own-rights", 12345, 12345) < 0 || chmod("own-rights", 04755) < 0) {
                test_skip("needs root to make a set-user-ID file");
        } else {
                heddle_run(&heddle, "run", "-o", "t.heddle", "./own-rights");
                expect_refusal(125, "rights of its own");
        }
        heddle_end(&heddle);
}

TEST(a_folder_that_cannot_be_written_to_is_told_before_the_program_is_started) {
        heddle_begin(&heddle);
        heddle_run(&heddle, "run", "-o", "no/such/folder/t.heddle", "touch", "started");
        expect_refusal(125, "no/such/folder/t.heddle");
        EXPECT(!exists("started"));
        heddle_run(&heddle, "run", "-o", "/proc/t.heddle", "touch", "started");
        expect_refusal(125, "/proc/t.heddle");
        EXPECT(!exists("started"));
        heddle_end(&heddle);
}

TEST(a_trace_takes_the_place_of_files_only) {
        heddle_begin(&heddle);
        mkdir("folder", 0777);
        mkfifo("pipe", 0666);
        heddle_run(&heddle, "run", "-o", "folder", "touch", "started");
        expect_refusal(125, "folder is a folder");
        heddle_run(&heddle, "run", "-o", "pipe", "touch", "started");
        expect_refusal(125, "pipe is no file");
        EXPECT(!exists("started"));
        EXPECT(!exists("folder.old"));
        EXPECT(!exists("pipe.old"));
        heddle_end(&heddle);
}

/* A program that looks as it should and that the kernel refuses: its loader is not there. */
static bool write_loaderless(const char *path) {
        static char bytes[1 << 20];
        FILE *file = fopen(heddle_program("recorded-flood"), "re");
        size_t n = file ? fread(bytes, 1, sizeof(bytes), file) : 0;
        char *loader = memmem(bytes, n, "/ld-", 4);

        if (file)
                fclose(file);
        file = fopen(path, "we");
        if (loader)
                memcpy(loader, "/no-", 4);
        fwrite(bytes, 1, n, file);
        fclose(file);
        chmod(path, 0755);
        return loader;
}

TEST(a_failed_start_leaves_the_older_trace_in_its_place) {
        struct stat before, after;

        heddle_begin(&heddle);
        heddle_run(&heddle, "run", "-o", "t.heddle", "true");
        ASSERT(stat("t.heddle", &before) == 0);
        ASSERT(write_loaderless("loaderless"));
        heddle_run(&heddle, "run", "-o", "t.heddle", "./loaderless");
        EXPECT_EQ(heddle.status, 127);
        EXPECT_EQ(n_lines(heddle.err), 1);
        ASSERT(stat("t.heddle", &after) == 0);
        EXPECT_EQ(before.st_ino, after.st_ino);
        EXPECT(!exists("t.heddle.old"));
        heddle_end(&heddle);
}

static uint64_t count_processes(const char *trace) {
        struct store_reader *reader;
        uint64_t n = 0;

        if (store_reader_new(trace, &reader, NULL) < 0)
                return 0;
        n = store_reader_catalog(reader)->n_processes - 1;
        store_reader_free(reader);
        return n;
}

TEST(children_that_exec_are_recorded_into_the_same_trace) {
        char script[8192];

        heddle_begin(&heddle);
        snprintf(script, sizeof(script), "#!/bin/sh\n%s 10\n", heddle_program("recorded-flood"));
        write_script("twice", script);
        heddle_run(&heddle, "run", "-o", "t.heddle", "./twice");
        EXPECT_EQ(heddle.status, 3);
        EXPECT(count_processes("t.heddle") >= 2);
        heddle_end(&heddle);
}

TEST(a_full_disk_ends_the_recording_but_not_the_program_and_keeps_what_there_is) {
        struct store_reader *reader;

        heddle_begin(&heddle);
        mkdir("small", 0700);
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("tmpfs", "small", "tmpfs", 0, "size=600k") < 0) {
                test_skip("may not mount a small file system here");
        } else {
                heddle_run(&heddle, "run", "-o", "small/t.heddle", heddle_program("recorded-flood"), "2000000");
                EXPECT_EQ(heddle.status, 125);
                EXPECT_CONTAINS(heddle.err, "recording has stopped");
                ASSERT(store_reader_new("small/t.heddle", &reader, NULL) == 0);
                EXPECT(store_reader_n_events(reader) > 0);
                EXPECT(!store_reader_is_complete(reader));
                store_reader_free(reader);
                EXPECT_EQ(umount2("small", MNT_DETACH), 0);
        }
        heddle_end(&heddle);
}

TEST(records_that_are_dropped_are_counted_and_the_trace_says_that_it_is_not_complete) {
        struct store_reader *reader;
        uint64_t n_events, n_lost;

        heddle_begin(&heddle);
        heddle_run(&heddle, "run", "--when-full=drop", "-o", "t.heddle", heddle_program("recorded-flood"), "3000000");
        EXPECT_EQ(heddle.status, 3);
        ASSERT(store_reader_new("t.heddle", &reader, NULL) == 0);
        n_events = store_reader_n_events(reader);
        n_lost = store_reader_recording(reader)->n_lost;
        EXPECT(n_events + n_lost >= 12000000);
        EXPECT_EQ(store_reader_is_complete(reader), n_lost == 0);
        if (n_lost > 0)
                EXPECT_CONTAINS(heddle.err, "dropped");
        store_reader_free(reader);
        heddle_end(&heddle);
}

/* Sends the signal once the program counts, to heddle's whole process group as a terminal would, or to heddle alone. */
static void run_and_signal(int signal, bool whole_group) {
        char program[4096];
        struct stat status = { 0 };

        snprintf(program, sizeof(program), "%s", heddle_program("recorded-counter"));
        heddle_start(&heddle, (const char *const[]) { "run", "-o", "t.heddle", program, "counts", NULL });
        for (int i = 0; i < 60000 && status.st_size == 0; i++) {
                usleep(1000);
                (void) stat("counts", &status);
        }
        kill(whole_group ? -heddle.pid : heddle.pid, signal);
        heddle_wait(&heddle);
}

TEST(an_interrupt_ends_the_program_and_heddle_still_finishes_the_trace) {
        static const struct {
                int signal;
                bool whole_group;
        } ways[] = { { SIGINT, true }, { SIGTERM, false }, { SIGHUP, false } };

        for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
                struct store_reader *reader;

                heddle_begin(&heddle);
                run_and_signal(ways[i].signal, ways[i].whole_group);
                EXPECT_EQ(heddle.status, 128 + ways[i].signal);
                ASSERT(store_reader_new("t.heddle", &reader, NULL) == 0);
                EXPECT(store_reader_is_complete(reader));
                store_reader_free(reader);
                heddle_end(&heddle);
        }
}

TEST(a_program_whose_pids_mean_other_processes_here_runs_unrecorded) {
        heddle_begin(&heddle);
        heddle_run(&heddle, "run", "-o", "u.heddle", "unshare", "--pid", "--fork", "true");
        if (heddle.status != 0) {
                test_skip("may not make a pid namespace here");
        } else {
                heddle_run(&heddle, "run", "-o", "t.heddle", "unshare", "--pid", "--fork", "--kill-child", heddle_program("recorded-flood"), "100");
                EXPECT_EQ(heddle.status, 3);
                EXPECT_EQ(count_processes("t.heddle"), 1);
                EXPECT_CONTAINS(heddle.err, "not seen: processes in a pid namespace of their own");
                heddle_run(&heddle, "run", "-o", "t.heddle", "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", heddle_program("recorded-flood"), "100");
                EXPECT_EQ(count_processes("t.heddle"), 1);
                EXPECT_CONTAINS(heddle.err, "not seen: processes in a pid namespace of their own");
        }
        heddle_end(&heddle);
}

TEST(a_signal_that_comes_early_leaves_no_unfinished_trace) {
        for (useconds_t delay_us = 0; delay_us < 24000; delay_us += 2000) {
                struct store_reader *reader;

                heddle_begin(&heddle);
                heddle_start(&heddle, (const char *const[]) { "run", "-o", "t.heddle", "sleep", "100", NULL });
                usleep(delay_us);
                kill(heddle.pid, SIGTERM);
                heddle_wait(&heddle);
                if (exists("t.heddle")) {
                        ASSERT(store_reader_new("t.heddle", &reader, NULL) == 0);
                        EXPECT(store_reader_is_complete(reader));
                        store_reader_free(reader);
                }
                heddle_end(&heddle);
        }
}
