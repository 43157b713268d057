/* Getting at the database of a trace: finished, of a recorder that was killed, in a folder that cannot be written,
 * damaged. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/reader.h"

/* What has to work for there to be a trace. */
static int probe(sqlite3 *database) {
        return sqlite3_exec(
                database,
                "SELECT 1 FROM sqlite_schema LIMIT 1; SELECT 1 FROM meta LIMIT 1; SELECT 1 FROM event_chunk LIMIT 1",
                NULL, NULL, NULL);
}

/* Opens and probes; leaves no database behind where that fails. `prepare_sql` comes before SQLite looks at the file. */
static int try_open(const char *name, const char *prepare_sql, sqlite3 **ret_database) {
        sqlite3 *database = NULL;
        int code = sqlite3_open_v2(name, &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);

        if (code == SQLITE_OK) {
                sqlite3_extended_result_codes(database, 1);
                sqlite3_busy_timeout(database, 10000);
                sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
                sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
                code = sqlite3_exec(database, prepare_sql, NULL, NULL, NULL);
        }
        if (code == SQLITE_OK)
                code = probe(database);
        if (code == SQLITE_OK) {
                *ret_database = database;
                return SQLITE_OK;
        }
        sqlite3_close_v2(database);
        return code;
}

#define PREPARE "PRAGMA cell_size_check = ON;"

/* SQLite refuses a file that is shorter than its first page says, unless it is told that the schema is being repaired.
 */
static const char repair_sql[] = PREPARE "PRAGMA writable_schema = ON;";

static bool is_damage(int code) {
        return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB || (code & 0xff) == SQLITE_IOERR ||
               (code & 0xff) == SQLITE_ERROR; /* a table is missing */
}

static int try_either(const char *name, struct store_reader *reader) {
        int code = try_open(name, PREPARE, &reader->database);

        if (!is_damage(code) || try_open(name, repair_sql, &reader->database) != SQLITE_OK)
                return code;
        reader_tell_damage(reader, "all of its schema");
        return SQLITE_OK;
}

/* A path as a URI, for the sake of the options at its end. */
static int uri_of(const char *path, const char *options, char **ret_uri) {
        size_t n = strlen(path);
        char *uri = malloc(5 + 3 * n + strlen(options) + 1), *end = uri;

        if (!uri)
                return -ENOMEM;
        end = stpcpy(end, "file:");
        for (const char *at = path; *at; at++) {
                if (strchr("%?#", *at))
                        end += sprintf(end, "%%%02X", (unsigned char) *at);
                else
                        *end++ = *at;
        }
        strcpy(end, options);
        *ret_uri = uri;
        return 0;
}

static int copy_file(const char *from, const char *to) {
        int in = open(from, O_RDONLY | O_CLOEXEC), out, r = 0;
        ssize_t n;

        if (in < 0)
                return -errno;
        out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (out < 0) {
                r = -errno;
                close(in);
                return r;
        }
        do
                n = sendfile(out, in, NULL, 1 << 30);
        while (n > 0);
        r = n < 0 ? -errno : 0;
        close(in);
        close(out);
        return r;
}

/* A WAL next to the file needs a third file beside it to be read, which only someone who may write there can make. So
 * both are copied to where one can. */
static int copy_trace(struct store_reader *reader, const char *path) {
        const char *folder = getenv("TMPDIR");
        char *wal = NULL, *copy = NULL, *copied_wal = NULL;
        int r = 0;

        if (asprintf(&reader->copy, "%s/heddle-XXXXXX", folder ? folder : "/tmp") < 0 || !mkdtemp(reader->copy)) {
                r = reader->copy ? -errno : -ENOMEM;
                free(reader->copy);
                reader->copy = NULL;
                return r;
        }
        if (asprintf(&wal, "%s-wal", path) < 0 || asprintf(&copy, "%s/trace", reader->copy) < 0 ||
            asprintf(&copied_wal, "%s/trace-wal", reader->copy) < 0)
                r = -ENOMEM;
        if (r == 0)
                r = copy_file(path, copy);
        if (r == 0)
                r = copy_file(wal, copied_wal);
        free(wal);
        free(copy);
        free(copied_wal);
        return r;
}

static int open_copy(struct store_reader *reader, const char *path) {
        char *name = NULL;
        int code;

        if (copy_trace(reader, path) < 0 || asprintf(&name, "%s/trace", reader->copy) < 0)
                return SQLITE_CANTOPEN;
        code = try_either(name, reader);
        free(name);
        return code;
}

/* Size of the WAL beside the file, 0 when there is none. */
static uint64_t wal_bytes(const char *path) {
        struct stat status;
        char *wal = NULL;
        uint64_t size = 0;

        if (asprintf(&wal, "%s-wal", path) >= 0 && stat(wal, &status) == 0)
                size = (uint64_t) status.st_size;
        free(wal);
        return size;
}

static int open_somehow(struct store_reader *reader, const char *path) {
        bool has_wal = wal_bytes(path) > 0;
        char *uri;
        int code = try_either(path, reader);

        if ((code & 0xff) != SQLITE_CANTOPEN && (code & 0xff) != SQLITE_READONLY)
                return code;
        if (has_wal)
                return open_copy(reader, path);
        if (uri_of(path, "?immutable=1", &uri) < 0)
                return SQLITE_NOMEM;
        code = try_either(uri, reader);
        free(uri);
        return code;
}

int reader_open_database(struct store_reader *reader, struct fault *ret_fault) {
        char *path = realpath(reader->path, NULL);
        uint64_t n_wal;
        int code;

        if (!path)
                return fault_set(ret_fault, errno, "cannot open '%s': %m", reader->path);
        n_wal = wal_bytes(path);
        /* With a WAL beside it, the file may well be shorter than its first page says. */
        if (n_wal == 0 && reader->size_bytes < reader->promised_bytes)
                reader_tell_damage(reader, "its end");
        reader->size_bytes += n_wal;
        code = open_somehow(reader, path);
        free(path);
        if (is_damage(code))
                return fault_set(ret_fault, EBADMSG, "'%s' is damaged; nothing of it can be read", reader->path);
        if (code == SQLITE_OK)
                code = tables_register(reader->database, "event", "hold", &reader->table_damage);
        if (code != SQLITE_OK)
                return database_fault(NULL, code, "cannot read", reader->path, ret_fault);
        return 0;
}

static void remove_copy(char *folder) {
        static const char *const names[] = { "trace", "trace-wal", "trace-shm" };

        for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
                char *path = NULL;

                if (asprintf(&path, "%s/%s", folder, names[i]) >= 0)
                        unlink(path);
                free(path);
        }
        rmdir(folder);
        free(folder);
}

void reader_close_database(struct store_reader *reader) {
        sqlite3_close_v2(reader->database);
        if (reader->copy)
                remove_copy(reader->copy);
}
