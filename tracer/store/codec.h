/* A few thousand events as one run of bytes, each column coded on its own. Pure: no SQLite, no memory of its own. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "model/event.h"
#include "store/bitpack.h"

#define CHUNK_EVENTS 4096 /* at most */
#define CHUNK_HEADER_BYTES 20
#define CHUNK_COLUMNS 8
#define CHUNK_MAX_BYTES                                                                                                \
        (CHUNK_HEADER_BYTES + 2 * CHUNK_EVENTS + CHUNK_EVENTS / PACK_VALUES * CHUNK_COLUMNS * PACK_MAX_BYTES +         \
         PACK_SLACK)

/* Codes `n` events (1 … CHUNK_EVENTS), the first of which has the id `first_id`, into room for CHUNK_MAX_BYTES. Returns
 * how long the chunk is. Nothing is lost: whatever the fields hold comes back. */
size_t chunk_encode(const struct event *events, size_t n, uint64_t first_id, uint8_t *ret_bytes);

/* Decodes a chunk into room for CHUNK_EVENTS. Returns how many events there are, or -EBADMSG where the bytes are not a
 * chunk that was made with this `first_id`. Safe on any bytes; on failure, what is in the room is undefined. */
int chunk_decode(const uint8_t *bytes, size_t n_bytes, uint64_t first_id, struct event *ret_events);
/* The same without looking at the checksum, for the fuzzer, which would never get past it. */
int chunk_decode_unchecked(const uint8_t *bytes, size_t n_bytes, struct event *ret_events);
