/* Hashes by which the writer knows what it has written. 64 bits, and nobody's to choose: two that are equal are taken
 * to mean the same. */
#pragma once

#include <stdint.h>

static inline uint64_t mix(uint64_t hash, uint64_t value) {
        hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
        return hash ^ hash >> 29;
}

/* NULL and "" differ. */
static inline uint64_t mix_text(uint64_t hash, const char *value) {
        if (!value)
                return mix(hash, 1);
        for (; *value; value++)
                hash = (hash ^ (unsigned char) *value) * UINT64_C(0x100000001b3);
        return mix(hash, 2);
}
