/* `heddle sql`: the user's own query, read-only, and its rows as text. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/reader.h"

/* Rows that are looked at for the width of columns; those behind them are cut to nothing, only less well aligned. */
#define ALIGNED_ROWS 500
#define MAX_WIDTH 60

/* Lets through what only looks. The file is open read-only anyway; this keeps other files out of it. */
static int authorize(void *data, int action, const char *first, const char *second, const char *database,
                     const char *trigger) {
        static const char *const pragmas[] = { "table_info",     "table_xinfo",  "table_list",       "index_list",
                                               "index_info",     "index_xinfo",  "foreign_key_list", "function_list",
                                               "module_list",    "pragma_list",  "database_list",    "compile_options",
                                               "application_id", "user_version", "page_count",       "page_size",
                                               "freelist_count", "encoding",     "integrity_check",  "quick_check" };

        (void) data, (void) database, (void) trigger;
        switch (action) {
        case SQLITE_SELECT:
        case SQLITE_READ:
        case SQLITE_RECURSIVE:
                return SQLITE_OK;
        case SQLITE_FUNCTION:
                return second && sqlite3_stricmp(second, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
        case SQLITE_UPDATE:
                /* SQLite asks this when it first meets a virtual table. A real one could not be written anyway. */
                return sqlite3_stricmp(first, "sqlite_master") == 0 ? SQLITE_OK : SQLITE_DENY;
        case SQLITE_PRAGMA:
                for (size_t i = 0; i < sizeof(pragmas) / sizeof(*pragmas); i++)
                        if (sqlite3_stricmp(first, pragmas[i]) == 0)
                                return SQLITE_OK;
                return SQLITE_DENY;
        default:
                return SQLITE_DENY;
        }
}

/* Prints a value so that it stays in its line and does nothing to a terminal. Returns its width in characters; with
 * `out` NULL it only counts. */
static int print_text(const char *value, FILE *out) {
        int width = 0;

        for (const unsigned char *at = (const unsigned char *) value; *at; at++) {
                const char *escape = *at == '\t' ? "\\t" : *at == '\n' ? "\\n" : *at < ' ' || *at == 127 ? "?" : NULL;

                if (escape && out)
                        fputs(escape, out);
                else if (out)
                        putc(*at, out);
                width += escape ? (int) strlen(escape) : (*at & 0xc0) != 0x80;
        }
        return width;
}

static char *blob_words(sqlite3_stmt *row, int column) {
        const unsigned char *bytes = sqlite3_column_blob(row, column);
        int n = sqlite3_column_bytes(row, column);
        char *words = malloc(2 * (size_t) n + 4), *end = words;

        if (!words)
                return NULL;
        end = stpcpy(end, "x'");
        for (int i = 0; i < n; i++)
                end += sprintf(end, "%02x", bytes[i]);
        strcpy(end, "'");
        return words;
}

/* A value as text on the heap; NULL is nothing at all. */
static char *value_words(sqlite3_stmt *row, int column) {
        const unsigned char *value;

        if (sqlite3_column_type(row, column) == SQLITE_BLOB)
                return blob_words(row, column);
        value = sqlite3_column_text(row, column);
        return strdup(value ? (const char *) value : "");
}

/* Rows on their way out: on a terminal the first are kept until the widths of the columns are known. */
struct printer {
        FILE *out;
        bool is_aligned;
        int n_columns;
        int *widths;
        char **cells; /* of the rows that are kept, n_rows * n_columns */
        size_t n_rows;
};

static void print_row(const struct printer *printer, char *const *cells) {
        for (int i = 0; i < printer->n_columns; i++) {
                bool is_last = i + 1 == printer->n_columns;
                int width = print_text(cells[i], printer->out);

                if (is_last)
                        putc('\n', printer->out);
                else if (!printer->is_aligned)
                        putc('\t', printer->out);
                else
                        fprintf(printer->out, "%*s", (width < printer->widths[i] ? printer->widths[i] - width : 0) + 2,
                                "");
        }
}

static void free_cells(char **cells, size_t n) {
        for (size_t i = 0; i < n; i++)
                free(cells[i]);
}

static void flush_rows(struct printer *printer) {
        for (size_t i = 0; i < printer->n_rows; i++)
                print_row(printer, printer->cells + i * (size_t) printer->n_columns);
        free_cells(printer->cells, printer->n_rows * (size_t) printer->n_columns);
        printer->n_rows = 0;
}

static void keep_row(struct printer *printer, char *const *cells) {
        for (int i = 0; i < printer->n_columns; i++) {
                int width = print_text(cells[i], NULL);

                width = width < MAX_WIDTH ? width : MAX_WIDTH;
                printer->widths[i] = width > printer->widths[i] ? width : printer->widths[i];
        }
        memcpy(printer->cells + printer->n_rows * (size_t) printer->n_columns, cells,
               (size_t) printer->n_columns * sizeof(*cells));
        printer->n_rows++;
}

/* Takes the cells over. Returns 0, -ENOMEM, or what is wrong with `out` (a full disk, a closed pipe). */
static int take_row(struct printer *printer, char **cells, bool is_kept) {
        for (int i = 0; i < printer->n_columns; i++)
                if (!cells[i]) {
                        free_cells(cells, (size_t) printer->n_columns);
                        return -ENOMEM;
                }
        if (is_kept) {
                keep_row(printer, cells);
                return 0;
        }
        flush_rows(printer);
        print_row(printer, cells);
        free_cells(cells, (size_t) printer->n_columns);
        return ferror(printer->out) ? -EIO : 0;
}

static int print_header(struct printer *printer, sqlite3_stmt *statement, char **cells) {
        for (int i = 0; i < printer->n_columns; i++)
                cells[i] = strdup(sqlite3_column_name(statement, i));
        return take_row(printer, cells, printer->is_aligned);
}

static int print_rows(struct printer *printer, sqlite3_stmt *statement, char **cells, int *ret_code) {
        int code, r = print_header(printer, statement, cells);
        size_t n = 1;

        while (r == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW) {
                for (int i = 0; i < printer->n_columns; i++)
                        cells[i] = value_words(statement, i);
                r = take_row(printer, cells, printer->is_aligned && n < ALIGNED_ROWS);
                n++;
        }
        flush_rows(printer);
        *ret_code = r == 0 ? code : SQLITE_DONE;
        return r;
}

/* Runs one statement and prints what it gives. */
static int print_statement(sqlite3_stmt *statement, FILE *out, int *ret_code) {
        int n = sqlite3_column_count(statement), r = -ENOMEM;
        struct printer printer = { .out = out, .is_aligned = isatty(fileno(out)) > 0, .n_columns = n };
        char **cells = calloc((size_t) n + 1, sizeof(*cells));

        printer.widths = calloc((size_t) n + 1, sizeof(*printer.widths));
        printer.cells = calloc((size_t) n * ALIGNED_ROWS + 1, sizeof(*printer.cells));
        if (n == 0) {
                *ret_code = sqlite3_step(statement);
                r = 0;
        } else if (cells && printer.widths && printer.cells)
                r = print_rows(&printer, statement, cells, ret_code);
        free(cells);
        free(printer.widths);
        free(printer.cells);
        return r;
}

static int query_fault(struct store_reader *reader, int code, struct fault *ret_fault) {
        /* Damage is the trace's fault, anything else the query's. */
        if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_NOMEM)
                return database_fault(reader->database, code, "cannot read", reader->path, ret_fault);
        if ((code & 0xff) == SQLITE_AUTH || (code & 0xff) == SQLITE_READONLY)
                return fault_set(ret_fault, EINVAL, "%s: a trace can only be read", sqlite3_errmsg(reader->database));
        return fault_set(ret_fault, EINVAL, "%s", sqlite3_errmsg(reader->database));
}

static int run_query(struct store_reader *reader, const char *query, FILE *out, struct fault *ret_fault) {
        while (*query) {
                STATEMENT *statement = NULL;
                int r, code = sqlite3_prepare_v2(reader->database, query, -1, &statement, &query);

                if (code != SQLITE_OK)
                        return query_fault(reader, code, ret_fault);
                if (!statement) /* a comment, or blanks */
                        continue;
                r = print_statement(statement, out, &code);
                if (r < 0)
                        return fault_set(ret_fault, -r, "cannot print the rows: %s", strerror(-r));
                if (code != SQLITE_DONE && code != SQLITE_ROW)
                        return query_fault(reader, code, ret_fault);
        }
        return 0;
}

int store_reader_sql(struct store_reader *reader, const char *query, FILE *out, struct fault *ret_fault) {
        int r;

        sqlite3_set_authorizer(reader->database, authorize, NULL);
        r = run_query(reader, query, out, ret_fault);
        sqlite3_set_authorizer(reader->database, NULL, NULL);
        return r;
}
