/* What the files of the writer share. The rest of the tracer includes store.h. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "store/codec.h"
#include "store/database.h"
#include "store/locations.h"
#include "store/store.h"

enum insert {
        INSERT_META,
        INSERT_PROCESS,
        INSERT_THREAD,
        INSERT_OBJECT,
        INSERT_STACK,
        INSERT_LOCATION,
        INSERT_FRAME,
        DELETE_FRAMES,
        INSERT_MODULE,
        INSERT_CHUNK,
        INSERT_WAIT,
        INSERT_MESSAGE,
        INSERT_LOCK_EDGE,
        INSERT_FINDING,
        INSERT_FINDING_THREAD,
        INSERT_FINDING_OBJECT,
        INSERT_FINDING_STEP,
        N_INSERTS
};

/* What of a catalog's table is in the file: a hash of each row, so that changes are noticed; by id. */
struct written {
        uint64_t *hashes;
        uint32_t size;
};
#define N_CATALOG_TABLES 5

struct store_writer {
        sqlite3 *database;
        char *path;
        int error; /* of the first failure, with its sentence; all calls after it fail so */
        struct fault fault;
        bool is_open; /* a transaction is */
        bool is_finished;
        dev_t device; /* which file was made at `path` */
        ino_t inode;

        uint64_t n_events;     /* added in all */
        struct event *pending; /* the last chunk as long as it is not full; n_events % CHUNK_EVENTS of them */
        bool is_pending;       /* some of them are not in the file */

        struct written written[N_CATALOG_TABLES];
        struct locations locations; /* all of them are in the file */
        uint64_t recording_hash;
        uint64_t last_finding; /* the greatest id of one that is in the file */
        sqlite3_stmt *statements[N_INSERTS];
        uint8_t chunk[CHUNK_MAX_BYTES];
};

/* Begins a transaction if there is none, and writes one row. */
int writer_insert(struct store_writer *writer, enum insert insert, const struct cell *cells, size_t n,
                  struct fault *ret_fault);
/* To begin each public function with: fails as the first failure did, if there was one. */
int writer_check(struct store_writer *writer, struct fault *ret_fault);
/* Rows of `catalog` that are new or have changed. */
int writer_add_catalog(struct store_writer *writer, const struct catalog *catalog, struct fault *ret_fault);
int writer_add_recording(struct store_writer *writer, const struct recording *recording, struct fault *ret_fault);
