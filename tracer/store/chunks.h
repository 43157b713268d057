/* The events of an open database, read chunk by chunk. Shared by reader, writer and the virtual tables.
 *
 * Chunks are full but for the last, so the k-th begins with event 1 + 4096 * k. Each is looked up by that id instead of
 * in one scan: that costs little beside 4096 events, and a scan would end at the first damaged page. */
#pragma once

#include "store/codec.h"
#include "store/sqlite.h"

/* An event source over the chunks of `database`. */
struct chunk_source {
        struct event_source source; /* first: an event_source is freed as this */
        sqlite3 *database;
        sqlite3_stmt *statement;
        uint64_t wanted_id; /* the first event that is asked for */
        uint64_t next_id;   /* of the next chunk to read */
        uint64_t last_id;   /* of the last event */
        /* Called for each chunk that cannot be read, with its first id; the source then goes on with the next.
         * NULL: next() fails with -EBADMSG instead. */
        void (*on_damage)(void *data, uint64_t chunk_id);
        void *data;
        struct event events[CHUNK_EVENTS];
};

/* The id of the chunk an event is in. */
static inline uint64_t chunk_of(uint64_t event_id) {
        return event_id - (event_id - 1) % CHUNK_EVENTS;
}

/* How many events there are: the id of the last. Returns an SQLite code. */
int chunks_count(sqlite3 *database, uint64_t *ret_n_events);

/* From the event `first_id` (1 or more) to the last chunk that there is now, `n_events` having been counted. Reads only
 * chunks that have some of the time from since_ns to until_ns. Returns an SQLite code. The database has to stay open
 * until chunk_source_free(). next() gives -EIO where SQLite failed, and the database then says why. */
int chunk_source_new(sqlite3 *database, uint64_t first_id, uint64_t n_events, int64_t since_ns, int64_t until_ns,
                     struct chunk_source **ret_source);
/* Goes on with this event instead. */
void chunk_source_seek(struct chunk_source *source, uint64_t first_id);
void chunk_source_free(struct chunk_source *source);
