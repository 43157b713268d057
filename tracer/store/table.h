/* The modules behind tables.h. A module's client data is its struct table_damage, or NULL. */
#pragma once

#include "store/chunks.h"
#include "store/tables.h"

extern const sqlite3_module event_module, hold_module;

struct table {
        sqlite3_vtab base;
        sqlite3 *database;
        struct table_damage *damage;
};

/* The common part of both modules' xConnect: declares the columns. */
int table_connect(sqlite3 *database, void *damage, const char *columns_sql, sqlite3_vtab **ret_table);
int table_disconnect(sqlite3_vtab *table);
/* A source for a cursor of this table, which tells damage as the table was told to. Returns an SQLite code. */
int table_source(struct table *table, uint64_t first_id, int64_t since_ns, int64_t until_ns,
                 struct chunk_source **ret_source);
/* The next batch: how many, 0 at the end; negative: an SQLite code in *ret_code, and the table's error message is set.
 */
int table_next(struct table *table, struct chunk_source *source, const struct event **ret_events, int *ret_code);
