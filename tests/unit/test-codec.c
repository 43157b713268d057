/* Chunks: nothing is lost, no damage goes unnoticed, and nothing that is read is trusted. */
#include "store/codec.h"

#include <errno.h>
#include <stdlib.h>

#include "test.h"
#include "trace-file.h"

/* One of each, for every test here. */
static struct event events[CHUNK_EVENTS], decoded[CHUNK_EVENTS];
static uint8_t chunk[CHUNK_MAX_BYTES];

static uint64_t random_state = 1;

static uint32_t next_random(void) {
        random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t) (random_state >> 33);
}

static bool are_same(const struct event *a, const struct event *b) {
        return a->time_ns == b->time_ns && a->thread == b->thread && a->object == b->object && a->stack == b->stack &&
               a->sequence == b->sequence && a->value == b->value && a->kind == b->kind && a->flags == b->flags;
}

/* Encodes and decodes the first `n`; returns the chunk's size, or 0 where something was lost. */
static size_t round_trip(size_t n) {
        size_t n_bytes = chunk_encode(events, n, 4097, chunk);

        if (n_bytes > CHUNK_MAX_BYTES || chunk_decode(chunk, n_bytes, 4097, decoded) != (int) n)
                return 0;
        for (size_t i = 0; i < n; i++)
                if (!are_same(&events[i], &decoded[i]))
                        return 0;
        return n_bytes;
}

/* A number that is small, large, or at an end of its range. */
static uint32_t any_number(void) {
        static const uint32_t ends[] = {
                0, 1, 2, UINT32_MAX, UINT32_MAX - 1, INT32_MAX, UINT32_C(1) << 31, 255, 256, 65536
        };
        uint32_t random = next_random();

        switch (random % 4) {
        case 0:
                return ends[random / 4 % (sizeof(ends) / sizeof(*ends))];
        case 1:
                return random / 4 % 16;
        default:
                return (next_random() ^ next_random() << 16) >> random / 4 % 32;
        }
}

static void fill_with_anything(size_t n) {
        for (size_t i = 0; i < n; i++)
                events[i] = (struct event) {
                        .time_ns = (uint64_t) any_number() << 32 | any_number(),
                        .thread = any_number(),
                        .object = any_number(),
                        .stack = any_number(),
                        .sequence = any_number(),
                        .value = any_number(),
                        .kind = (uint8_t) any_number(),
                        .flags = (uint8_t) any_number(),
                };
}

TEST(a_chunk_of_any_length_comes_back_whole) {
        struct workload workload = { 0 };

        workload_fill(&workload, events, CHUNK_EVENTS);
        for (size_t n = 1; n <= CHUNK_EVENTS; n += n < 600 ? 1 : 97)
                if (round_trip(n) == 0)
                        test_fail(__FILE__, __LINE__, "%zu events do not come back", n);
        EXPECT(round_trip(CHUNK_EVENTS) > 0);
}

TEST(fields_of_any_value_come_back) {
        for (unsigned round = 0; round < 60; round++) {
                size_t n = round < 4 ? CHUNK_EVENTS : 1 + next_random() % 1000;

                fill_with_anything(n);
                if (round_trip(n) == 0)
                        test_fail(__FILE__, __LINE__, "round %u, %zu events", round, n);
        }
}

TEST(time_may_go_back) {
        for (size_t i = 0; i < 300; i++)
                events[i] = (struct event) { .time_ns = UINT64_MAX - i * i * i * 12345, .kind = EV_LOCK };
        EXPECT(round_trip(300) > 0);
}

TEST(sequence_numbers_near_their_ends_come_back) {
        static const uint32_t numbers[] = {
                1, 2, 3, 0, 4, 0, UINT32_MAX, 0, UINT32_MAX, 1, UINT32_MAX - 1, UINT32_MAX, 0, 2, 1, INT32_MAX,
                UINT32_C(1) << 31, 0, (UINT32_C(1) << 31) + 1, 0, 1
        };
        size_t n = sizeof(numbers) / sizeof(*numbers);

        for (size_t i = 0; i < n; i++)
                events[i] = (struct event) { .object = 1 + 4096 * (uint32_t) (i % 2), .sequence = numbers[i] };
        EXPECT(round_trip(n) > 0);
}

TEST(a_typical_event_takes_less_than_eight_bytes) {
        struct workload workload = { 0 };
        size_t n_bytes = 0;

        for (unsigned i = 0; i < 16; i++) {
                workload_fill(&workload, events, CHUNK_EVENTS);
                n_bytes += round_trip(CHUNK_EVENTS);
        }
        EXPECT(n_bytes > 0);
        EXPECT(n_bytes < 8 * 16 * CHUNK_EVENTS);
}

TEST(events_that_are_all_alike_take_next_to_nothing) {
        for (size_t i = 0; i < CHUNK_EVENTS; i++)
                events[i] = (struct event) {
                        .time_ns = 1000 * i, .thread = 70000, .object = 80000, .sequence = (uint32_t) i + 1
                };
        EXPECT(round_trip(CHUNK_EVENTS) > 0);
        EXPECT(round_trip(CHUNK_EVENTS) < 1000);
}

TEST(any_changed_byte_is_noticed) {
        struct workload workload = { 0 };
        size_t n_bytes;

        workload_fill(&workload, events, 700);
        n_bytes = chunk_encode(events, 700, 1, chunk);
        for (size_t i = 0; i < n_bytes; i++) {
                uint8_t change = (uint8_t) (1 + next_random() % 255);

                chunk[i] ^= change;
                if (chunk_decode(chunk, n_bytes, 1, decoded) != -EBADMSG)
                        test_fail(__FILE__, __LINE__, "a change of byte %zu by %u was not noticed", i, change);
                chunk[i] ^= change;
        }
        EXPECT_EQ(chunk_decode(chunk, n_bytes, 1, decoded), 700);
}

TEST(a_chunk_in_the_place_of_another_is_noticed) {
        struct workload workload = { 0 };
        size_t n_bytes;

        workload_fill(&workload, events, 100);
        n_bytes = chunk_encode(events, 100, 1, chunk);
        EXPECT_EQ(chunk_decode(chunk, n_bytes, 4097, decoded), -EBADMSG);
}

/* In a block of memory of its own size, so that AddressSanitizer and Valgrind see a read past the end. */
static int decode_exactly(const uint8_t *bytes, size_t n_bytes) {
        uint8_t *copy = malloc(n_bytes ? n_bytes : 1);
        int n;

        memcpy(copy, bytes, n_bytes);
        n = chunk_decode_unchecked(copy, n_bytes, decoded);
        free(copy);
        return n;
}

TEST(a_chunk_cut_off_anywhere_is_refused_even_without_its_checksum) {
        size_t n_bytes;

        fill_with_anything(400);
        n_bytes = chunk_encode(events, 400, 1, chunk);
        for (size_t n = 0; n < n_bytes; n++)
                if (decode_exactly(chunk, n) != -EBADMSG)
                        test_fail(__FILE__, __LINE__, "cut off after %zu of %zu bytes", n, n_bytes);
        EXPECT_EQ(decode_exactly(chunk, n_bytes), 400);
}

TEST(forged_bytes_are_decoded_or_refused_but_never_trusted) {
        unsigned n_refused = 0;

        for (unsigned round = 0; round < 20000; round++) {
                size_t n = 1 + next_random() % 300, n_bytes;
                int decoded_n;

                if (round % 100 == 0)
                        fill_with_anything(300);
                n_bytes = chunk_encode(events, n, 1, chunk);
                for (unsigned i = 0; i < 1 + next_random() % 4; i++)
                        chunk[8 + next_random() % (n_bytes - 8)] = (uint8_t) next_random();
                decoded_n = decode_exactly(chunk, n_bytes);
                EXPECT(decoded_n == -EBADMSG || (decoded_n >= 1 && decoded_n <= CHUNK_EVENTS));
                n_refused += decoded_n < 0;
        }
        EXPECT(n_refused > 100);
}
