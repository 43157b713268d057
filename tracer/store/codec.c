/* A chunk of events. All numbers are little-endian.
 *
 *    0  checksum of all behind it, and of the first event's id           8
 *    8  n_events, 1 … 4096                                               2
 *   10  n_kinds, 1 … n_events                                            2
 *   12  the first event's time_ns                                        8
 *   20  blocks of 256 events (the last has what is left), each of eight columns as in bitpack.c, in this order:
 *         time, low half    of zigzag(time_ns less that of the event before)
 *         time, high half
 *         thread
 *         kind and flags    place in the dictionary
 *         object
 *         stack
 *         sequence          see below
 *         value
 *    .  dictionary: each pair of kind | flags << 8 that occurs           2 * n_kinds
 *
 * Zigzag makes small negative numbers small: 0, -1, 1, -2, 2 … become 0, 1, 2, 3, 4 ….
 *
 * A sequence number is most often one more than the last of the same object, or 0. Its code is 0 for the former and 1
 * for the latter; any other has the zigzag of its distance to the one expected, moved out of the way of these two. The
 * last number is remembered for objects by the low 12 bits of their id, from 0 at the start of each chunk; two objects
 * that share a place only cost room.
 *
 * Blocks of all columns, not columns of the whole chunk, because a block fits the first-level cache. */
#include "store/codec.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define LAST_SLOTS 4096

static uint64_t load_word(const uint8_t *bytes, size_t n) {
        uint64_t word = 0;

        memcpy(&word, bytes, n);
        return le64toh(word);
}

static void store_word(uint8_t *bytes, uint64_t word, size_t n) {
        word = htole64(word);
        memcpy(bytes, &word, n);
}

static uint64_t zigzag(uint64_t difference) {
        return difference << 1 ^ (0 - (difference >> 63));
}

static uint64_t unzigzag(uint64_t code) {
        return code >> 1 ^ (0 - (code & 1));
}

static uint32_t zigzag32(uint32_t difference) {
        return difference << 1 ^ (0 - (difference >> 31));
}

static uint32_t unzigzag32(uint32_t code) {
        return code >> 1 ^ (0 - (code & 1));
}

/* Each step loses nothing of what went before nor of the word, so that a change within one word is always found; other
 * damage slips through once in 2^64. Two lanes, since one would wait for its own multiplication. */
static uint64_t checksum(const uint8_t *bytes, size_t n_bytes, uint64_t first_id) {
        uint64_t a = first_id ^ UINT64_C(0x9e3779b97f4a7c15), b = n_bytes;

        for (; n_bytes >= 16; bytes += 16, n_bytes -= 16) {
                a = (a ^ load_word(bytes, 8)) * UINT64_C(0xff51afd7ed558ccd);
                b = (b ^ load_word(bytes + 8, 8)) * UINT64_C(0xc4ceb9fe1a85ec53);
                a ^= a >> 32;
                b ^= b >> 32;
        }
        for (; n_bytes > 0; bytes++, n_bytes--) {
                a = (a ^ *bytes) * UINT64_C(0xff51afd7ed558ccd);
                a ^= a >> 32;
        }
        return a ^ (b << 31 | b >> 33) * UINT64_C(0x9e3779b97f4a7c15);
}

enum column { TIME_LOW, TIME_HIGH, THREAD, KIND, OBJECT, STACK, SEQUENCE, VALUE };
_Static_assert(VALUE + 1 == CHUNK_COLUMNS, "columns of a chunk");

typedef uint32_t columns[CHUNK_COLUMNS][PACK_VALUES];

/* Kinds with flags in the order in which they first occur, and where to find each: a hash table with as many
 * free places as taken ones. */
struct dictionary {
        uint16_t kinds[CHUNK_EVENTS];
        size_t n;
        uint16_t places[2 * CHUNK_EVENTS]; /* index in `kinds`, plus 1 */
};

static uint32_t dictionary_add(struct dictionary *dictionary, uint16_t kind) {
        uint32_t at = kind * UINT32_C(2654435761) >> 19;

        while (dictionary->places[at]) {
                uint16_t i = dictionary->places[at] - 1;

                if (dictionary->kinds[i] == kind)
                        return i;
                at = (at + 1) % (2 * CHUNK_EVENTS);
        }
        dictionary->kinds[dictionary->n] = kind;
        dictionary->places[at] = (uint16_t) ++dictionary->n;
        return (uint32_t) dictionary->n - 1;
}

static uint16_t kind_of(const struct event *event) {
        return (uint16_t) (event->kind | event->flags << 8);
}

/* What is remembered from event to event of a chunk. */
struct state {
        uint64_t time_ns;
        uint32_t last[LAST_SLOTS];
};

static uint32_t sequence_encode(uint32_t *last, uint32_t sequence) {
        uint32_t expected = *last + 1, code = zigzag32(sequence - expected), code_of_zero = zigzag32(0 - expected);

        if (sequence == 0)
                return code_of_zero == 0 ? 0 : 1;
        *last = sequence;
        return code == 0 ? 0 : code + (code < code_of_zero);
}

static uint32_t sequence_decode(uint32_t *last, uint32_t code) {
        uint32_t expected = *last + 1, code_of_zero = zigzag32(0 - expected);
        uint32_t distance = unzigzag32(code - (code > 1 && code <= code_of_zero));
        uint32_t sequence = code == 1 && code_of_zero ? 0 : expected + distance;

        *last = sequence ? sequence : *last;
        return sequence;
}

static void block_split(const struct event *events, size_t n, struct state *state, struct dictionary *dictionary,
                        columns ret) {
        for (size_t i = 0; i < n; i++) {
                const struct event *event = &events[i];
                uint64_t time = zigzag(event->time_ns - state->time_ns);

                state->time_ns = event->time_ns;
                ret[TIME_LOW][i] = (uint32_t) time;
                ret[TIME_HIGH][i] = (uint32_t) (time >> 32);
                ret[THREAD][i] = event->thread;
                ret[KIND][i] = dictionary_add(dictionary, kind_of(event));
                ret[OBJECT][i] = event->object;
                ret[STACK][i] = event->stack;
                ret[SEQUENCE][i] = sequence_encode(&state->last[event->object % LAST_SLOTS], event->sequence);
                ret[VALUE][i] = event->value;
        }
}

size_t chunk_encode(const struct event *events, size_t n, uint64_t first_id, uint8_t *ret_bytes) {
        struct dictionary dictionary = { .n = 0 };
        struct state state = { .time_ns = events->time_ns };
        uint8_t *end = ret_bytes + CHUNK_HEADER_BYTES;
        columns block;
        size_t n_bytes;

        for (size_t at = 0; at < n; at += PACK_VALUES) {
                size_t n_block = n - at < PACK_VALUES ? n - at : PACK_VALUES;

                block_split(events + at, n_block, &state, &dictionary, block);
                for (unsigned column = 0; column < CHUNK_COLUMNS; column++)
                        end += pack(block[column], n_block, end);
        }
        for (size_t i = 0; i < dictionary.n; i++, end += 2)
                store_word(end, dictionary.kinds[i], 2);
        store_word(ret_bytes + 8, n, 2);
        store_word(ret_bytes + 10, dictionary.n, 2);
        store_word(ret_bytes + 12, events->time_ns, 8);
        n_bytes = (size_t) (end - ret_bytes);
        store_word(ret_bytes, checksum(ret_bytes + 8, n_bytes - 8, first_id), 8);
        return n_bytes;
}

static int block_join(columns block, size_t n, struct state *state, const uint16_t *kinds, size_t n_kinds,
                      struct event *ret) {
        bool is_bad = false;

        for (size_t i = 0; i < n; i++) {
                uint32_t kind = block[KIND][i], object = block[OBJECT][i];

                state->time_ns += unzigzag(block[TIME_LOW][i] | (uint64_t) block[TIME_HIGH][i] << 32);
                is_bad |= kind >= n_kinds;
                ret[i] = (struct event) {
                        .time_ns = state->time_ns,
                        .thread = block[THREAD][i],
                        .object = object,
                        .stack = block[STACK][i],
                        .sequence = sequence_decode(&state->last[object % LAST_SLOTS], block[SEQUENCE][i]),
                        .value = block[VALUE][i],
                        .kind = (uint8_t) kinds[kind % CHUNK_EVENTS],
                        .flags = (uint8_t) (kinds[kind % CHUNK_EVENTS] >> 8),
                };
        }
        return is_bad ? -EBADMSG : 0;
}

/* Returns the bytes taken, or a negative errno. */
static int block_decode(const uint8_t *bytes, size_t n_bytes, size_t n, columns ret) {
        size_t at = 0;

        for (unsigned column = 0; column < CHUNK_COLUMNS; column++) {
                size_t taken = unpack(bytes + at, n_bytes - at, n, ret[column]);

                if (taken == 0)
                        return -EBADMSG;
                at += taken;
        }
        return (int) at;
}

int chunk_decode_unchecked(const uint8_t *bytes, size_t n_bytes, struct event *ret_events) {
        uint16_t kinds[CHUNK_EVENTS];
        struct state state = { 0 };
        size_t n, n_kinds, at = CHUNK_HEADER_BYTES, end;
        columns block;

        if (n_bytes < CHUNK_HEADER_BYTES)
                return -EBADMSG;
        n = load_word(bytes + 8, 2);
        n_kinds = load_word(bytes + 10, 2);
        if (n == 0 || n > CHUNK_EVENTS || n_kinds == 0 || n_kinds > n || n_bytes < CHUNK_HEADER_BYTES + 2 * n_kinds)
                return -EBADMSG;
        end = n_bytes - 2 * n_kinds;
        state.time_ns = load_word(bytes + 12, 8);
        for (size_t i = 0; i < n_kinds; i++)
                kinds[i] = (uint16_t) load_word(bytes + end + 2 * i, 2);
        memset(kinds + n_kinds, 0, sizeof(kinds) - n_kinds * sizeof(*kinds));
        for (size_t i = 0; i < n; i += PACK_VALUES) {
                size_t n_block = n - i < PACK_VALUES ? n - i : PACK_VALUES;
                int taken = block_decode(bytes + at, end - at, n_block, block);

                if (taken < 0 || block_join(block, n_block, &state, kinds, n_kinds, ret_events + i) < 0)
                        return -EBADMSG;
                at += (size_t) taken;
        }
        return at == end ? (int) n : -EBADMSG;
}

int chunk_decode(const uint8_t *bytes, size_t n_bytes, uint64_t first_id, struct event *ret_events) {
        if (n_bytes < CHUNK_HEADER_BYTES || load_word(bytes, 8) != checksum(bytes + 8, n_bytes - 8, first_id))
                return -EBADMSG;
        return chunk_decode_unchecked(bytes, n_bytes, ret_events);
}
