/* The virtual tables `event` and `hold`: the chunks as rows, for SQL. Read-only; they look for event_chunk in `main`.
 * They have the columns of the plain tables in schema.c. */
#pragma once

#include <stdint.h>

#include "store/sqlite.h"

/* What to do about a chunk that cannot be read: told its first event's id, then left out. NULL: the query fails. */
struct table_damage {
        void (*tell)(void *data, uint64_t chunk_id);
        void *data;
};

/* Makes both known to a database under these names; they are there without CREATE VIRTUAL TABLE, unless it has tables
 * of these names. `damage` may be NULL and has to outlive the database. Returns an SQLite code. */
int tables_register(sqlite3 *database, const char *event_name, const char *hold_name, struct table_damage *damage);
