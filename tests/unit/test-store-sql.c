/* SQL over a trace: `heddle sql`, the virtual tables, and the plain sqlite3 shell with and without the extension. */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/tables.h"
#include "test.h"
#include "trace-file.h"

/* What a query prints, or its failure, on the heap. */
static char *queried(const char *path, const char *query, int wanted) {
        struct store_reader *reader;
        struct fault fault = { "" };
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        int r = store_reader_new(path, &reader, &fault);

        if (r == 0) {
                r = store_reader_sql(reader, query, out, &fault);
                store_reader_free(reader);
        }
        if (r < 0)
                fprintf(out, "%s", fault.message);
        EXPECT_EQ(r, wanted);
        fclose(out);
        return text;
}

/* A trace with so many events that they are in chunks only. */
static bool write_large(const char *path, size_t n) {
        const size_t n_batch = 100000;
        struct event *events = calloc(n_batch, sizeof(*events));
        struct catalog catalog = catalog_of_bank();
        struct recording recording = recording_of_bank();
        struct workload workload = { 0 };
        struct store_writer *writer = NULL;
        struct fault fault = { "" };
        int r = store_writer_new(path, &writer, &fault);

        for (size_t done = 0; done < n && r == 0; done += n_batch) {
                workload_fill(&workload, events, n_batch);
                r = store_writer_add_events(writer, events, n - done < n_batch ? n - done : n_batch, &fault);
        }
        if (r == 0)
                r = store_writer_finish(writer, &catalog, &recording, &fault);
        if (r < 0)
                printf("    %s\n", fault.message);
        store_writer_free(writer);
        free(events);
        catalog_finish(&catalog);
        recording_finish(&recording);
        return r == 0;
}

TEST(a_trace_can_only_be_read) {
        static const char *const refused[] = { "DELETE FROM event",
                                               "UPDATE thread SET name = 'x'",
                                               "DROP TABLE finding",
                                               "CREATE TABLE mine(a)",
                                               "CREATE TEMP TABLE mine(a)",
                                               "ATTACH '/tmp/elsewhere.db' AS elsewhere",
                                               "PRAGMA journal_mode = WAL",
                                               "PRAGMA writable_schema = ON",
                                               "VACUUM INTO '/tmp/elsewhere.db'",
                                               "BEGIN" };
        struct folder folder = folder_new();
        char path[512], *text;

        ASSERT(write_bank(folder_file(&folder, "bank.heddle", path)));
        text = queried(path, "UPDATE sqlite_master SET sql = ''", -EINVAL);
        EXPECT_CONTAINS(text, "may not be modified");
        free(text);
        for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
                text = queried(path, refused[i], -EINVAL);
                EXPECT_CONTAINS(text, "a trace can only be read");
                free(text);
        }
        EXPECT(access("/tmp/elsewhere.db", F_OK) != 0);
        folder_remove(&folder);
}

TEST(a_query_that_is_wrong_is_told_in_sqlites_words) {
        struct folder folder = folder_new();
        char path[512], *text;

        ASSERT(write_bank(folder_file(&folder, "bank.heddle", path)));
        text = queried(path, "SELECT nonsense FROM events", -EINVAL);
        EXPECT_STR(text, "no such column: nonsense");
        free(text);
        folder_remove(&folder);
}

TEST(several_statements_run_one_after_the_other) {
        struct folder folder = folder_new();
        char path[512], *text;

        ASSERT(write_bank(folder_file(&folder, "bank.heddle", path)));
        text = queried(path, "SELECT 1 AS one; -- and\n SELECT NULL AS none, x'00ff' AS bytes, 'a\tb\nc' AS text;", 0);
        EXPECT_STR(text, "one\n1\nnone\tbytes\ttext\n\tx'00ff'\ta\\tb\\nc\n");
        free(text);
        text = queried(path, "", 0);
        EXPECT_STR(text, "");
        free(text);
        text = queried(path, "PRAGMA application_id; SELECT count(*) FROM pragma_table_info('event')", 0);
        EXPECT_STR(text, "application_id\n1212499020\ncount(*)\n9\n");
        free(text);
        folder_remove(&folder);
}

TEST(columns_are_aligned_on_a_terminal) {
        struct folder folder = folder_new();
        char path[512], text[4096];
        struct store_reader *reader;
        struct fault fault;
        int terminal = posix_openpt(O_RDWR | O_NOCTTY);
        size_t length = 0;
        ssize_t n;
        FILE *out;

        out = terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0 ? fopen(ptsname(terminal), "w") : NULL;
        if (!out) {
                test_skip("no pseudo-terminals here");
                return;
        }
        ASSERT(write_bank(folder_file(&folder, "bank.heddle", path)));
        ASSERT(store_reader_new(path, &reader, &fault) == 0);
        EXPECT_EQ(store_reader_sql(reader, "SELECT thread, object FROM waits UNION ALL SELECT 'é', 'x'", out, &fault),
                  0);
        fclose(out);
        while ((n = read(terminal, text + length, sizeof(text) - 1 - length)) > 0) /* a terminal gives a line or so at a time */
                length += (size_t) n;
        text[length] = '\0';
        EXPECT_STR(text, "thread    object\r\n"
                         "main      accounts[1].lock\r\n"
                         "thread 2  accounts[0].lock\r\n"
                         "é         x\r\n");
        close(terminal);
        store_reader_free(reader);
        folder_remove(&folder);
}

/* The first number that a query on `database` gives. */
static long long number(sqlite3 *database, const char *query) {
        sqlite3_stmt *statement = NULL;
        long long value = -1;

        if (sqlite3_prepare_v2(database, query, -1, &statement, NULL) != SQLITE_OK ||
            sqlite3_step(statement) != SQLITE_ROW)
                test_fail(__FILE__, __LINE__, "%s: %s", query, sqlite3_errmsg(database));
        else
                value = sqlite3_column_int64(statement, 0);
        sqlite3_finalize(statement);
        return value;
}

TEST(the_virtual_tables_have_the_rows_of_the_plain_ones) {
        static const char *const conditions[] = { "1",
                                                  "id = 5000",
                                                  "id = 0",
                                                  "id = '4097'",
                                                  "id = 4097.5",
                                                  "id > 4095 AND id < 4099",
                                                  "id >= 8192 AND id <= 8193",
                                                  "id BETWEEN -5 AND 3",
                                                  "id > 9999999999",
                                                  "id < NULL",
                                                  "id > 8000.5",
                                                  "id IN (1, 4096, 4097, 10000, 10001)",
                                                  "time_ns < 400000",
                                                  "time_ns >= 300000 AND time_ns <= 300500",
                                                  "time_ns BETWEEN 500000 AND 600000 AND id > 4500",
                                                  "thread = 3 AND object > 500",
                                                  "rowid = 77",
                                                  "id > 100 AND id > 200 AND id < 300" };
        struct folder folder = folder_new();
        sqlite3 *database;
        char path[512], query[1024];

        ASSERT(write_large(folder_file(&folder, "trace.heddle", path), 10000));
        ASSERT(sqlite3_open(path, &database) == SQLITE_OK);
        ASSERT(tables_register(database, "e", "h", NULL) == SQLITE_OK);
        for (size_t i = 0; i < sizeof(conditions) / sizeof(*conditions); i++) {
                snprintf(query, sizeof(query),
                         "SELECT count(*) FROM (SELECT * FROM e WHERE %1$s EXCEPT SELECT * FROM event WHERE %1$s)",
                         conditions[i]);
                EXPECT_EQ(number(database, query), 0);
                snprintf(query, sizeof(query),
                         "SELECT (SELECT count(*) FROM e WHERE %1$s) = (SELECT count(*) FROM event WHERE %1$s)",
                         conditions[i]);
                if (number(database, query) != 1)
                        test_fail(__FILE__, __LINE__, "other rows where %s", conditions[i]);
        }
        EXPECT_EQ(number(database, "SELECT count(*) FROM event"), 10000);
        EXPECT_EQ(number(database, "SELECT count(*) FROM (SELECT * FROM h EXCEPT SELECT * FROM hold)"), 0);
        EXPECT_EQ(number(database, "SELECT count(*) FROM h") - number(database, "SELECT count(*) FROM hold"), 0);
        EXPECT(number(database, "SELECT count(*) FROM hold") > 4000);
        sqlite3_close(database);
        folder_remove(&folder);
}

TEST(the_holds_of_the_table_are_those_that_sql_finds) {
        /* Each locking, with the first release of the same lock by the same thread behind it. */
        static const char wanted_sql[] =
                "SELECT count(*) FROM hold AS h WHERE ended_ns IS NOT (SELECT u.time_ns FROM event AS u WHERE u.kind = "
                "24"
                " AND u.thread = h.thread AND u.object = h.object AND u.id > h.id ORDER BY u.id LIMIT 1)";
        struct folder folder = folder_new();
        sqlite3 *database;
        char path[512];

        ASSERT(write_large(folder_file(&folder, "trace.heddle", path), 3000));
        ASSERT(sqlite3_open(path, &database) == SQLITE_OK);
        EXPECT_EQ(number(database, wanted_sql), 0);
        EXPECT_EQ(number(database, "SELECT count(*) FROM hold") -
                          number(database, "SELECT count(*) FROM event WHERE kind = 22"),
                  0);
        sqlite3_close(database);
        folder_remove(&folder);
}

/* What a command prints, both outputs; NULL where there is no sqlite3 shell. */
static char *shell(const char *path, const char *arguments) {
        const char *program = getenv("SQLITE3_SHELL");
        char command[2048], *text = NULL;
        size_t size, n;
        FILE *out, *in;

        if (!program)
                return NULL;
        snprintf(command, sizeof(command), "%s '%s' %s 2>&1", program, path, arguments);
        in = popen(command, "r");
        out = open_memstream(&text, &size);
        for (char buffer[4096]; (n = fread(buffer, 1, sizeof(buffer), in)) > 0;)
                fwrite(buffer, 1, n, out);
        fclose(out);
        pclose(in);
        return text;
}

TEST(the_plain_shell_tells_the_story_of_a_small_trace) {
        struct folder folder = folder_new();
        char path[512], *text;

        ASSERT(write_bank(folder_file(&folder, "bank.heddle", path)));
        text = shell(path, "'select * from events' 'select * from holds limit 1'");
        if (text) {
                EXPECT_CONTAINS(text, "300|bank|main|lock|accounts[0].lock|0|transfer|/home/ada/bank.c|31\n");
                EXPECT_CONTAINS(text, "main|accounts[0].lock|exclusive|300||transfer at bank.c:31|bank\n");
        } else
                test_skip("no sqlite3 shell");
        free(text);
        folder_remove(&folder);
}

TEST(the_schema_explains_itself) {
        struct folder folder = folder_new();
        char path[512], *text;

        ASSERT(write_bank(folder_file(&folder, "bank.heddle", path)));
        text = queried(path, "SELECT sql FROM sqlite_schema WHERE name = 'wait'", 0);
        EXPECT_CONTAINS(text, "-- A time in which a thread was blocked.");
        free(text);
        text = queried(
                path, "SELECT count(*) FROM sqlite_schema WHERE type IN ('table', 'view') AND sql NOT LIKE '%-- %'", 0);
        EXPECT_STR(text, "count(*)\n0\n");
        free(text);
        folder_remove(&folder);
}

TEST(a_large_trace_has_the_same_views_here_and_with_the_extension_in_the_shell) {
        const char *extension = getenv("HEDDLE_SQLITE_EXTENSION");
        struct folder folder = folder_new();
        char path[512], arguments[1024], *text;

        ASSERT(write_large(folder_file(&folder, "large.heddle", path), STORE_PLAIN_EVENTS_MAX + 5));
        text = queried(path,
                       "SELECT count(*) FROM sqlite_schema WHERE name = 'event'; SELECT count(*) FROM event;"
                       "SELECT thread, event, object FROM events LIMIT 1;"
                       "SELECT count(*) > 400000 AS many FROM holds",
                       0);
        EXPECT_STR(text, "count(*)\n0\ncount(*)\n1000005\nthread\tevent\tobject\nthread 8\tlock\t\nmany\n1\n");
        free(text);
        text = extension ? shell(path, "'select count(*) from events'") : NULL;
        if (text) {
                EXPECT_CONTAINS(text, "no such table: main.event");
                free(text);
                snprintf(arguments, sizeof(arguments),
                         "-cmd '.load %s' 'select count(*) from event'"
                         " 'select thread, event from events where time_ns > 1000 limit 1'",
                         extension);
                text = shell(path, arguments);
                EXPECT_CONTAINS(text, "1000005\nthread ");
        } else
                test_skip("no sqlite3 shell that can load the extension");
        free(text);
        folder_remove(&folder);
}
