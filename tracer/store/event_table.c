/* `event` as a virtual table. SQL can ask for it by id and by time: chunks outside are not decoded. */
#include "store/table.h"

#include <stdbool.h>
#include <stdlib.h>

enum column { ID, TIME_NS, THREAD, KIND, FLAGS, OBJECT, STACK, SEQUENCE, VALUE };

/* What a query asks for, in the order in which best_index() hands over the arguments; bits of idxNum. */
enum bound { ID_EQ = 1, ID_FROM = 2, ID_TO = 4, TIME_FROM = 8, TIME_TO = 16 };
#define N_BOUNDS 5

struct cursor {
        sqlite3_vtab_cursor base;
        struct chunk_source *source;
        const struct event *events;
        int n, at;
        uint64_t last_id;
};

static int event_connect(sqlite3 *database, void *damage, int argc, const char *const *argv, sqlite3_vtab **ret_table,
                         char **ret_error) {
        (void) argc, (void) argv, (void) ret_error;
        return table_connect(database, damage,
                             "CREATE TABLE event(id INTEGER PRIMARY KEY, time_ns INTEGER, thread INTEGER,"
                             " kind INTEGER, flags INTEGER, object INTEGER, stack INTEGER, sequence INTEGER, value INTEGER)",
                             ret_table);
}

/* The bound that a constraint sets, 0 where it is none we can use. Strict ones are widened by SQLite checking each row
 * itself. */
static enum bound bound_of(const struct sqlite3_index_constraint *constraint) {
        bool is_id = constraint->iColumn == ID || constraint->iColumn == -1;

        if (!constraint->usable || (!is_id && constraint->iColumn != TIME_NS))
                return 0;
        switch (constraint->op) {
        case SQLITE_INDEX_CONSTRAINT_EQ:
                return is_id ? ID_EQ : 0;
        case SQLITE_INDEX_CONSTRAINT_GT:
        case SQLITE_INDEX_CONSTRAINT_GE:
                return is_id ? ID_FROM : TIME_FROM;
        case SQLITE_INDEX_CONSTRAINT_LT:
        case SQLITE_INDEX_CONSTRAINT_LE:
                return is_id ? ID_TO : TIME_TO;
        default:
                return 0;
        }
}

static bool is_by_id(const sqlite3_index_info *info) {
        return info->nOrderBy == 1 && !info->aOrderBy[0].desc &&
               (info->aOrderBy[0].iColumn == ID || info->aOrderBy[0].iColumn == -1);
}

static int event_best_index(sqlite3_vtab *table, sqlite3_index_info *info) {
        int argument[N_BOUNDS] = { 0 }, n = 0;

        (void) table;
        for (int i = 0; i < info->nConstraint; i++) {
                enum bound bound = bound_of(&info->aConstraint[i]);

                if (bound && !(info->idxNum & (int) bound)) {
                        info->idxNum |= (int) bound;
                        argument[__builtin_ctz(bound)] = i + 1;
                }
        }
        for (int i = 0; i < N_BOUNDS; i++)
                if (argument[i])
                        info->aConstraintUsage[argument[i] - 1].argvIndex = ++n;
        info->orderByConsumed = is_by_id(info);
        info->estimatedCost = info->idxNum & ID_EQ ? 4e3 : info->idxNum ? 1e6 : 1e7;
        info->estimatedRows = info->idxNum & ID_EQ ? 1 : info->idxNum ? 100000 : 1000000;
        return SQLITE_OK;
}

static int event_open(sqlite3_vtab *table, sqlite3_vtab_cursor **ret_cursor) {
        struct cursor *cursor = calloc(1, sizeof(*cursor));

        (void) table;
        if (!cursor)
                return SQLITE_NOMEM;
        *ret_cursor = &cursor->base;
        return SQLITE_OK;
}

static int event_close(sqlite3_vtab_cursor *base) {
        struct cursor *cursor = (struct cursor *) base;

        chunk_source_free(cursor->source);
        free(cursor);
        return SQLITE_OK;
}

static int next_batch(struct cursor *cursor) {
        int code = SQLITE_OK;
        int n = table_next((struct table *) cursor->base.pVtab, cursor->source, &cursor->events, &code);

        cursor->at = 0;
        cursor->n = n > 0 ? n : 0;
        return code;
}

static int event_next(sqlite3_vtab_cursor *base) {
        struct cursor *cursor = (struct cursor *) base;

        return ++cursor->at < cursor->n ? SQLITE_OK : next_batch(cursor);
}

/* A bound that is not a whole number (a text, a fraction, NULL) is left to SQLite's own check of each row. */
static void take_bound(enum bound bound, sqlite3_value *value, uint64_t *from, uint64_t *to, int64_t *since,
                       int64_t *until) {
        int64_t number = sqlite3_value_int64(value);

        if (sqlite3_value_type(value) != SQLITE_INTEGER)
                return;
        if (bound & (ID_EQ | ID_FROM))
                *from = number > 1 ? (uint64_t) number : 1;
        if (bound & (ID_EQ | ID_TO))
                *to = number > 0 ? (uint64_t) number : 0;
        if (bound & TIME_FROM)
                *since = number;
        if (bound & TIME_TO)
                *until = number;
}

static int event_filter(sqlite3_vtab_cursor *base, int bounds, const char *name, int argc, sqlite3_value **argv) {
        struct cursor *cursor = (struct cursor *) base;
        uint64_t from = 1, to = UINT64_MAX;
        int64_t since = INT64_MIN, until = INT64_MAX;
        int code;

        (void) name, (void) argc;
        for (int i = 0; i < N_BOUNDS; i++)
                if (bounds & 1 << i)
                        take_bound(1 << i, *argv++, &from, &to, &since, &until);
        chunk_source_free(cursor->source);
        cursor->source = NULL;
        cursor->last_id = to;
        code = table_source((struct table *) base->pVtab, from, since, until, &cursor->source);
        return code == SQLITE_OK ? next_batch(cursor) : code;
}

static uint64_t id_of(const struct cursor *cursor) {
        return cursor->source->source.first_id + (uint64_t) cursor->at;
}

static int event_eof(sqlite3_vtab_cursor *base) {
        const struct cursor *cursor = (const struct cursor *) base;

        return cursor->n == 0 || id_of(cursor) > cursor->last_id;
}

static int event_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column) {
        const struct cursor *cursor = (const struct cursor *) base;
        const struct event *event = &cursor->events[cursor->at];
        const uint64_t values[] = {
                [ID] = id_of(cursor),   [TIME_NS] = event->time_ns,   [THREAD] = event->thread,
                [KIND] = event->kind,   [FLAGS] = event->flags,       [OBJECT] = event->object,
                [STACK] = event->stack, [SEQUENCE] = event->sequence, [VALUE] = event->value,
        };

        sqlite3_result_int64(context, (sqlite3_int64) values[column]);
        return SQLITE_OK;
}

static int event_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *ret_rowid) {
        *ret_rowid = (sqlite3_int64) id_of((const struct cursor *) base);
        return SQLITE_OK;
}

const sqlite3_module event_module = {
        .xConnect = event_connect, /* no xCreate: there without being created */
        .xBestIndex = event_best_index,
        .xDisconnect = table_disconnect,
        .xOpen = event_open,
        .xClose = event_close,
        .xFilter = event_filter,
        .xNext = event_next,
        .xEof = event_eof,
        .xColumn = event_column,
        .xRowid = event_rowid,
};
