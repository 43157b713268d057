#include "store/database.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int bind(sqlite3_stmt *statement, int place, const struct cell *cell) {
        switch (cell->type) {
        case CELL_INTEGER:
                return sqlite3_bind_int64(statement, place, cell->integer);
        case CELL_TEXT:
                return sqlite3_bind_text(statement, place, cell->bytes, -1, SQLITE_STATIC);
        case CELL_BLOB:
                return sqlite3_bind_blob64(statement, place, cell->n_bytes ? cell->bytes : "", cell->n_bytes,
                                           SQLITE_STATIC);
        default:
                return sqlite3_bind_null(statement, place);
        }
}

int run_row(sqlite3_stmt *statement, const struct cell *cells, size_t n) {
        int code = SQLITE_OK;

        errno = 0; /* so that database_fault() finds in it what became of this call */
        for (size_t i = 0; i < n && code == SQLITE_OK; i++)
                code = bind(statement, (int) i + 1, &cells[i]);
        if (code == SQLITE_OK) {
                code = sqlite3_step(statement);
                code = code == SQLITE_DONE ? SQLITE_OK : code;
        }
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
        return code;
}

uint64_t column_integer(sqlite3_stmt *statement, int column) {
        return (uint64_t) sqlite3_column_int64(statement, column);
}

uint64_t column_moment(sqlite3_stmt *statement, int column) {
        if (sqlite3_column_type(statement, column) == SQLITE_NULL)
                return UINT64_MAX;
        return column_integer(statement, column);
}

int column_text(sqlite3_stmt *statement, int column, char **ret_text) {
        const unsigned char *value;
        char *copy;

        if (sqlite3_column_type(statement, column) == SQLITE_NULL) {
                *ret_text = NULL;
                return 0;
        }
        value = sqlite3_column_text(statement, column);
        copy = value ? strdup((const char *) value) : NULL;
        if (!copy)
                return -ENOMEM;
        *ret_text = copy;
        return 0;
}

int database_errno(int code) {
        switch (code & 0xff) {
        case SQLITE_OK:
        case SQLITE_ROW:
        case SQLITE_DONE:
                return 0;
        case SQLITE_FULL:
                return -ENOSPC;
        case SQLITE_NOMEM:
                return -ENOMEM;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
                return -EBUSY;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
                return -EBADMSG;
        case SQLITE_PERM:
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
                return -EACCES;
        default:
                return -EIO;
        }
}

static const char *remedy(int error, int system_error) {
        if (system_error == EFBIG)
                return "; raise the limit on the size of files (ulimit -f)";
        if (system_error == EMFILE)
                return "; raise the limit of open files (ulimit -n)";
        switch (error) {
        case -ENOSPC:
                return "; make room on the disk";
        case -EBUSY:
                return "; another program is using it";
        case -EBADMSG:
                return "; the file is damaged";
        default:
                return "";
        }
}

int database_fault(sqlite3 *database, int code, const char *doing, const char *path, struct fault *ret_fault) {
        int system_error = errno, error = database_errno(code);
        const char *message = sqlite3_errstr(code);

        /* Not sqlite3_system_errno(): it is not set where a commit fails. */
        if (error == -EIO && system_error) {
                /* A full quota or a file size limit is an I/O error to SQLite. */
                error = system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG ? -ENOSPC : error;
                message = strerror(system_error);
        }
        else if ((code & 0xff) != SQLITE_CANTOPEN)
                system_error = 0; /* of some call that did not matter */
        return fault_set(ret_fault, -error, "%s '%s': %s%s", doing, path, message, remedy(error, system_error));
}
