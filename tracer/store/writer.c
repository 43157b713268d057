/* Writing a trace. While it is being recorded the file is in WAL mode with synchronous=NORMAL: what was committed
 * outlives the death of the recorder by any signal, and no commit waits for the disk. The schema is there before WAL
 * mode begins, so that a file is a trace from its first moment.
 *
 * A commit may come with a chunk that is not full. It is written all the same, and written again, under the same id,
 * when it has grown: at most 4096 events are coded anew, a fifth of a millisecond. The other way, small chunks joined
 * at the end, would write everything twice and make readers know two layouts. */
#include "store/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/chunks.h"
#include "store/schema.h"
#include "store/tables.h"

static const char *const insert_sql[N_INSERTS] = {
        [INSERT_META] = "INSERT OR REPLACE INTO meta VALUES(?,?)",
        [INSERT_PROCESS] = "INSERT OR REPLACE INTO process VALUES(?,?,?,?,?,?,?,?)",
        [INSERT_THREAD] = "INSERT OR REPLACE INTO thread VALUES(?,?,?,?,?,?,?,?)",
        [INSERT_OBJECT] = "INSERT OR REPLACE INTO object VALUES(?,?,?,?,?,?,?,?,?,?)",
        [INSERT_STACK] = "INSERT OR REPLACE INTO stack VALUES(?,?,?,?,?,?,?)",
        [INSERT_LOCATION] = "INSERT INTO location VALUES(?,?,?,?,?,?)",
        [INSERT_FRAME] = "INSERT OR REPLACE INTO stack_frame VALUES(?,?,?)",
        [DELETE_FRAMES] = "DELETE FROM stack_frame WHERE stack = ?",
        [INSERT_MODULE] = "INSERT OR REPLACE INTO module VALUES(?,?,?,?,?,?,?)",
        [INSERT_CHUNK] = "INSERT OR REPLACE INTO event_chunk VALUES(?,?,?,?,?)",
        [INSERT_WAIT] = "INSERT INTO wait VALUES(NULL,?,?,?,?,?,?,?,?,?)",
        [INSERT_MESSAGE] = "INSERT INTO message VALUES(NULL,?,?,?,?,?,?,?,?)",
        [INSERT_LOCK_EDGE] = "INSERT INTO lock_edge VALUES(NULL,?,?,?,?,?,?,?,?,?)",
        [INSERT_FINDING] = "INSERT INTO finding VALUES(?,?,?,?,?,?,?,?)",
        [INSERT_FINDING_THREAD] = "INSERT INTO finding_thread VALUES(?,?,?)",
        [INSERT_FINDING_OBJECT] = "INSERT INTO finding_object VALUES(?,?,?)",
        [INSERT_FINDING_STEP] = "INSERT INTO finding_step VALUES(?,?,?,?,?,?,?,?,?,?,?)",
};

static void roll_back(struct store_writer *writer) {
        if (!sqlite3_get_autocommit(writer->database))
                sqlite3_exec(writer->database, "ROLLBACK", NULL, NULL, NULL);
        writer->is_open = false;
}

/* Keeps the first failure, and with it what was committed before. */
static int writer_fail(struct store_writer *writer, int code, struct fault *ret_fault) {
        writer->error = database_fault(writer->database, code, "cannot write to", writer->path, &writer->fault);
        roll_back(writer);
        return writer_check(writer, ret_fault);
}

int writer_check(struct store_writer *writer, struct fault *ret_fault) {
        if (writer->error == 0 && writer->is_finished)
                return fault_set(ret_fault, EBADF, "'%s' is finished already", writer->path);
        if (writer->error < 0 && ret_fault)
                *ret_fault = writer->fault;
        return writer->error;
}

static int writer_run(struct store_writer *writer, const char *sql, struct fault *ret_fault) {
        int code;

        errno = 0; /* for database_fault() */
        code = sqlite3_exec(writer->database, sql, NULL, NULL, NULL);
        return code == SQLITE_OK ? 0 : writer_fail(writer, code, ret_fault);
}

static int writer_begin(struct store_writer *writer, struct fault *ret_fault) {
        int r;

        if (writer->is_open)
                return 0;
        r = writer_run(writer, "BEGIN", ret_fault);
        writer->is_open = r == 0;
        return r;
}

static int writer_end(struct store_writer *writer, struct fault *ret_fault) {
        int r;

        if (!writer->is_open)
                return 0;
        r = writer_run(writer, "COMMIT", ret_fault);
        writer->is_open = false;
        return r;
}

int writer_insert(struct store_writer *writer, enum insert insert, const struct cell *cells, size_t n,
                  struct fault *ret_fault) {
        sqlite3_stmt **statement = &writer->statements[insert];
        int code = SQLITE_OK, r = writer_begin(writer, ret_fault);

        if (r < 0)
                return r;
        if (!*statement)
                code = sqlite3_prepare_v3(writer->database, insert_sql[insert], -1, SQLITE_PREPARE_PERSISTENT,
                                          statement, NULL);
        if (code == SQLITE_OK)
                code = run_row(*statement, cells, n);
        return code == SQLITE_OK ? 0 : writer_fail(writer, code, ret_fault);
}

/* The tables that give names to numbers. */
static int write_kinds(sqlite3 *database) {
        STATEMENT *events = NULL, *objects = NULL;
        int code = sqlite3_prepare_v2(database, "INSERT INTO event_kind VALUES(?,?,?)", -1, &events, NULL);

        if (code == SQLITE_OK)
                code = sqlite3_prepare_v2(database, "INSERT INTO object_kind VALUES(?,?,?)", -1, &objects, NULL);
        for (unsigned kind = 0; kind < 256 && code == SQLITE_OK; kind++)
                if (event_info(kind)->name)
                        code = run_row(events, CELLS(integer(kind), text(event_info(kind)->name),
                                                     text(event_info(kind)->phrase)));
        for (unsigned kind = 1; kind < 16 && code == SQLITE_OK; kind++)
                if (object_kind_from_name(object_kind_name(kind)) == kind)
                        code = run_row(objects, CELLS(integer(kind), text(object_kind_name(kind)),
                                                      text(object_kind_words(kind))));
        return code;
}

/* The schema goes in without a journal: should that be cut short, there is nothing in the file to lose. */
static int write_schema(sqlite3 *database) {
        char identity[128];
        int code;

        snprintf(identity, sizeof(identity), "PRAGMA application_id = %d; PRAGMA user_version = %d;",
                 STORE_APPLICATION_ID, STORE_VERSION);
        code = sqlite3_exec(database, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN", NULL, NULL, NULL);
        if (code == SQLITE_OK)
                code = sqlite3_exec(database, identity, NULL, NULL, NULL);
        if (code == SQLITE_OK)
                code = sqlite3_exec(database, schema_sql, NULL, NULL, NULL);
        if (code == SQLITE_OK)
                code = write_kinds(database);
        if (code == SQLITE_OK)
                code = sqlite3_exec(database,
                                    "COMMIT; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                                    "PRAGMA wal_autocheckpoint = 4000",
                                    NULL, NULL, NULL);
        return code;
}

static int create_file(struct store_writer *writer, struct fault *ret_fault) {
        int fd = open(writer->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        struct stat st = { 0 };

        if (fd < 0 && errno == EEXIST)
                return fault_set(ret_fault, EEXIST, "there is a file '%s' already", writer->path);
        if (fd < 0)
                return fault_set(ret_fault, errno, "cannot create '%s': %m%s", writer->path,
                                 errno == EMFILE ? "; raise the limit of open files (ulimit -n)" : "; choose another place");
        (void) fstat(fd, &st); /* never fails on what was just opened */
        writer->device = st.st_dev;
        writer->inode = st.st_ino;
        close(fd);
        return 0;
}

/* Who removes the file while we write it gets no error from the system: it goes on without a name, and is gone with us. */
static int check_place(struct store_writer *writer, struct fault *ret_fault) {
        struct stat st;

        if (stat(writer->path, &st) == 0 && st.st_dev == writer->device && st.st_ino == writer->inode)
                return 0;
        /* What was committed is to be found wherever it is now; its WAL has stayed behind. */
        roll_back(writer);
        sqlite3_wal_checkpoint_v2(writer->database, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
        writer->error = fault_set(&writer->fault, ENOENT, "'%s' was moved or removed while it was being written", writer->path);
        return writer_check(writer, ret_fault);
}

static int writer_open(struct store_writer *writer, struct fault *ret_fault) {
        /* SQLite takes only a path that begins with a slash for what it is; others may mean "in memory" or a URI. */
        char *path = realpath(writer->path, NULL);
        int code = path ? sqlite3_open_v2(path, &writer->database, SQLITE_OPEN_READWRITE, NULL) : SQLITE_CANTOPEN;

        free(path);
        if (code == SQLITE_OK) {
                sqlite3_extended_result_codes(writer->database, 1);
                sqlite3_busy_timeout(writer->database, 10000);
                code = write_schema(writer->database);
        }
        return code == SQLITE_OK ? 0 : database_fault(writer->database, code, "cannot create", writer->path, ret_fault);
}

int store_writer_new(const char *path, struct store_writer **ret_writer, struct fault *ret_fault) {
        struct store_writer *writer = calloc(1, sizeof(*writer));
        int r;

        if (!writer)
                return fault_set(ret_fault, ENOMEM, "out of memory");
        writer->path = strdup(path);
        writer->pending = calloc(CHUNK_EVENTS, sizeof(*writer->pending));
        if (!writer->path || !writer->pending) {
                store_writer_free(writer);
                return fault_set(ret_fault, ENOMEM, "out of memory");
        }
        r = create_file(writer, ret_fault);
        if (r == 0) {
                r = writer_open(writer, ret_fault);
                if (r < 0)
                        unlink(path);
        }
        if (r < 0) {
                store_writer_free(writer);
                return r;
        }
        *ret_writer = writer;
        return 0;
}

static int write_chunk(struct store_writer *writer, const struct event *events, size_t n, uint64_t first_id,
                       struct fault *ret_fault) {
        size_t n_bytes = chunk_encode(events, n, first_id, writer->chunk);
        uint64_t began_ns = UINT64_MAX, ended_ns = 0;

        for (size_t i = 0; i < n; i++) {
                began_ns = events[i].time_ns < began_ns ? events[i].time_ns : began_ns;
                ended_ns = events[i].time_ns > ended_ns ? events[i].time_ns : ended_ns;
        }
        return writer_insert(writer, INSERT_CHUNK,
                             CELLS(integer(first_id), integer(n), integer(began_ns), integer(ended_ns),
                                   blob(writer->chunk, n_bytes)),
                             ret_fault);
}

static int flush(struct store_writer *writer, struct fault *ret_fault) {
        size_t n = writer->n_events % CHUNK_EVENTS;
        int r;

        if (!writer->is_pending)
                return 0;
        n = n ? n : CHUNK_EVENTS;
        r = write_chunk(writer, writer->pending, n, writer->n_events - n + 1, ret_fault);
        writer->is_pending = r < 0;
        return r;
}

int store_writer_add_events(struct store_writer *writer, const struct event *events, size_t n,
                            struct fault *ret_fault) {
        int r = writer_check(writer, ret_fault);

        while (n > 0 && r == 0) {
                size_t n_pending = writer->n_events % CHUNK_EVENTS, n_taken = CHUNK_EVENTS - n_pending;

                n_taken = n_taken < n ? n_taken : n;
                if (n_taken == CHUNK_EVENTS) {
                        r = write_chunk(writer, events, n_taken, writer->n_events + 1, ret_fault);
                        writer->n_events += n_taken;
                } else {
                        memcpy(writer->pending + n_pending, events, n_taken * sizeof(*events));
                        writer->n_events += n_taken;
                        writer->is_pending = true;
                        if (writer->n_events % CHUNK_EVENTS == 0)
                                r = flush(writer, ret_fault);
                }
                events += n_taken;
                n -= n_taken;
        }
        return r;
}

int store_writer_commit(struct store_writer *writer, const struct catalog *catalog, const struct recording *recording,
                        struct fault *ret_fault) {
        int r = writer_check(writer, ret_fault);

        if (r == 0)
                r = check_place(writer, ret_fault);
        if (r == 0)
                r = flush(writer, ret_fault);
        if (r == 0)
                r = writer_add_catalog(writer, catalog, ret_fault);
        if (r == 0)
                r = writer_add_recording(writer, recording, ret_fault);
        return r == 0 ? writer_end(writer, ret_fault) : r;
}

int store_writer_source(struct store_writer *writer, struct event_source **ret_source, struct fault *ret_fault) {
        struct chunk_source *source;
        int code, r = writer_check(writer, ret_fault);

        if (r == 0)
                r = flush(writer, ret_fault);
        if (r < 0)
                return r;
        code = chunk_source_new(writer->database, 1, writer->n_events, INT64_MIN, INT64_MAX, &source);
        if (code != SQLITE_OK)
                return database_fault(writer->database, code, "cannot read from", writer->path, ret_fault);
        *ret_source = &source->source;
        return 0;
}

void store_source_free(struct event_source *source) {
        chunk_source_free((struct chunk_source *) source);
}

static int add_plain_tables(struct store_writer *writer, struct fault *ret_fault) {
        int code = tables_register(writer->database, "event_virtual", "hold_virtual", NULL);
        int r = code == SQLITE_OK ? writer_begin(writer, ret_fault) : writer_fail(writer, code, ret_fault);

        if (r == 0)
                r = writer_run(writer, schema_plain_sql, ret_fault);
        return r == 0 ? writer_end(writer, ret_fault) : r;
}

/* Gives up the statements and folds the WAL into the file. Another program that reads the trace just now keeps the WAL
 * alive; it then goes with the last of them. */
static int close_file(struct store_writer *writer, struct fault *ret_fault) {
        int code;

        for (unsigned i = 0; i < N_INSERTS; i++) {
                sqlite3_finalize(writer->statements[i]);
                writer->statements[i] = NULL;
        }
        code = sqlite3_wal_checkpoint_v2(writer->database, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
        if (code == SQLITE_OK)
                code = sqlite3_exec(writer->database, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
        return code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY ? 0 : writer_fail(writer, code, ret_fault);
}

int store_writer_finish(struct store_writer *writer, const struct catalog *catalog, const struct recording *recording,
                        struct fault *ret_fault) {
        int closed, r = store_writer_commit(writer, catalog, recording, ret_fault);

        if (r < 0)
                return r;
        if (writer->n_events <= STORE_PLAIN_EVENTS_MAX)
                r = add_plain_tables(writer, ret_fault);
        /* Even without the plain tables it is whole, so it is closed as it should be. */
        closed = close_file(writer, r < 0 ? NULL : ret_fault);
        sqlite3_close_v2(writer->database);
        writer->database = NULL;
        writer->is_finished = true;
        return r < 0 ? r : closed;
}

void store_writer_free(struct store_writer *writer) {
        if (!writer)
                return;
        for (unsigned i = 0; i < N_INSERTS; i++)
                sqlite3_finalize(writer->statements[i]);
        for (unsigned i = 0; i < N_CATALOG_TABLES; i++)
                free(writer->written[i].hashes);
        locations_finish(&writer->locations);
        sqlite3_close_v2(writer->database);
        free(writer->pending);
        free(writer->path);
        free(writer);
}
