/* Whatever bytes stand in a chunk, decoding them is safe; and what could be decoded can be coded again. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "store/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
        static struct event events[CHUNK_EVENTS], again[CHUNK_EVENTS];
        static uint8_t chunk[CHUNK_MAX_BYTES], chunk_again[CHUNK_MAX_BYTES];
        int n = chunk_decode_unchecked(bytes, n_bytes, events);

        if (n < 0)
                return 0;
        n_bytes = chunk_encode(events, (size_t) n, 1, chunk);
        if (chunk_decode(chunk, n_bytes, 1, again) != n)
                abort();
        if (chunk_encode(again, (size_t) n, 1, chunk_again) != n_bytes || memcmp(chunk, chunk_again, n_bytes) != 0)
                abort();
        return 0;
}
