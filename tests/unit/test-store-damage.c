/* Files that are not what they should be: each gets its sentence, what can be read of it is, and none brings the reader
 * down. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/codec.h"
#include "test.h"
#include "trace-file.h"

#define N_EVENTS 12000

/* Tries to open; returns what that gave, with its sentence. */
static int refused(const char *path, struct fault *ret_fault) {
        struct store_reader *reader = NULL;
        int r;

        *ret_fault = (struct fault) { "" };
        r = store_reader_new(path, &reader, ret_fault);
        store_reader_free(reader);
        return r;
}

static void write_file(const char *path, const void *bytes, size_t n) {
        FILE *file = fopen(path, "wb");

        if (!file || fwrite(bytes, 1, n, file) != n || fclose(file) != 0) {
                perror(path);
                exit(1);
        }
}

/* The whole file, on the heap. */
static uint8_t *file_bytes(const char *path, size_t *ret_n) {
        FILE *file = fopen(path, "rb");
        struct stat status;
        uint8_t *bytes;

        if (!file || fstat(fileno(file), &status) < 0 || !(bytes = malloc((size_t) status.st_size)) ||
            fread(bytes, 1, (size_t) status.st_size, file) != (size_t) status.st_size) {
                perror(path);
                exit(1);
        }
        fclose(file);
        *ret_n = (size_t) status.st_size;
        return bytes;
}

static void run_sql(const char *path, const char *sql) {
        sqlite3 *database;
        char *message = NULL;

        if (sqlite3_open(path, &database) != SQLITE_OK ||
            sqlite3_exec(database, sql, NULL, NULL, &message) != SQLITE_OK)
                test_fail(__FILE__, __LINE__, "%s: %s", sql, message ? message : "cannot open");
        sqlite3_free(message);
        sqlite3_close(database);
}

/* A trace of a few chunks of the workload, in the bank. */
static bool write_workload(const char *path, size_t n, bool is_finished) {
        struct event *events = calloc(n, sizeof(*events));
        struct catalog catalog = catalog_of_bank();
        struct recording recording = recording_of_bank();
        struct workload workload = { 0 };
        struct store_writer *writer = NULL;
        struct fault fault = { "" };
        int r;

        recording.finished = is_finished;
        workload_fill(&workload, events, n);
        r = store_writer_new(path, &writer, &fault);
        if (r == 0)
                r = store_writer_add_events(writer, events, n, &fault);
        if (r == 0)
                r = store_writer_commit(writer, &catalog, &recording, &fault);
        if (r == 0 && is_finished)
                r = store_writer_finish(writer, &catalog, &recording, &fault);
        if (r < 0)
                printf("    %s\n", fault.message);
        if (is_finished) /* else it stays open, as in a recorder that is killed */
                store_writer_free(writer);
        free(events);
        catalog_finish(&catalog);
        recording_finish(&recording);
        return r == 0;
}

/* How many events can be read, having looked at all else too; -1 where it could not be opened. Sets whether damage was
 * told. */
static long read_everything(const char *path, bool *ret_is_damaged) {
        static const char *const queries[] = { "SELECT * FROM events",     "SELECT * FROM waits",
                                               "SELECT * FROM holds",      "SELECT * FROM messages",
                                               "SELECT * FROM lock_order", "SELECT * FROM event",
                                               "SELECT * FROM hold",       "SELECT * FROM frame" };
        struct store_reader *reader;
        struct finding_list findings = { 0 };
        struct wait *waits = NULL;
        struct message *messages = NULL;
        struct lock_edge *edges = NULL;
        struct event_source *source;
        const struct event *events;
        struct event event;
        struct fault fault;
        FILE *nowhere = fopen("/dev/null", "w");
        long n_read = 0;
        size_t n;
        int n_batch;

        if (store_reader_new(path, &reader, &fault) < 0) {
                fclose(nowhere);
                return -1;
        }
        if (store_reader_source(reader, 1, &source, &fault) == 0) {
                while ((n_batch = source->next(source, &events)) > 0)
                        n_read += n_batch;
                store_source_free(source);
        }
        store_reader_event(reader, 5000, &event, &fault);
        if (store_reader_findings(reader, &findings, &fault) == 0)
                finding_list_finish(&findings);
        if (store_reader_waits(reader, &waits, &n, &fault) == 0)
                free(waits);
        if (store_reader_messages(reader, &messages, &n, &fault) == 0)
                free(messages);
        if (store_reader_lock_edges(reader, &edges, &n, &fault) == 0)
                free(edges);
        for (size_t i = 0; i < sizeof(queries) / sizeof(*queries); i++)
                store_reader_sql(reader, queries[i], nowhere, &fault);
        *ret_is_damaged = store_reader_damage(reader) != NULL;
        if (*ret_is_damaged && store_reader_is_complete(reader))
                test_fail(__FILE__, __LINE__, "a damaged trace is called complete: %s", store_reader_damage(reader));
        store_reader_free(reader);
        fclose(nowhere);
        return n_read;
}

TEST(a_file_that_is_no_trace_is_refused_with_the_reason) {
        struct folder folder = folder_new();
        struct fault fault;
        char path[512];

        EXPECT_EQ(refused(folder_file(&folder, "none", path), &fault), -ENOENT);
        EXPECT_CONTAINS(fault.message, "there is no trace");
        EXPECT_EQ(refused(folder.path, &fault), -EISDIR);
        EXPECT_CONTAINS(fault.message, "is a folder");
        write_file(folder_file(&folder, "empty", path), "", 0);
        EXPECT_EQ(refused(path, &fault), -EBADMSG);
        EXPECT_CONTAINS(fault.message, "is empty");
        write_file(folder_file(&folder, "text", path), "Dear diary,\n", 12);
        EXPECT_EQ(refused(path, &fault), -EBADMSG);
        EXPECT_CONTAINS(fault.message, "is not a Heddle trace");
        run_sql(folder_file(&folder, "other.db", path), "CREATE TABLE event(id)");
        EXPECT_EQ(refused(path, &fault), -EBADMSG);
        EXPECT_CONTAINS(fault.message, "is an SQLite database, but not a Heddle trace");
        folder_file(&folder, "fifo", path);
        mkfifo(path, 0600);
        EXPECT_EQ(refused(path, &fault), -EBADMSG);
        EXPECT_CONTAINS(fault.message, "is not a file");
        folder_remove(&folder);
}

TEST(a_newer_trace_is_refused_with_both_versions) {
        struct folder folder = folder_new();
        struct fault fault;
        char path[512];

        ASSERT(write_bank(folder_file(&folder, "newer.heddle", path)));
        run_sql(path, "PRAGMA user_version = 7");
        EXPECT_EQ(refused(path, &fault), -EPROTO);
        EXPECT_CONTAINS(fault.message,
                        "was written by a newer Heddle (trace version 7, this one reads up to 1); update Heddle");
        folder_remove(&folder);
}

/* Runs in a child without root's rights; returns the child's exit status. */
static int as_nobody(int (*run)(const char *path), const char *path) {
        int status = -1;
        pid_t child = fork();

        if (child == 0) {
                if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
                        _exit(99);
                _exit(run(path));
        }
        waitpid(child, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int is_not_permitted(const char *path) {
        struct fault fault;

        return refused(path, &fault) == -EACCES && strstr(fault.message, "no permission to read") ? 0 : 1;
}

TEST(a_file_that_may_not_be_read_is_refused) {
        struct folder folder = folder_new();
        char path[512];

        ASSERT(write_bank(folder_file(&folder, "mine.heddle", path)));
        chmod(folder.path, 0755);
        chmod(path, 0);
        EXPECT_EQ(as_nobody(is_not_permitted, path), 0);
        folder_remove(&folder);
}

static int has_all_events(const char *path) {
        bool is_damaged = false;

        return read_everything(path, &is_damaged) == N_EVENTS && !is_damaged ? 0 : 1;
}

/* Writes in a child that is then killed, as the recorder may be. */
static void write_and_die(const char *path) {
        int status;
        pid_t child = fork();

        if (child == 0) {
                write_workload(path, N_EVENTS, false);
                raise(SIGKILL);
        }
        waitpid(child, &status, 0);
        EXPECT(WIFSIGNALED(status));
}

TEST(a_recorder_that_is_killed_leaves_all_it_committed) {
        struct folder folder = folder_new();
        struct store_reader *reader;
        struct fault fault;
        char path[512];

        write_and_die(folder_file(&folder, "killed.heddle", path));
        EXPECT_EQ(has_all_events(path), 0);
        ASSERT(store_reader_new(path, &reader, &fault) == 0);
        EXPECT(!store_reader_is_complete(reader));
        EXPECT(store_reader_damage(reader) == NULL);
        EXPECT_STR(store_reader_catalog(reader)->objects[FIRST_LOCK].name, "accounts[0].lock");
        store_reader_free(reader);
        folder_remove(&folder);
}

TEST(the_same_in_a_folder_that_may_not_be_written) {
        struct folder folder = folder_new();
        char path[512], shm[512];

        write_and_die(folder_file(&folder, "killed.heddle", path));
        chmod(folder.path, 0555);
        EXPECT_EQ(as_nobody(has_all_events, path), 0);
        unlink(folder_file(&folder, "killed.heddle-shm", shm));
        EXPECT_EQ(as_nobody(has_all_events, path), 0);
        chmod(folder.path, 0755);
        folder_remove(&folder);
}

TEST(a_finished_trace_in_a_folder_that_may_not_be_written_opens) {
        struct folder folder = folder_new();
        char path[512];

        ASSERT(write_workload(folder_file(&folder, "done.heddle", path), N_EVENTS, true));
        chmod(folder.path, 0555);
        EXPECT_EQ(as_nobody(has_all_events, path), 0);
        chmod(folder.path, 0755);
        folder_remove(&folder);
}

TEST(a_killed_trace_without_its_wal_still_opens) {
        struct folder folder = folder_new();
        char path[512], beside[512];
        bool is_damaged;

        write_and_die(folder_file(&folder, "killed.heddle", path));
        unlink(folder_file(&folder, "killed.heddle-wal", beside));
        unlink(folder_file(&folder, "killed.heddle-shm", beside));
        EXPECT_EQ(read_everything(path, &is_damaged), 0);
        folder_remove(&folder);
}

TEST(one_damaged_chunk_costs_its_own_events_only) {
        struct folder folder = folder_new();
        struct store_reader *reader;
        struct event event;
        struct fault fault;
        bool is_damaged;
        char path[512];

        ASSERT(write_workload(folder_file(&folder, "damaged.heddle", path), N_EVENTS, true));
        run_sql(path,
                "UPDATE event_chunk SET data = substr(data, 1, 100) || x'55aa' || substr(data, 103) WHERE id = 4097");
        EXPECT_EQ(read_everything(path, &is_damaged), N_EVENTS - CHUNK_EVENTS);
        EXPECT(is_damaged);
        ASSERT(store_reader_new(path, &reader, &fault) == 0);
        EXPECT_EQ(store_reader_event(reader, 4096, &event, &fault), 0);
        EXPECT_EQ(store_reader_event(reader, 5000, &event, &fault), -ENOENT);
        EXPECT_EQ(store_reader_event(reader, 8193, &event, &fault), 0);
        EXPECT_CONTAINS(store_reader_damage(reader), "events 4097 to 8192 cannot be read");
        EXPECT(!store_reader_is_complete(reader));
        store_reader_free(reader);
        folder_remove(&folder);
}

TEST(a_trace_cut_off_anywhere_is_read_as_far_as_it_goes) {
        struct folder folder = folder_new();
        char path[512], cut[512];
        size_t n_bytes, n_opened = 0, n_partly = 0;
        uint8_t *bytes;
        bool is_damaged;

        ASSERT(write_workload(folder_file(&folder, "whole.heddle", path), N_EVENTS, true));
        bytes = file_bytes(path, &n_bytes);
        folder_file(&folder, "cut.heddle", cut);
        for (size_t n = 0; n < n_bytes; n += n < 200 ? 7 : 1 + n_bytes / 120) {
                long n_read;

                write_file(cut, bytes, n);
                is_damaged = false;
                n_read = read_everything(cut, &is_damaged);
                if (n_read > N_EVENTS || (n_read >= 0 && !is_damaged))
                        test_fail(__FILE__, __LINE__, "cut off after %zu bytes: %ld events, damage %stold", n, n_read,
                                  is_damaged ? "" : "not ");
                n_opened += n_read >= 0;
                n_partly += n_read > 0 && n_read < N_EVENTS;
        }
        EXPECT(n_opened > 50);
        EXPECT(n_partly > 5);
        free(bytes);
        folder_remove(&folder);
}

TEST(flipped_bytes_anywhere_bring_nothing_down) {
        struct folder folder = folder_new();
        char path[512], flipped[512];
        size_t n_bytes, n_opened = 0;
        uint64_t state = 7;
        uint8_t *bytes;
        bool is_damaged;

        ASSERT(write_bank(folder_file(&folder, "bank.heddle", path)));
        bytes = file_bytes(path, &n_bytes);
        folder_file(&folder, "flipped.heddle", flipped);
        for (unsigned round = 0; round < 150; round++) {
                uint8_t *copy = malloc(n_bytes);

                memcpy(copy, bytes, n_bytes);
                for (unsigned i = 0; i < 1 + round % 20; i++) {
                        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                        copy[(state >> 20) % n_bytes] ^= (uint8_t) (1 << (state >> 60 & 7));
                }
                write_file(flipped, copy, n_bytes);
                free(copy);
                n_opened += read_everything(flipped, &is_damaged) >= 0;
        }
        EXPECT(n_opened > 50);
        free(bytes);
        folder_remove(&folder);
}

TEST(overwritten_pages_bring_nothing_down) {
        struct folder folder = folder_new();
        char path[512], overwritten[512];
        size_t n_bytes, n_opened = 0;
        uint8_t *bytes;
        bool is_damaged;

        ASSERT(write_workload(folder_file(&folder, "whole.heddle", path), N_EVENTS, true));
        bytes = file_bytes(path, &n_bytes);
        folder_file(&folder, "overwritten.heddle", overwritten);
        for (size_t at = 0; at < n_bytes; at += 4096 * (1 + n_bytes / 4096 / 60)) {
                uint8_t *copy = malloc(n_bytes);

                memcpy(copy, bytes, n_bytes);
                memset(copy + at, at % 3 ? 0xff : 0, n_bytes - at < 4096 ? n_bytes - at : 4096);
                write_file(overwritten, copy, n_bytes);
                free(copy);
                n_opened += read_everything(overwritten, &is_damaged) >= 0;
        }
        EXPECT(n_opened > 20);
        free(bytes);
        folder_remove(&folder);
}
