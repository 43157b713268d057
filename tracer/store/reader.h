/* What the files of the reader share. The rest of the tracer includes store.h. */
#pragma once

#include <stdbool.h>

#include "store/chunks.h"
#include "store/database.h"
#include "store/store.h"
#include "store/tables.h"

#define READER_DAMAGES 16

struct store_reader {
        sqlite3 *database;
        char *path;          /* as the user gave it */
        char *copy;          /* a folder with a copy of the trace, where it could not be read in place; NULL: none */
        uint64_t size_bytes; /* of the file, and of the WAL beside it */
        uint64_t promised_bytes; /* how long the file is by its first page; 0: that does not say */
        struct catalog catalog;
        struct recording recording;
        uint64_t n_events;
        struct chunk_source *one;  /* for store_reader_event(); NULL until it is first asked */
        const struct event *chunk; /* the events of the chunk read last by it, n_chunk of them from chunk_id on */
        uint64_t chunk_id;
        int n_chunk;

        char *damage; /* the sentence, or NULL; made of what follows */
        const char *damages[READER_DAMAGES];
        size_t n_damages;
        uint64_t n_damaged_chunks, first_damaged_chunk, last_damaged_chunk;
        struct table_damage table_damage; /* by which the virtual tables tell */
};

/* Says that something could not be read: "some threads". The text has to be a constant; it is told once. */
void reader_tell_damage(struct store_reader *reader, const char *what);
/* The same of a chunk. The reader is a void pointer so that sources and tables can call it. */
void reader_tell_chunk(void *reader, uint64_t chunk_id);

/* Opens the database at reader->path, which is known to begin like a trace. */
int reader_open_database(struct store_reader *reader, struct fault *ret_fault);
void reader_close_database(struct store_reader *reader);

/* Visits the rows of `sql`, "SELECT key, … FROM …", in the order of `key`. Where SQLite fails at a damaged page, that
 * is told as `what`, and the rows behind it are visited from the last one back, if `is_any_order`. The visitor returns
 * 0, or a negative errno, which is -ENOMEM and ends it. */
struct visit {
        const char *sql, *key, *what;
        bool is_any_order;
        int (*row)(struct store_reader *reader, sqlite3_stmt *row, void *data);
        void *data;
};
int reader_visit(struct store_reader *reader, const struct visit *visit, struct fault *ret_fault);

/* Ids are dense, and each row takes some bytes of the file: one that is beyond that comes from damage. */
bool reader_is_possible_id(const struct store_reader *reader, uint64_t id);
/* Has a table of the catalog reach up to `id`, with blank entries for what is missing between. Returns 1, 0 for an id
 * that comes from damage, which is told as `what`, or -ENOMEM. */
int reader_reach(struct store_reader *reader, int (*add)(struct catalog *catalog), const uint32_t *n, uint64_t id,
                 const char *what);
/* A text column for a field that may hold one already, where damage has a row come twice. */
int reader_take_text(sqlite3_stmt *row, int column, char **field);

/* The second is part of the first. */
int reader_load_catalog(struct store_reader *reader, struct fault *ret_fault);
int reader_load_stacks(struct store_reader *reader, struct fault *ret_fault);
int reader_load_recording(struct store_reader *reader, struct fault *ret_fault);
