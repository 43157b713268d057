/* `hold` as a virtual table: derived while it is read. Rows come in the order in which the holds end, then those that
 * never do. */
#include "store/table.h"

#include <stdlib.h>

#include "store/holds.h"

enum column { ID, THREAD, OBJECT, STACK, FLAGS, BEGAN_NS, ENDED_NS };

struct cursor {
        sqlite3_vtab_cursor base;
        struct chunk_source *source;
        struct holds *holds;
        const struct event *events; /* the rest of the batch */
        int n;                      /* of them; 0: the events are through */
        uint64_t id;                /* of the first of them */
        struct hold hold;           /* the row */
        int is_row;
};

static int hold_connect(sqlite3 *database, void *damage, int argc, const char *const *argv, sqlite3_vtab **ret_table,
                        char **ret_error) {
        (void) argc, (void) argv, (void) ret_error;
        return table_connect(database, damage,
                             "CREATE TABLE hold(id INTEGER PRIMARY KEY, thread INTEGER, object INTEGER, stack INTEGER,"
                             " flags INTEGER, began_ns INTEGER, ended_ns INTEGER)",
                             ret_table);
}

static int hold_best_index(sqlite3_vtab *table, sqlite3_index_info *info) {
        (void) table;
        info->estimatedCost = 1e7;
        info->estimatedRows = 500000;
        return SQLITE_OK;
}

static int hold_open(sqlite3_vtab *table, sqlite3_vtab_cursor **ret_cursor) {
        struct cursor *cursor = calloc(1, sizeof(*cursor));

        (void) table;
        if (!cursor)
                return SQLITE_NOMEM;
        *ret_cursor = &cursor->base;
        return SQLITE_OK;
}

static int hold_close(sqlite3_vtab_cursor *base) {
        struct cursor *cursor = (struct cursor *) base;

        chunk_source_free(cursor->source);
        holds_free(cursor->holds);
        free(cursor);
        return SQLITE_OK;
}

/* Goes on to the next hold that ends in this batch. Returns 1 when there is one, 0, or a negative errno. */
static int next_in_batch(struct cursor *cursor) {
        while (cursor->n > 0) {
                int r = holds_apply(cursor->holds, cursor->events, cursor->id, &cursor->hold);

                cursor->events++;
                cursor->id++;
                cursor->n--;
                if (r != 0)
                        return r;
        }
        return 0;
}

static int hold_next(sqlite3_vtab_cursor *base) {
        struct cursor *cursor = (struct cursor *) base;
        int code = SQLITE_OK;

        for (;;) {
                cursor->is_row = next_in_batch(cursor);
                if (cursor->is_row < 0)
                        return SQLITE_NOMEM;
                if (cursor->is_row)
                        return SQLITE_OK;
                cursor->n = table_next((struct table *) base->pVtab, cursor->source, &cursor->events, &code);
                if (cursor->n < 0)
                        return code;
                if (cursor->n == 0)
                        break;
                cursor->id = cursor->source->source.first_id;
        }
        cursor->is_row = holds_rest(cursor->holds, &cursor->hold);
        return SQLITE_OK;
}

static int hold_filter(sqlite3_vtab_cursor *base, int index, const char *name, int argc, sqlite3_value **argv) {
        struct cursor *cursor = (struct cursor *) base;
        int code;

        (void) index, (void) name, (void) argc, (void) argv;
        chunk_source_free(cursor->source);
        holds_free(cursor->holds);
        cursor->source = NULL;
        cursor->n = 0;
        cursor->holds = holds_new();
        if (!cursor->holds)
                return SQLITE_NOMEM;
        code = table_source((struct table *) base->pVtab, 1, INT64_MIN, INT64_MAX, &cursor->source);
        return code == SQLITE_OK ? hold_next(base) : code;
}

static int hold_eof(sqlite3_vtab_cursor *base) {
        return !((const struct cursor *) base)->is_row;
}

static int hold_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column) {
        const struct hold *hold = &((const struct cursor *) base)->hold;
        const uint64_t values[] = {
                [ID] = hold->event_id, [THREAD] = hold->thread,     [OBJECT] = hold->object,     [STACK] = hold->stack,
                [FLAGS] = hold->flags, [BEGAN_NS] = hold->began_ns, [ENDED_NS] = hold->ended_ns,
        };

        if (column != ENDED_NS || hold->ended_ns != NEVER)
                sqlite3_result_int64(context, (sqlite3_int64) values[column]);
        return SQLITE_OK;
}

static int hold_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *ret_rowid) {
        *ret_rowid = (sqlite3_int64) ((const struct cursor *) base)->hold.event_id;
        return SQLITE_OK;
}

const sqlite3_module hold_module = {
        .xConnect = hold_connect, /* no xCreate: there without being created */
        .xBestIndex = hold_best_index,
        .xDisconnect = table_disconnect,
        .xOpen = hold_open,
        .xClose = hold_close,
        .xFilter = hold_filter,
        .xNext = hold_next,
        .xEof = hold_eof,
        .xColumn = hold_column,
        .xRowid = hold_rowid,
};
