/* Mixing of numbers into hashes that stay within one process; never stored. */
#pragma once

#include <stdint.h>

/* Different values give different results. `hash` must be a result itself, or a constant: two numbers that are both
 * small would cancel out. */
static inline uint64_t hash_mix(uint64_t hash, uint64_t value) {
        hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
        hash *= UINT64_C(0xd6e8feb86659fd93);
        return hash ^ hash >> 29;
}

static inline uint64_t hash_text(uint64_t hash, const char *text) {
        for (; *text; text++)
                hash = (hash ^ (unsigned char) *text) * UINT64_C(0x100000001b3);
        return hash_mix(hash, 0);
}
