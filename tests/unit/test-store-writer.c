/* The writer while a program is being recorded: what a commit makes durable, and what becomes of a failure. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/codec.h"
#include "test.h"
#include "trace-file.h"

/* A writer with what it is given, in a folder of its own. */
struct desk {
        struct folder folder;
        char path[512];
        struct catalog catalog;
        struct recording recording;
        struct workload workload;
        struct store_writer *writer;
        struct fault fault;
};

static bool desk_open(struct desk *desk) {
        *desk = (struct desk) { .folder = folder_new(), .catalog = catalog_of_bank(), .recording = recording_of_bank() };
        folder_file(&desk->folder, "bank.heddle", desk->path);
        return store_writer_new(desk->path, &desk->writer, &desk->fault) == 0;
}

static void desk_close(struct desk *desk) {
        store_writer_free(desk->writer);
        catalog_finish(&desk->catalog);
        recording_finish(&desk->recording);
        folder_remove(&desk->folder);
}

static int add(struct desk *desk, size_t n) {
        struct event *events = calloc(n, sizeof(*events));
        int r;

        workload_fill(&desk->workload, events, n);
        r = store_writer_add_events(desk->writer, events, n, &desk->fault);
        free(events);
        return r;
}

static int commit(struct desk *desk) {
        return store_writer_commit(desk->writer, &desk->catalog, &desk->recording, &desk->fault);
}

/* The events of a source against the workload from its beginning; returns how many were right, up to the first that is
 * not. */
static size_t n_right(struct event_source *source) {
        struct workload workload = { 0 };
        const struct event *events;
        size_t n_right = 0;
        int n;

        while ((n = source->next(source, &events)) > 0)
                for (int i = 0; i < n; i++) {
                        struct event wanted;

                        workload_fill(&workload, &wanted, 1);
                        if (events[i].time_ns != wanted.time_ns || events[i].object != wanted.object ||
                            events[i].sequence != wanted.sequence || source->first_id + (uint64_t) i != n_right + 1)
                                return n_right;
                        n_right++;
                }
        return n_right;
}

/* The same of the file as it is now. */
static size_t n_right_in_file(const char *path) {
        struct store_reader *reader;
        struct event_source *source;
        struct fault fault;
        size_t n;

        if (store_reader_new(path, &reader, &fault) < 0 || store_reader_source(reader, 1, &source, &fault) < 0)
                return 0;
        n = n_right(source);
        store_source_free(source);
        store_reader_free(reader);
        return n;
}

TEST(each_commit_can_be_read_while_the_recording_goes_on) {
        static const size_t steps[] = { 1, 0, 10, 4085, 1, 4095, 4096, 5000, 3, 8192, 12000 };
        struct desk desk;
        size_t n = 0;

        ASSERT(desk_open(&desk));
        for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
                EXPECT_EQ(add(&desk, steps[i]), 0);
                EXPECT_EQ(commit(&desk), 0);
                n += steps[i];
                EXPECT_EQ(n_right_in_file(desk.path), n);
        }
        EXPECT_EQ(store_writer_finish(desk.writer, &desk.catalog, &desk.recording, &desk.fault), 0);
        EXPECT_EQ(n_right_in_file(desk.path), n);
        desk_close(&desk);
}

TEST(what_is_not_committed_is_not_in_the_file) {
        struct desk desk;

        ASSERT(desk_open(&desk));
        EXPECT_EQ(add(&desk, 5000), 0);
        EXPECT_EQ(commit(&desk), 0);
        EXPECT_EQ(add(&desk, 5000), 0);
        EXPECT_EQ(n_right_in_file(desk.path), 5000);
        desk_close(&desk);
}

TEST(the_writers_own_source_has_all_that_was_added) {
        struct event_source *source;
        struct desk desk;

        ASSERT(desk_open(&desk));
        EXPECT_EQ(add(&desk, 5000), 0);
        EXPECT_EQ(commit(&desk), 0);
        EXPECT_EQ(add(&desk, 4000), 0);
        ASSERT(store_writer_source(desk.writer, &source, &desk.fault) == 0);
        EXPECT_EQ(n_right(source), 9000);
        store_source_free(source);
        EXPECT_EQ(add(&desk, 1), 0);
        EXPECT_EQ(store_writer_finish(desk.writer, &desk.catalog, &desk.recording, &desk.fault), 0);
        EXPECT_EQ(n_right_in_file(desk.path), 9001);
        desk_close(&desk);
}

static char *thread_name_in_file(const char *path, uint32_t id) {
        struct store_reader *reader;
        struct fault fault;
        char *name;

        if (store_reader_new(path, &reader, &fault) < 0)
                return NULL;
        name = strdup(store_reader_catalog(reader)->threads[id].name ? store_reader_catalog(reader)->threads[id].name
                                                                     : "none");
        store_reader_free(reader);
        return name;
}

TEST(a_changed_row_replaces_the_one_before) {
        struct desk desk;
        char *name;

        ASSERT(desk_open(&desk));
        EXPECT_EQ(commit(&desk), 0);
        name = thread_name_in_file(desk.path, WORKER);
        EXPECT_STR(name, "none");
        free(name);
        desk.catalog.threads[WORKER].name = strdup("teller");
        EXPECT_EQ(commit(&desk), 0);
        name = thread_name_in_file(desk.path, WORKER);
        EXPECT_STR(name, "teller");
        free(name);
        desk_close(&desk);
}

static off_t file_bytes(const char *path, const char *suffix) {
        struct stat status = { 0 };
        char name[600];

        snprintf(name, sizeof(name), "%s%s", path, suffix);
        return stat(name, &status) == 0 ? status.st_size : -1;
}

TEST(a_commit_of_nothing_new_writes_nothing) {
        struct desk desk;
        off_t before;

        ASSERT(desk_open(&desk));
        EXPECT_EQ(add(&desk, 100), 0);
        EXPECT_EQ(commit(&desk), 0);
        before = file_bytes(desk.path, "-wal");
        EXPECT(before > 0);
        for (unsigned i = 0; i < 100; i++)
                EXPECT_EQ(commit(&desk), 0);
        EXPECT_EQ(file_bytes(desk.path, "-wal"), before);
        desk_close(&desk);
}

TEST(a_finished_trace_is_one_file_with_nothing_beside_it) {
        struct desk desk;

        ASSERT(desk_open(&desk));
        EXPECT_EQ(add(&desk, 10000), 0);
        EXPECT_EQ(store_writer_finish(desk.writer, &desk.catalog, &desk.recording, &desk.fault), 0);
        EXPECT(file_bytes(desk.path, "") > 0);
        EXPECT_EQ(file_bytes(desk.path, "-wal"), -1);
        EXPECT_EQ(file_bytes(desk.path, "-shm"), -1);
        EXPECT_EQ(file_bytes(desk.path, "-journal"), -1);
        EXPECT_EQ(add(&desk, 1), -EBADF);
        EXPECT_CONTAINS(desk.fault.message, "is finished already");
        desk_close(&desk);
}

TEST(a_file_that_is_there_is_not_touched) {
        struct store_writer *writer = NULL;
        struct desk desk;

        ASSERT(desk_open(&desk));
        EXPECT_EQ(store_writer_new(desk.path, &writer, &desk.fault), -EEXIST);
        EXPECT_CONTAINS(desk.fault.message, "there is a file");
        EXPECT(writer == NULL);
        desk_close(&desk);
}

TEST(a_folder_that_is_not_there_is_said) {
        struct store_writer *writer = NULL;
        struct fault fault;

        EXPECT_EQ(store_writer_new("/nonexistent/bank.heddle", &writer, &fault), -ENOENT);
        EXPECT_CONTAINS(fault.message, "cannot create '/nonexistent/bank.heddle': No such file or directory");
}

TEST(paths_that_sqlite_would_read_otherwise_are_files) {
        static const char *const names[] = { ":memory:", "file:a?mode=memory", "100%41.heddle" };
        struct folder folder = folder_new();
        char before[512];

        ASSERT(getcwd(before, sizeof(before)) && chdir(folder.path) == 0);
        for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
                struct store_writer *writer;
                struct fault fault;

                ASSERT(store_writer_new(names[i], &writer, &fault) == 0);
                store_writer_free(writer);
                EXPECT(access(names[i], F_OK) == 0);
                EXPECT_EQ(n_right_in_file(names[i]), 0);
        }
        ASSERT(chdir(before) == 0);
        folder_remove(&folder);
}

/* In a child, whose files may not grow beyond half a megabyte: adds until that fails. */
static void fill_the_disk(struct desk *desk) {
        const struct rlimit limit = { 512 << 10, 512 << 10 };
        struct fault again = { "" };
        size_t n = 0;

        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
                _exit(10);
        while (add(desk, 8192) == 0 && commit(desk) == 0)
                if ((n += 8192) > 10000000)
                        _exit(11);
        if (!strstr(desk->fault.message, "cannot write to"))
                _exit(12);
        if (commit(desk) != -ENOSPC)
                _exit(13);
        if (store_writer_finish(desk->writer, &desk->catalog, &desk->recording, &again) != -ENOSPC ||
            strcmp(again.message, desk->fault.message) != 0)
                _exit(14);
        store_writer_free(desk->writer);
        if (n == 0 || n_right_in_file(desk->path) != n)
                _exit(15);
        _exit(0);
}

TEST(a_full_disk_is_said_and_what_was_committed_stays) {
        struct desk desk;
        int status = -1;
        pid_t child;

        ASSERT(desk_open(&desk));
        fflush(stdout);
        child = fork();
        if (child == 0) {
                /* A writer of its own: SQLite must not be carried over a fork. */
                folder_file(&desk.folder, "full.heddle", desk.path);
                if (store_writer_new(desk.path, &desk.writer, &desk.fault) < 0)
                        _exit(9);
                fill_the_disk(&desk);
        }
        waitpid(child, &status, 0);
        desk_close(&desk);
        EXPECT(WIFEXITED(status));
        EXPECT_EQ(WEXITSTATUS(status), 0);
}
