#include "store/chunks.h"

#include <errno.h>
#include <stdlib.h>

/* Data stands behind the other columns, so a chunk of another time is passed over without its pages being read. */
static const char select_sql[] =
        "SELECT CASE WHEN ended_ns >= ?2 AND began_ns <= ?3 THEN data END FROM event_chunk WHERE id = ?1";

int chunks_count(sqlite3 *database, uint64_t *ret_n_events) {
        sqlite3_stmt *statement = NULL;
        int code = sqlite3_prepare_v2(database, "SELECT id + n_events - 1 FROM event_chunk ORDER BY id DESC LIMIT 1",
                                      -1, &statement, NULL);

        if (code == SQLITE_OK)
                code = sqlite3_step(statement);
        if (code == SQLITE_ROW || code == SQLITE_DONE) {
                *ret_n_events = code == SQLITE_ROW ? (uint64_t) sqlite3_column_int64(statement, 0) : 0;
                code = SQLITE_OK;
        }
        sqlite3_finalize(statement);
        return code;
}

/* Reads and decodes the chunk `id`. Returns how many events it has, 0 for one of another time, -EBADMSG for one that is
 * missing or damaged, -EIO where SQLite failed otherwise. */
static int read_chunk(struct chunk_source *source, uint64_t id) {
        int code, n = -EBADMSG;

        sqlite3_bind_int64(source->statement, 1, (sqlite3_int64) id);
        code = sqlite3_step(source->statement);
        if (code == SQLITE_ROW && sqlite3_column_type(source->statement, 0) == SQLITE_NULL)
                n = 0;
        else if (code == SQLITE_ROW) {
                const void *bytes = sqlite3_column_blob(source->statement, 0);

                n = chunk_decode(bytes, (size_t) sqlite3_column_bytes(source->statement, 0), id, source->events);
        } else if (code != SQLITE_DONE && (code & 0xff) != SQLITE_CORRUPT)
                n = -EIO;
        sqlite3_reset(source->statement);
        return n;
}

static int chunk_source_next(struct event_source *base, const struct event **ret_events) {
        struct chunk_source *source = (struct chunk_source *) base;

        while (source->next_id <= source->last_id) {
                uint64_t id = source->next_id, skip = source->wanted_id > id ? source->wanted_id - id : 0;
                int n = read_chunk(source, id);

                if (n == -EIO || (n < 0 && !source->on_damage))
                        return n;
                source->next_id += CHUNK_EVENTS;
                if (n < 0)
                        source->on_damage(source->data, id);
                if (n <= 0 || skip >= (uint64_t) n)
                        continue;
                source->source.first_id = id + skip;
                *ret_events = source->events + skip;
                return n - (int) skip;
        }
        return 0;
}

void chunk_source_seek(struct chunk_source *source, uint64_t first_id) {
        source->wanted_id = first_id > 0 ? first_id : 1;
        source->next_id = chunk_of(source->wanted_id);
}

int chunk_source_new(sqlite3 *database, uint64_t first_id, uint64_t n_events, int64_t since_ns, int64_t until_ns,
                     struct chunk_source **ret_source) {
        struct chunk_source *source = calloc(1, sizeof(*source));
        int code;

        if (!source)
                return SQLITE_NOMEM;
        source->source.next = chunk_source_next;
        source->database = database;
        chunk_source_seek(source, first_id);
        source->last_id = n_events;
        code = sqlite3_prepare_v3(database, select_sql, -1, SQLITE_PREPARE_PERSISTENT, &source->statement, NULL);
        if (code != SQLITE_OK) {
                chunk_source_free(source);
                return code;
        }
        sqlite3_bind_int64(source->statement, 2, since_ns);
        sqlite3_bind_int64(source->statement, 3, until_ns);
        *ret_source = source;
        return SQLITE_OK;
}

void chunk_source_free(struct chunk_source *source) {
        if (!source)
                return;
        sqlite3_finalize(source->statement);
        free(source);
}
