/* A block of up to 256 values, as offsets from the smallest, each in the same number of bits; the few that need
 * more (a pause among nanoseconds, the first use of an object) have the rest of their bits apart.
 *
 *    0  width, in bits (0 … 32), | base_bytes << 6, where 0, 1, 2, 3 say 0, 1, 2, 4 bytes       1
 *    1  n_outliers                                                                              1
 *    2  base: the smallest value                                                                base_bytes
 *    .  the low `width` bits of each value less base, in lanes                                  lanes(n, width)
 *    .  only where there are outliers:
 *       high_width, in bits (1 … 32 - width)                                                    1
 *       the outliers' positions                                                                 n_outliers
 *       their bits above `width`, in lanes                                                      lanes(n_outliers, high_width)
 *
 * Lanes: value i goes to lane i % 4, and the bits of a lane follow each other, the first in the lowest bits, without
 * gaps, in words of 32 bits; then come the first words of all four lanes, the second words, and so on, as many as the
 * first lane needs. So four values are shifted at once. lanes(n, width) is 16 * ceil(ceil(n / 4) * width / 32).
 *
 * Tried before: one run of bits for all values. Reading a trace then took twice as long. */
#include "store/bitpack.h"

#include <endian.h>
#include <string.h>

#define HEADER_BYTES 2
#define MAX_OUTLIERS 255

#define PERIOD 32 /* rows of lanes after which the pattern of words repeats */

typedef uint32_t lanes __attribute__((vector_size(16)));

static const uint8_t base_sizes[] = { 0, 1, 2, 4 };

static size_t packed_bytes(size_t n, unsigned width) {
        return ((n + 3) / 4 * width + 31) / 32 * sizeof(lanes);
}

static uint32_t low_bits(unsigned width) {
        return (uint32_t) ((UINT64_C(1) << width) - 1);
}

static unsigned n_bits(uint32_t value) {
        return value ? 32 - (unsigned) __builtin_clz(value) : 0;
}

static lanes swapped(lanes words) {
        for (unsigned i = 0; i < 4; i++)
                words[i] = le32toh(words[i]);
        return words;
}

static inline lanes load_lanes(const void *bytes) {
        lanes words;

        memcpy(&words, bytes, sizeof(words));
        return __BYTE_ORDER == __LITTLE_ENDIAN ? words : swapped(words);
}

static inline void store_lanes(void *bytes, lanes words) {
        words = __BYTE_ORDER == __LITTLE_ENDIAN ? words : swapped(words);
        memcpy(bytes, &words, sizeof(words));
}

/* Always a full block. Made for one width each by the switch below, so that all shifts are constants. */
static inline __attribute__((always_inline)) void pack_width(const uint32_t *values, uint32_t base, unsigned width,
                                                             uint8_t *bytes) {
        const uint32_t mask = low_bits(width);

        for (unsigned i = 0; i < PACK_VALUES; i += 4 * PERIOD) {
                lanes word = { 0 };

#pragma GCC unroll 32
                for (unsigned row = 0; row < PERIOD; row++) {
                        const unsigned shift = row * width % 32;
                        lanes value;

                        memcpy(&value, values + i + 4 * row, sizeof(value));
                        value = (value - base) & mask;
                        word |= value << shift;
                        if (shift + width < 32)
                                continue;
                        store_lanes(bytes, word);
                        bytes += sizeof(word);
                        word = shift + width > 32 ? value >> (32 - shift) : (lanes) { 0 };
                }
        }
}

/* `case w:` for each width there is but 0. */
#define WIDTHS(EACH) EIGHT_WIDTHS(EACH, 1) EIGHT_WIDTHS(EACH, 9) EIGHT_WIDTHS(EACH, 17) EIGHT_WIDTHS(EACH, 25)
#define EIGHT_WIDTHS(EACH, w)                                                                                          \
        EACH(w) EACH(w + 1) EACH(w + 2) EACH(w + 3) EACH(w + 4) EACH(w + 5) EACH(w + 6) EACH(w + 7)

/* Packs a full block; packed_bytes() says how much of it counts. */
static void pack_bits(const uint32_t *values, uint32_t base, unsigned width, uint8_t *bytes) {
        switch (width) {
#define PACK(w)                                                                                                        \
        case w:                                                                                                        \
                pack_width(values, base, w, bytes);                                                                    \
                break;
        WIDTHS(PACK)
#undef PACK
        default:
                break;
        }
}

struct plan {
        unsigned width, high_width, n_outliers;
};

/* The width that makes the block shortest. `counts[b]` is how many offsets need exactly b bits, `most` the longest. */
static struct plan shortest(const uint16_t counts[static 33], size_t n, unsigned most) {
        struct plan best = { .width = most };
        size_t best_bytes = packed_bytes(n, most);
        unsigned n_outliers = 0;

        for (unsigned width = most; width-- > 0;) {
                size_t bytes;

                n_outliers += counts[width + 1];
                if (n_outliers > MAX_OUTLIERS)
                        break;
                bytes = packed_bytes(n, width) + 1 + n_outliers + packed_bytes(n_outliers, most - width);
                if (bytes < best_bytes) {
                        best = (struct plan) { width, most - width, n_outliers };
                        best_bytes = bytes;
                }
        }
        return best;
}

static struct plan plan(const uint32_t *values, size_t n, uint32_t base, uint32_t largest) {
        /* Two, since counting the same width twice running would wait for the memory. */
        uint16_t counts[33] = { 0 }, odd_counts[33] = { 0 };

        for (size_t i = 0; i + 1 < n; i += 2) {
                counts[n_bits(values[i] - base)]++;
                odd_counts[n_bits(values[i + 1] - base)]++;
        }
        counts[n_bits(values[n - 1] - base)] += n % 2;
        for (unsigned i = 0; i < 33; i++)
                counts[i] += odd_counts[i];
        return shortest(counts, n, n_bits(largest - base));
}

static uint8_t *pack_outliers(const uint32_t *values, size_t n, uint32_t base, struct plan plan, uint8_t *bytes) {
        uint32_t highs[PACK_VALUES] = { 0 };
        uint8_t positions[PACK_VALUES];
        size_t n_highs = 0;

        for (size_t i = 0; i < n; i++) {
                uint32_t high = (uint32_t) ((uint64_t) (values[i] - base) >> plan.width);

                highs[n_highs] = high; /* stays if it is not 0 */
                positions[n_highs] = (uint8_t) i;
                n_highs += high != 0;
        }
        *bytes++ = (uint8_t) plan.high_width;
        memcpy(bytes, positions, n_highs);
        pack_bits(highs, 0, plan.high_width, bytes + n_highs);
        return bytes + n_highs + packed_bytes(n_highs, plan.high_width);
}

/* Most columns are constant over most blocks, which is quickly seen. Always a full block, so that the loop becomes
 * vectors. */
static int is_constant(const uint32_t *values) {
        uint32_t differs = 0;

        for (size_t i = 0; i < PACK_VALUES; i++)
                differs |= values[i] ^ values[0];
        return differs == 0;
}

size_t pack(uint32_t values[static PACK_VALUES], size_t n, uint8_t *bytes) {
        uint32_t base = values[0], largest = values[0];
        struct plan best = { 0 };
        unsigned base_code;
        uint8_t *end = bytes + HEADER_BYTES;

        for (size_t i = n; i < PACK_VALUES; i++)
                values[i] = values[0];
        if (!is_constant(values)) {
                for (size_t i = 0; i < PACK_VALUES; i++) {
                        base = values[i] < base ? values[i] : base;
                        largest = values[i] > largest ? values[i] : largest;
                }
                best = plan(values, n, base, largest);
        }
        base_code = base == 0 ? 0 : base <= UINT8_MAX ? 1 : base <= UINT16_MAX ? 2 : 3;
        bytes[0] = (uint8_t) (best.width | base_code << 6);
        bytes[1] = (uint8_t) best.n_outliers;
        for (unsigned i = 0; i < base_sizes[base_code]; i++)
                *end++ = (uint8_t) (base >> 8 * i);
        pack_bits(values, base, best.width, end);
        end += packed_bytes(n, best.width);
        if (best.n_outliers > 0)
                end = pack_outliers(values, n, base, best, end);
        return (size_t) (end - bytes);
}

/* Always a full block, whatever it holds. */
static inline __attribute__((always_inline)) void unpack_width(const uint8_t *bytes, uint32_t base, unsigned width,
                                                               uint32_t *values) {
        const uint32_t mask = low_bits(width);

        for (unsigned i = 0; i < PACK_VALUES; i += 4 * PERIOD, bytes += sizeof(lanes) * width) {
#pragma GCC unroll 32
                for (unsigned row = 0; row < PERIOD; row++) {
                        const unsigned shift = row * width % 32;
                        const uint8_t *at = bytes + row * width / 32 * sizeof(lanes);
                        lanes value = load_lanes(at) >> shift;

                        if (shift + width > 32)
                                value |= load_lanes(at + sizeof(lanes)) << (32 - shift);
                        value = (value & mask) + base;
                        memcpy(values + i + 4 * row, &value, sizeof(value));
                }
        }
}

static void unpack_bits(const uint8_t *bytes, uint32_t base, unsigned width, uint32_t *values) {
        switch (width) {
#define UNPACK(w)                                                                                                      \
        case w:                                                                                                        \
                unpack_width(bytes, base, w, values);                                                                  \
                break;
        WIDTHS(UNPACK)
#undef UNPACK
        default:
                for (unsigned i = 0; i < PACK_VALUES; i++)
                        values[i] = base;
        }
}

/* Unpacks `n` values, which take n_there bytes or less, through a copy where a full block is not there. */
static void unpack_within(const uint8_t *bytes, size_t n_there, size_t n, uint32_t base, unsigned width,
                          uint32_t *values) {
        uint8_t copy[PACK_VALUES * 4];

        if (n_there < packed_bytes(PACK_VALUES, width)) {
                memset(copy, 0, packed_bytes(PACK_VALUES, width));
                memcpy(copy, bytes, packed_bytes(n, width));
                bytes = copy;
        }
        unpack_bits(bytes, base, width, values);
}

/* Adds what the outliers have above `width`. Returns the bytes taken, 0 where they are not there. */
static size_t unpack_outliers(const uint8_t *bytes, size_t n_bytes, size_t n, size_t n_outliers, unsigned width,
                              uint32_t *values) {
        uint32_t highs[PACK_VALUES];
        const uint8_t *positions = bytes + 1;
        unsigned high_width;
        size_t taken;

        if (n_bytes < 1 || width + bytes[0] > 32)
                return 0;
        high_width = bytes[0];
        taken = 1 + n_outliers + packed_bytes(n_outliers, high_width);
        if (taken > n_bytes)
                return 0;
        unpack_within(positions + n_outliers, n_bytes - 1 - n_outliers, n_outliers, 0, high_width, highs);
        for (size_t i = 0; i < n_outliers; i++) {
                if (positions[i] >= n)
                        return 0;
                values[positions[i]] += (uint32_t) ((uint64_t) highs[i] << width);
        }
        return taken;
}

size_t unpack(const uint8_t *bytes, size_t n_bytes, size_t n, uint32_t ret_values[static PACK_VALUES]) {
        unsigned width, n_base, n_outliers;
        size_t at, n_outlier_bytes;
        uint32_t base = 0;

        if (n_bytes < HEADER_BYTES)
                return 0;
        width = bytes[0] & 63;
        n_base = base_sizes[bytes[0] >> 6];
        n_outliers = bytes[1];
        at = HEADER_BYTES + n_base;
        if (width > 32 || n_bytes < at + packed_bytes(n, width))
                return 0;
        for (unsigned i = 0; i < n_base; i++)
                base |= (uint32_t) bytes[HEADER_BYTES + i] << 8 * i;
        unpack_within(bytes + at, n_bytes - at, n, base, width, ret_values);
        at += packed_bytes(n, width);
        if (n_outliers == 0)
                return at;
        n_outlier_bytes = unpack_outliers(bytes + at, n_bytes - at, n, n_outliers, width, ret_values);
        return n_outlier_bytes ? at + n_outlier_bytes : 0;
}
