/* A block of up to 256 values, as offsets from the smallest, each in the same number of bits; the few that need
 * more (a pause among nanoseconds, the first use of an object) have the rest of their bits apart.
 *
 *    0  width, in bits (0 … 32), | base_bytes << 6, where 0, 1, 2, 3 say 0, 1, 2, 4 bytes       1
 *    1  n_outliers                                                                              1
 *    2  base: the smallest value                                                                base_bytes
 *    .  the low `width` bits of each value less base, the first in the lowest bits of the       (n * width + 7) / 8
 *       first byte, and no gaps
 *    .  only where there are outliers:
 *       high_width, in bits (1 … 32 - width)                                                    1
 *       the outliers' positions                                                                 n_outliers
 *       their bits above `width`, packed likewise                             (n_outliers * high_width + 7) / 8
 *
 * Tried before: bytes instead of bits (stream-vbyte) decodes no faster here, since most columns are nearly constant,
 * and takes 1.6 times the room. */
#include "store/bitpack.h"

#include <endian.h>
#include <string.h>

#define HEADER_BYTES 2
#define MAX_OUTLIERS 255

static const uint8_t base_sizes[] = { 0, 1, 2, 4 };

static size_t packed_bytes(size_t n, unsigned width) {
        return (n * width + 7) / 8;
}

static uint32_t low_bits(unsigned width) {
        return (uint32_t) ((UINT64_C(1) << width) - 1);
}

static unsigned n_bits(uint32_t value) {
        return value ? 32 - (unsigned) __builtin_clz(value) : 0;
}

static uint64_t load_word(const uint8_t *bytes) {
        uint64_t word;

        memcpy(&word, bytes, sizeof(word));
        return le64toh(word);
}

static void store_word(uint8_t *bytes, uint64_t word) {
        word = htole64(word);
        memcpy(bytes, &word, sizeof(word));
}

/* Eight values are `width` bytes. Made for one width each by the switch below, so that shifts are constants. */
static inline __attribute__((always_inline)) void pack_width(const uint32_t *values, size_t n, uint32_t base,
                                                             unsigned width, uint8_t *bytes) {
        uint32_t mask = low_bits(width);

        for (size_t i = 0; i < n; i += 8, bytes += width) {
                uint64_t word = 0;
                unsigned filled = 0;

                for (unsigned j = 0; j < 8; j++) {
                        uint64_t value = (values[i + j] - base) & mask;

                        word |= value << filled;
                        filled += width;
                        if (filled < 64)
                                continue;
                        store_word(bytes + (j + 1) * width / 8 / 8 * 8 - 8, word);
                        filled -= 64;
                        word = filled ? value >> (width - filled) : 0;
                }
                store_word(bytes + width / 8 * 8, word);
        }
}

/* `case w:` for each width there is but 0. */
#define WIDTHS(EACH) EIGHT_WIDTHS(EACH, 1) EIGHT_WIDTHS(EACH, 9) EIGHT_WIDTHS(EACH, 17) EIGHT_WIDTHS(EACH, 25)
#define EIGHT_WIDTHS(EACH, w)                                                                                          \
        EACH(w) EACH(w + 1) EACH(w + 2) EACH(w + 3) EACH(w + 4) EACH(w + 5) EACH(w + 6) EACH(w + 7)

/* Packs `n` values, and whatever makes eight of the last. Stores up to PACK_SLACK bytes too far. */
static void pack_bits(const uint32_t *values, size_t n, uint32_t base, unsigned width, uint8_t *bytes) {
        switch (width) {
#define PACK(w)                                                                                                        \
        case w:                                                                                                        \
                pack_width(values, n, base, w, bytes);                                                                 \
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
        uint32_t highs[PACK_VALUES + 8];
        uint8_t positions[PACK_VALUES + 1];
        size_t n_highs = 0;

        for (size_t i = 0; i < n; i++) {
                uint32_t high = (uint32_t) ((uint64_t) (values[i] - base) >> plan.width);

                highs[n_highs] = high;
                positions[n_highs] = (uint8_t) i;
                n_highs += high != 0;
        }
        memset(highs + n_highs, 0, 8 * sizeof(*highs));
        *bytes++ = (uint8_t) plan.high_width;
        memcpy(bytes, positions, n_highs);
        pack_bits(highs, n_highs, 0, plan.high_width, bytes + n_highs);
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
        store_word(end, base);
        end += base_sizes[base_code];
        pack_bits(values, n, base, best.width, end);
        end += packed_bytes(n, best.width);
        if (best.n_outliers > 0)
                end = pack_outliers(values, n, base, best, end);
        return (size_t) (end - bytes);
}

/* Always a full block, whatever it holds. Reads up to PACK_SLACK bytes too far. */
static inline __attribute__((always_inline)) void unpack_width(const uint8_t *bytes, uint32_t base, unsigned width,
                                                               uint32_t *values) {
        uint32_t mask = low_bits(width);

        for (unsigned i = 0; i < PACK_VALUES; i += 8, bytes += width)
                for (unsigned j = 0; j < 8; j++)
                        values[i + j] = base + ((uint32_t) (load_word(bytes + j * width / 8) >> j * width % 8) & mask);
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

/* Unpacks `n` values that are `n_there` bytes away from the end of the input, through a copy where that is too near. */
static void unpack_within(const uint8_t *bytes, size_t n_there, size_t n, uint32_t base, unsigned width,
                          uint32_t *values) {
        uint8_t copy[PACK_VALUES * 4 + PACK_SLACK];

        if (n_there < packed_bytes(PACK_VALUES, width) + PACK_SLACK) {
                memset(copy, 0, packed_bytes(PACK_VALUES, width) + PACK_SLACK);
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
