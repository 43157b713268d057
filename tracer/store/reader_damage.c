/* Getting round what is damaged, and telling what is missing. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/reader.h"

static void print_chunks(const struct store_reader *reader, FILE *out) {
        uint64_t last = reader->last_damaged_chunk + CHUNK_EVENTS - 1;

        last = last < reader->n_events ? last : reader->n_events;
        if (reader->n_damaged_chunks * CHUNK_EVENTS > reader->last_damaged_chunk - reader->first_damaged_chunk)
                fprintf(out, "events %" PRIu64 " to %" PRIu64, reader->first_damaged_chunk, last);
        else
                fprintf(out, "%" PRIu64 " stretches of up to %d events between %" PRIu64 " and %" PRIu64,
                        reader->n_damaged_chunks, CHUNK_EVENTS, reader->first_damaged_chunk, last);
}

/* "'x.heddle' is damaged: some threads, its end and events 1 to 4096 cannot be read". Where there is no memory for a
 * longer sentence the shorter one stays. */
static void make_sentence(struct store_reader *reader) {
        char *sentence = NULL;
        size_t size, n_parts = reader->n_damages + (reader->n_damaged_chunks > 0);
        FILE *out = open_memstream(&sentence, &size);

        if (!out)
                return;
        fprintf(out, "'%s' is damaged: ", reader->path);
        for (size_t i = 0; i < n_parts; i++) {
                fputs(i == 0 ? "" : i + 1 < n_parts ? ", " : " and ", out);
                if (i < reader->n_damages)
                        fputs(reader->damages[i], out);
                else
                        print_chunks(reader, out);
        }
        fputs(" cannot be read", out);
        if (fclose(out) != 0)
                return;
        free(reader->damage);
        reader->damage = sentence;
}

void reader_tell_damage(struct store_reader *reader, const char *what) {
        for (size_t i = 0; i < reader->n_damages; i++)
                if (strcmp(reader->damages[i], what) == 0)
                        return;
        if (reader->n_damages == READER_DAMAGES)
                return;
        reader->damages[reader->n_damages++] = what;
        make_sentence(reader);
}

/* Several sources may come by the same chunk, mostly in order: those between the first and the last that were told are
 * not told again. */
void reader_tell_chunk(void *data, uint64_t chunk_id) {
        struct store_reader *reader = data;

        if (reader->n_damaged_chunks > 0 && chunk_id >= reader->first_damaged_chunk &&
            chunk_id <= reader->last_damaged_chunk)
                return;
        if (reader->n_damaged_chunks == 0 || chunk_id < reader->first_damaged_chunk)
                reader->first_damaged_chunk = chunk_id;
        if (reader->n_damaged_chunks == 0 || chunk_id > reader->last_damaged_chunk)
                reader->last_damaged_chunk = chunk_id;
        reader->n_damaged_chunks++;
        make_sentence(reader);
}

/* Goes through the rows of one direction. Returns an SQLite code; *ret_r is what the visitor said. */
static int visit_direction(struct store_reader *reader, const struct visit *visit, bool is_back, int64_t *last_key,
                           int *ret_r) {
        STATEMENT *statement = NULL;
        char *sql = sqlite3_mprintf("%s ORDER BY %s%s", visit->sql, visit->key, is_back ? " DESC" : "");
        int code = sql ? sqlite3_prepare_v2(reader->database, sql, -1, &statement, NULL) : SQLITE_NOMEM;

        sqlite3_free(sql);
        while (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
                int64_t key = sqlite3_column_int64(statement, 0);

                if (is_back && key <= *last_key)
                        return SQLITE_DONE;
                if (!is_back)
                        *last_key = key;
                *ret_r = visit->row(reader, statement, visit->data);
                if (*ret_r < 0)
                        return SQLITE_DONE;
                code = SQLITE_OK;
        }
        return code;
}

int reader_visit(struct store_reader *reader, const struct visit *visit, struct fault *ret_fault) {
        int64_t last_key = INT64_MIN;
        int r = 0, code = visit_direction(reader, visit, false, &last_key, &r);

        if (r == 0 && (code & 0xff) == SQLITE_NOMEM)
                r = -ENOMEM;
        if (r < 0)
                return fault_set(ret_fault, -r, "cannot read '%s': out of memory", reader->path);
        if (code == SQLITE_DONE)
                return 0;
        /* SQLITE_ERROR: there is no such table in what is left of the schema. */
        if ((code & 0xff) != SQLITE_CORRUPT && (code & 0xff) != SQLITE_ERROR && (code & 0xff) != SQLITE_NOTADB)
                return database_fault(reader->database, code, "cannot read", reader->path, ret_fault);
        reader_tell_damage(reader, visit->what);
        if (visit->is_any_order)
                visit_direction(reader, visit, true, &last_key, &r);
        return r < 0 ? fault_set(ret_fault, -r, "cannot read '%s': out of memory", reader->path) : 0;
}
