/* Small numbers in few bits: one column of one block of a chunk. Knows nothing of events. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define PACK_VALUES 256 /* in a block, at most: a position in it is one byte */
/* No block is longer: without outliers, 32 bits a value. */
#define PACK_MAX_BYTES (2 + 4 + PACK_VALUES * 4)
/* Full blocks are stored whatever is in them: room that has to be there behind what is packed. */
#define PACK_SLACK (PACK_VALUES * 4)

/* Writes the block to `bytes` (room for PACK_MAX_BYTES + PACK_SLACK) and returns how long it is. `n` is 1 …
 * PACK_VALUES; `values` has room for PACK_VALUES, and those behind `n` are overwritten. */
size_t pack(uint32_t values[static PACK_VALUES], size_t n, uint8_t *bytes);

/* Reads a block of `n` values from `bytes`, at most `n_bytes` of them, into room for PACK_VALUES (those behind `n` are
 * left undefined). Returns how many bytes it took, or 0 where they are no such block. */
size_t unpack(const uint8_t *bytes, size_t n_bytes, size_t n, uint32_t ret_values[static PACK_VALUES]);
