/* Reading a trace: what it is, what of it is there, and its events. */
#include "store/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[16] = "SQLite format 3";

/* The header of an SQLite file (all big-endian): magic · page size, 1 for 65536 (2 bytes) at 16 · changes at 24 · pages
 * at 28 · user_version at 60 · application_id at 68 · changes when pages was written at 92 · 100 bytes in all. */
#define HEADER_BYTES 100
#define HEADER_PAGE_SIZE 16
#define HEADER_CHANGES 24
#define HEADER_PAGES 28
#define HEADER_PAGES_CHANGES 92
#define HEADER_VERSION 60
#define HEADER_APPLICATION 68

static uint32_t big_endian(const uint8_t *bytes) {
        return (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 | (uint32_t) bytes[2] << 8 | bytes[3];
}

static uint64_t promised_bytes(const uint8_t *header) {
        uint32_t page_size = (uint32_t) header[HEADER_PAGE_SIZE] << 8 | header[HEADER_PAGE_SIZE + 1];

        if (big_endian(header + HEADER_CHANGES) != big_endian(header + HEADER_PAGES_CHANGES))
                return 0;
        return (uint64_t) big_endian(header + HEADER_PAGES) * (page_size == 1 ? 65536 : page_size);
}

static int check_header(const char *path, const uint8_t *header, size_t n, struct fault *ret_fault) {
        uint32_t version;

        if (n == 0)
                return fault_set(ret_fault, EBADMSG, "'%s' is empty: nothing was recorded into it", path);
        if (memcmp(header, magic, n < sizeof(magic) ? n : sizeof(magic)) != 0)
                return fault_set(ret_fault, EBADMSG, "'%s' is not a Heddle trace; 'heddle run' makes one", path);
        if (n < HEADER_BYTES)
                return fault_set(ret_fault, EBADMSG, "'%s' is cut off after %zu bytes; nothing of it can be read", path,
                                 n);
        version = big_endian(header + HEADER_VERSION);
        if (big_endian(header + HEADER_APPLICATION) != STORE_APPLICATION_ID || version == 0)
                return fault_set(ret_fault, EBADMSG, "'%s' is an SQLite database, but not a Heddle trace", path);
        if (version > STORE_VERSION)
                return fault_set(ret_fault, EPROTO,
                                 "'%s' was written by a newer Heddle (trace version %" PRIu32
                                 ", this one reads up to %d); update Heddle",
                                 path, version, STORE_VERSION);
        return 0;
}

static int cannot_open(const char *path, int error, struct fault *ret_fault) {
        if (error == ENOENT || error == ENOTDIR)
                return fault_set(ret_fault, ENOENT, "there is no trace '%s'", path);
        if (error == EACCES || error == EPERM)
                return fault_set(ret_fault, EACCES, "no permission to read '%s'", path);
        return fault_set(ret_fault, error, "cannot open '%s': %s", path, strerror(error));
}

/* Looks at the file before SQLite does, for sentences that say more than SQLite's would. */
static int check_file(struct store_reader *reader, struct fault *ret_fault) {
        uint8_t header[HEADER_BYTES];
        struct stat status;
        ssize_t n;
        /* Not blocking: a FIFO would wait for a writer. */
        int fd = open(reader->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

        if (fd < 0)
                return cannot_open(reader->path, errno, ret_fault);
        if (fstat(fd, &status) < 0 || S_ISDIR(status.st_mode) || !S_ISREG(status.st_mode)) {
                close(fd);
                if (S_ISDIR(status.st_mode))
                        return fault_set(ret_fault, EISDIR, "'%s' is a folder, not a trace", reader->path);
                return fault_set(ret_fault, EBADMSG, "'%s' is not a file, so it is no Heddle trace", reader->path);
        }
        n = pread(fd, header, sizeof(header), 0);
        close(fd);
        if (n < 0)
                return cannot_open(reader->path, errno, ret_fault);
        reader->size_bytes = (uint64_t) status.st_size;
        reader->promised_bytes = n == HEADER_BYTES ? promised_bytes(header) : 0;
        return check_header(reader->path, header, (size_t) n, ret_fault);
}

/* A file whose last chunk is gone still has those before it; how many, only trying can tell. */
static uint64_t count_events_in_damaged(struct store_reader *reader) {
        const unsigned most_missing = 4096;
        uint64_t n_events = 0;
        STATEMENT *statement = NULL;

        if (sqlite3_prepare_v2(reader->database, "SELECT n_events FROM event_chunk WHERE id = ?", -1, &statement,
                               NULL) != SQLITE_OK)
                return 0;
        for (uint64_t id = 1, n_missing = 0; n_missing < most_missing; id += CHUNK_EVENTS, n_missing++) {
                sqlite3_bind_int64(statement, 1, (sqlite3_int64) id);
                if (sqlite3_step(statement) == SQLITE_ROW) {
                        n_events = id + (uint64_t) sqlite3_column_int64(statement, 0) - 1;
                        n_missing = 0;
                }
                sqlite3_reset(statement);
        }
        return n_events;
}

static int load(struct store_reader *reader, struct fault *ret_fault) {
        int r = reader_load_recording(reader, ret_fault);

        if (r == 0)
                r = reader_load_catalog(reader, ret_fault);
        if (r < 0)
                return r;
        if (chunks_count(reader->database, &reader->n_events) != SQLITE_OK) {
                reader_tell_damage(reader, "the last events");
                reader->n_events = count_events_in_damaged(reader);
        }
        /* A size that no file of this length can have comes from damage, and would keep a reader busy for years. */
        if (reader->n_events > reader->size_bytes * CHUNK_EVENTS) {
                reader_tell_damage(reader, "how many events there are");
                reader->n_events = count_events_in_damaged(reader);
        }
        return 0;
}

int store_reader_new(const char *path, struct store_reader **ret_reader, struct fault *ret_fault) {
        struct store_reader *reader = calloc(1, sizeof(*reader));
        int r;

        if (!reader || catalog_init(&reader->catalog) < 0 || !(reader->path = strdup(path))) {
                store_reader_free(reader);
                return fault_set(ret_fault, ENOMEM, "out of memory");
        }
        reader->table_damage = (struct table_damage) { reader_tell_chunk, reader };
        r = check_file(reader, ret_fault);
        if (r == 0)
                r = reader_open_database(reader, ret_fault);
        if (r == 0)
                r = load(reader, ret_fault);
        if (r < 0) {
                store_reader_free(reader);
                return r;
        }
        *ret_reader = reader;
        return 0;
}

void store_reader_free(struct store_reader *reader) {
        if (!reader)
                return;
        chunk_source_free(reader->one);
        reader_close_database(reader);
        catalog_finish(&reader->catalog);
        recording_finish(&reader->recording);
        free(reader->damage);
        free(reader->path);
        free(reader);
}

const struct catalog *store_reader_catalog(const struct store_reader *reader) {
        return &reader->catalog;
}

struct catalog *store_reader_unfinished_catalog(struct store_reader *reader) {
        return &reader->catalog;
}

const struct recording *store_reader_recording(const struct store_reader *reader) {
        return &reader->recording;
}

uint64_t store_reader_n_events(const struct store_reader *reader) {
        return reader->n_events;
}

bool store_reader_is_complete(const struct store_reader *reader) {
        return reader->recording.finished && reader->recording.n_lost == 0 && !reader->damage;
}

const char *store_reader_damage(const struct store_reader *reader) {
        return reader->damage;
}

static int source_new(struct store_reader *reader, uint64_t first_id, struct chunk_source **ret_source,
                      struct fault *ret_fault) {
        int code = chunk_source_new(reader->database, first_id, reader->n_events, INT64_MIN, INT64_MAX, ret_source);

        if (code != SQLITE_OK)
                return database_fault(reader->database, code, "cannot read the events of", reader->path, ret_fault);
        (*ret_source)->on_damage = reader_tell_chunk;
        (*ret_source)->data = reader;
        return 0;
}

int store_reader_source(struct store_reader *reader, uint64_t first_id, struct event_source **ret_source,
                        struct fault *ret_fault) {
        struct chunk_source *source;
        int r = source_new(reader, first_id, &source, ret_fault);

        if (r == 0)
                *ret_source = &source->source;
        return r;
}

/* Has the chunk `id` in reader->chunk, as one look-up most often follows another near it. */
static int read_chunk(struct store_reader *reader, uint64_t id, struct fault *ret_fault) {
        int r;

        if (reader->chunk && reader->chunk_id == id)
                return 0;
        r = reader->one ? 0 : source_new(reader, 1, &reader->one, ret_fault);
        if (r < 0)
                return r;
        reader->chunk = NULL;
        chunk_source_seek(reader->one, id);
        reader->n_chunk = reader->one->source.next(&reader->one->source, &reader->chunk);
        if (reader->n_chunk < 0)
                return database_fault(reader->database, sqlite3_errcode(reader->database), "cannot read the events of",
                                      reader->path, ret_fault);
        if (reader->n_chunk == 0)
                reader->chunk = NULL;
        reader->chunk_id = reader->chunk ? reader->one->source.first_id : 0;
        return 0;
}

int store_reader_event(struct store_reader *reader, uint64_t id, struct event *ret_event, struct fault *ret_fault) {
        int r;

        if (id == 0 || id > reader->n_events)
                return fault_set(ret_fault, ENOENT, "there is no event %" PRIu64 " in '%s'", id, reader->path);
        r = read_chunk(reader, chunk_of(id), ret_fault);
        if (r < 0)
                return r;
        /* Past a damaged chunk the source has gone on to the next. */
        if (reader->chunk_id != chunk_of(id) || id - reader->chunk_id >= (uint64_t) reader->n_chunk)
                return fault_set(ret_fault, ENOENT, "event %" PRIu64 " of '%s' cannot be read", id, reader->path);
        *ret_event = reader->chunk[id - reader->chunk_id];
        return 0;
}
