/* The virtual tables for any SQLite shell: `.load heddle_sqlite`, then the views of a large trace work there too. */
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1

#include <stddef.h>

#include "store/tables.h"

/* The name is made by SQLite from the file's: heddle_sqlite.so. */
__attribute__((visibility("default"))) int sqlite3_heddlesqlite_init(sqlite3 *database, char **ret_error,
                                                                     const sqlite3_api_routines *api);

int sqlite3_heddlesqlite_init(sqlite3 *database, char **ret_error, const sqlite3_api_routines *api) {
        (void) ret_error;
        SQLITE_EXTENSION_INIT2(api);
        return tables_register(database, "event", "hold", NULL);
}
