/* SQLite in the manner of this tracer: values as cells, failures as faults. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "model/fault.h"
#include "store/sqlite.h"

static inline void statement_finish(sqlite3_stmt **statement) {
        sqlite3_finalize(*statement);
}
/* Finalizes the statement at the end of its block. */
#define STATEMENT __attribute__((cleanup(statement_finish))) sqlite3_stmt

/* A value of a row. Text and bytes are the caller's and are looked at only during the call. */
struct cell {
        enum { CELL_NULL, CELL_INTEGER, CELL_TEXT, CELL_BLOB } type;
        sqlite3_int64 integer;
        const void *bytes;
        size_t n_bytes;
};

static inline struct cell integer(uint64_t value) {
        return (struct cell) { CELL_INTEGER, .integer = (sqlite3_int64) value };
}

/* An id of something, or NULL for 0, which means none. */
static inline struct cell reference(uint64_t id) {
        return id ? integer(id) : (struct cell) { CELL_NULL };
}

/* A time, or NULL for one that never comes (UINT64_MAX). */
static inline struct cell moment(uint64_t time_ns) {
        return time_ns != UINT64_MAX ? integer(time_ns) : (struct cell) { CELL_NULL };
}

/* NULL gives NULL. */
static inline struct cell text(const char *value) {
        return value ? (struct cell) { CELL_TEXT, .bytes = value } : (struct cell) { CELL_NULL };
}

static inline struct cell blob(const void *bytes, size_t n_bytes) {
        return (struct cell) { CELL_BLOB, .bytes = bytes, .n_bytes = n_bytes };
}

/* Binds the cells and runs a statement that gives no rows: run_row(statement, CELLS(integer(1), text("a"))).
 * Returns an SQLite code; the statement is ready for the next row. */
int run_row(sqlite3_stmt *statement, const struct cell *cells, size_t n);
#define CELLS(...)                                                                                                     \
        (const struct cell[]) { __VA_ARGS__ }, sizeof((const struct cell[]) { __VA_ARGS__ }) / sizeof(struct cell)

/* Columns of the row a statement stands at, read the way the cells above were written. */
uint64_t column_integer(sqlite3_stmt *statement, int column);
uint64_t column_moment(sqlite3_stmt *statement, int column);
/* On the heap, NULL for NULL. */
int column_text(sqlite3_stmt *statement, int column, char **ret_text);

/* The negative errno for what SQLite says went wrong; 0 for SQLITE_OK, ROW and DONE. */
int database_errno(int code);
/* Says "DOING 'PATH': why" and what may help; returns database_errno(code). */
int database_fault(sqlite3 *database, int code, const char *doing, const char *path, struct fault *ret_fault);
