/* The store against a prepared INSERT of the same events into a plain table, both into WAL mode with
 * synchronous=NORMAL, committed as often; and reading back. The budget: 12 times the rate, 8 bytes an event. */
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "trace-file.h"

#define BATCH 65536 /* events between two commits */

static double now(void) {
        struct timespec time;

        clock_gettime(CLOCK_MONOTONIC, &time);
        return (double) time.tv_sec + (double) time.tv_nsec * 1e-9;
}

static void check(int is_good, const char *what) {
        if (is_good)
                return;
        fprintf(stderr, "bench-store: %s\n", what);
        exit(1);
}

/* Seconds it takes to write `n` events as a trace. Making them up is not counted. */
static double write_trace(const char *path, size_t n, struct event *batch) {
        struct catalog catalog = catalog_of_bank();
        struct recording recording = recording_of_bank();
        struct workload workload = { 0 };
        struct store_writer *writer;
        struct fault fault;
        double began, taken = 0;

        check(store_writer_new(path, &writer, &fault) == 0, fault.message);
        for (size_t done = 0; done < n; done += BATCH) {
                workload_fill(&workload, batch, BATCH);
                began = now();
                check(store_writer_add_events(writer, batch, BATCH, &fault) == 0, fault.message);
                check(store_writer_commit(writer, &catalog, &recording, &fault) == 0, fault.message);
                taken += now() - began;
        }
        began = now();
        if (n > STORE_PLAIN_EVENTS_MAX) /* else the plain tables would be counted */
                check(store_writer_finish(writer, &catalog, &recording, &fault) == 0, fault.message);
        taken += now() - began;
        store_writer_free(writer);
        catalog_finish(&catalog);
        recording_finish(&recording);
        return taken;
}

static void insert(sqlite3_stmt *statement, const struct event *event) {
        sqlite3_bind_int64(statement, 1, (sqlite3_int64) event->time_ns);
        sqlite3_bind_int64(statement, 2, event->thread);
        sqlite3_bind_int64(statement, 3, event->kind);
        sqlite3_bind_int64(statement, 4, event->flags);
        sqlite3_bind_int64(statement, 5, event->object);
        sqlite3_bind_int64(statement, 6, event->stack);
        sqlite3_bind_int64(statement, 7, event->sequence);
        sqlite3_bind_int64(statement, 8, event->value);
        check(sqlite3_step(statement) == SQLITE_DONE, "INSERT failed");
        sqlite3_reset(statement);
}

static double write_rows(const char *path, size_t n, struct event *batch) {
        struct workload workload = { 0 };
        sqlite3_stmt *statement;
        sqlite3 *database;
        double began, taken = 0;

        check(sqlite3_open(path, &database) == SQLITE_OK, "cannot open a database");
        sqlite3_exec(database,
                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000;"
                     "CREATE TABLE event(id INTEGER PRIMARY KEY, time_ns, thread, kind, flags, object, stack, "
                     "sequence, value)",
                     NULL, NULL, NULL);
        check(sqlite3_prepare_v2(database, "INSERT INTO event VALUES(NULL,?,?,?,?,?,?,?,?)", -1, &statement, NULL) ==
                      SQLITE_OK,
              sqlite3_errmsg(database));
        for (size_t done = 0; done < n; done += BATCH) {
                workload_fill(&workload, batch, BATCH);
                began = now();
                sqlite3_exec(database, "BEGIN", NULL, NULL, NULL);
                for (size_t i = 0; i < BATCH; i++)
                        insert(statement, &batch[i]);
                check(sqlite3_exec(database, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, sqlite3_errmsg(database));
                taken += now() - began;
        }
        sqlite3_finalize(statement);
        began = now();
        sqlite3_close(database);
        return taken + (now() - began);
}

static double read_trace(const char *path, size_t n) {
        struct store_reader *reader;
        struct event_source *source;
        const struct event *events;
        struct fault fault;
        double began = now(), taken;
        size_t n_read = 0;
        int r;

        check(store_reader_new(path, &reader, &fault) == 0, fault.message);
        check(store_reader_source(reader, 1, &source, &fault) == 0, fault.message);
        while ((r = source->next(source, &events)) > 0)
                n_read += (size_t) r;
        taken = now() - began;
        check(r == 0 && n_read == n, "events are missing");
        store_source_free(source);
        store_reader_free(reader);
        return taken;
}

static double bytes_an_event(const char *path, size_t n) {
        struct stat status;

        check(stat(path, &status) == 0, path);
        return (double) status.st_size / (double) n;
}

int main(int argc, char **argv) {
        size_t n_trace = (argc > 1 ? strtoull(argv[1], NULL, 10) : 128) * BATCH, n_rows = n_trace / 8;
        struct event *batch = calloc(BATCH, sizeof(*batch));
        struct folder folder = folder_new();
        char path[512], rows_path[512];
        double trace_rate = 0, rows_rate = 0, read_rate = 0;

        check(batch != NULL, "out of memory");
        folder_file(&folder, "bench.heddle", path);
        folder_file(&folder, "rows.db", rows_path);
        /* The best of three, taken in turns: the machine is seldom quiet. */
        for (unsigned round = 0; round < 3; round++) {
                double trace, rows, read;

                remove(path);
                remove(rows_path);
                trace = (double) n_trace / write_trace(path, n_trace, batch);
                rows = (double) n_rows / write_rows(rows_path, n_rows, batch);
                read = (double) n_trace / read_trace(path, n_trace);
                trace_rate = trace > trace_rate ? trace : trace_rate;
                rows_rate = rows > rows_rate ? rows : rows_rate;
                read_rate = read > read_rate ? read : read_rate;
        }
        printf("store, 8 threads and 1000 locks, %zu events\n", n_trace);
        printf("  written   %6.1f million events a second, %5.1f bytes each\n", trace_rate * 1e-6,
               bytes_an_event(path, n_trace));
        printf("  INSERT    %6.1f million events a second, %5.1f bytes each\n", rows_rate * 1e-6,
               bytes_an_event(rows_path, n_rows));
        printf("  ratio     %6.1f (budget: at least 12, and at most 8 bytes)\n", trace_rate / rows_rate);
        printf("  read back %6.1f million events a second\n", read_rate * 1e-6);
        folder_remove(&folder);
        free(batch);
        return 0;
}
