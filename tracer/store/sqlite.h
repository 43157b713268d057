/* SQLite, as the library or, in the loadable extension, through the table of functions that the host hands over. */
#pragma once

#ifdef HEDDLE_EXTENSION
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT3
#else
#include <sqlite3.h>
#endif
