#include "store/table.h"

#include <errno.h>

int table_connect(sqlite3 *database, void *damage, const char *columns_sql, sqlite3_vtab **ret_table) {
        struct table *table;
        int code = sqlite3_declare_vtab(database, columns_sql);

        if (code != SQLITE_OK)
                return code;
        /* It changes nothing and reads nothing but this file: views may use it even where a schema is not trusted. */
        sqlite3_vtab_config(database, SQLITE_VTAB_INNOCUOUS);
        table = sqlite3_malloc(sizeof(*table));
        if (!table)
                return SQLITE_NOMEM;
        *table = (struct table) { .database = database, .damage = damage };
        *ret_table = &table->base;
        return SQLITE_OK;
}

int table_disconnect(sqlite3_vtab *table) {
        sqlite3_free(table);
        return SQLITE_OK;
}

static int table_fail(struct table *table, int code, const char *message) {
        sqlite3_free(table->base.zErrMsg);
        table->base.zErrMsg = sqlite3_mprintf("%s", message);
        return code;
}

int table_source(struct table *table, uint64_t first_id, int64_t since_ns, int64_t until_ns,
                 struct chunk_source **ret_source) {
        struct chunk_source *source;
        uint64_t n_events;
        int code = chunks_count(table->database, &n_events);

        if (code == SQLITE_OK)
                code = chunk_source_new(table->database, first_id, n_events, since_ns, until_ns, &source);
        if (code != SQLITE_OK)
                return table_fail(table, code, sqlite3_errmsg(table->database));
        if (table->damage) {
                source->on_damage = table->damage->tell;
                source->data = table->damage->data;
        }
        *ret_source = source;
        return SQLITE_OK;
}

int table_next(struct table *table, struct chunk_source *source, const struct event **ret_events, int *ret_code) {
        int n = source->source.next(&source->source, ret_events);

        if (n == -EBADMSG) {
                sqlite3_free(table->base.zErrMsg);
                table->base.zErrMsg = sqlite3_mprintf("the trace is damaged: events from %lld on cannot be read",
                                                      (long long) source->next_id);
                *ret_code = SQLITE_CORRUPT_VTAB;
        } else if (n < 0)
                *ret_code = table_fail(table, SQLITE_IOERR, sqlite3_errmsg(table->database));
        return n;
}

int tables_register(sqlite3 *database, const char *event_name, const char *hold_name, struct table_damage *damage) {
        int code = sqlite3_create_module(database, event_name, &event_module, damage);

        return code != SQLITE_OK ? code : sqlite3_create_module(database, hold_name, &hold_module, damage);
}
