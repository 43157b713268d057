/* Whatever a program writes into the memory that it shares with the collector, the collector goes on: it neither crashes nor
 * stops, what it makes of it are events that the rest can live with, and its memory stays within bounds.
 *
 * The input is what a program does to the session: steps of one byte each with what they need behind them. Some keep to the
 * rules, so that the fuzzer gets past the first look; the others write anything anywhere. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "collect/collector.h"
#include "fuzz.h"
#include "store/codec.h"

enum { RING_RECORDS = 64, RINGS = 8, MANY = 40, MOST_STEPS = 4096 };

enum step { CLAIM, PUT, PUT_META, PUT_RAW, CLOSE, ROUND, WRITE_HEADER, WRITE_RING, WRITE_RECORDS, WRITE_STATES, MOVE_HEAD, CLAIM_MANY, N_STEPS };

struct input {
        const uint8_t *bytes;
        size_t n;
};

/* Past its end, an input goes on with zeroes. */
static void take(struct input *input, void *ret_bytes, size_t n) {
        size_t there = n < input->n ? n : input->n;

        memset(ret_bytes, 0, n);
        if (there > 0)
                memcpy(ret_bytes, input->bytes, there);
        input->bytes += there;
        input->n -= there;
}

static uint8_t take_byte(struct input *input) {
        uint8_t byte;

        take(input, &byte, 1);
        return byte;
}

/* ---- the session */

static bool make_session(struct session *ret_session) {
        struct session session = { .fd = -1, .ring_records = RING_RECORDS, .clock = SESSION_CLOCK_MONOTONIC, .ticks_per_second = 1000000000,
                                   .ns_per_tick = UINT64_C(1) << 32 };

        session.n_bytes = session_ring_offset(RING_RECORDS, SESSION_RINGS);
        session.header = mmap(NULL, session.n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (session.header == MAP_FAILED)
                return false;
        session.began = session_now(&session) - UINT64_C(1000000000); /* so that stamps within the first second have passed */
        *session.header = (struct session_header) {
                .magic = SESSION_MAGIC,
                .abi = SESSION_ABI,
                .clock = SESSION_CLOCK_MONOTONIC,
                .n_rings = SESSION_RINGS,
                .ring_records = RING_RECORDS,
                .collector_pid = getpid(),
                .next_thread = 1,
        };
        *ret_session = session;
        return true;
}

static void claim(const struct session *session, uint32_t i, uint32_t pid) {
        struct session_header *header = session->header;
        struct ring_header *ring = session_ring(session, i);

        if (header->ring_state[i] != RING_FREE)
                return;
        header->ring_state[i] = RING_CLAIMED;
        ring->index = i;
        ring->thread = header->next_thread++;
        ring->tid = header->rings_used == 0 ? pid : ring->thread;
        ring->pid = pid;
        if (header->rings_used < i + 1)
                header->rings_used = i + 1;
}

static void put(const struct session *session, uint32_t i, struct record record) {
        struct ring_header *ring = session_ring(session, i);

        ring_records(ring)[ring->head & (RING_RECORDS - 1)] = record;
        ring->head++;
}

/* Few objects and small numbers, so that records have to do with each other. */
static struct record take_record(struct input *input, const struct session *session, const uint8_t *kinds, size_t n_kinds) {
        uint8_t b[8];

        take(input, b, sizeof(b));
        return (struct record) {
                .time = session->began + (uint64_t) b[0] * 4000000,
                .what = record_what(b[2] & 15, kinds[b[1] % n_kinds], b[2] >> 4, b[3]),
                .where = (uint64_t) (b[4] & 3) | (uint64_t) (b[4] >> 2) << 48,
                .sequence = b[5],
                .value = b[6] | (uint32_t) (b[7] == 255 ? UINT32_MAX << 8 : (uint32_t) b[7] << 8),
        };
}

static struct record take_event(struct input *input, const struct session *session) {
        static const uint8_t kinds[] = {
#define EVENT(code, id, name, phrase, effect, order) code,
#define META(code, id)
#include "wire/events.def"
#undef EVENT
#undef META
        };

        return take_record(input, session, kinds, sizeof(kinds));
}

static struct record take_meta(struct input *input, const struct session *session) {
        static const uint8_t kinds[] = {
#define EVENT(code, id, name, phrase, effect, order)
#define META(code, id) code,
#include "wire/events.def"
#undef EVENT
#undef META
        };

        return take_record(input, session, kinds, sizeof(kinds));
}

static struct record take_raw(struct input *input) {
        struct record record;

        take(input, &record, sizeof(record));
        return record;
}

/* Up to 15 bytes of the input, over what is `base`. */
static void write_over(struct input *input, void *base, size_t n_base) {
        uint8_t bytes[16], n = take_byte(input) & 15;
        uint16_t at;

        take(input, &at, sizeof(at));
        take(input, bytes, n);
        memcpy((char *) base + at % (n_base - sizeof(bytes)), bytes, n);
}

/* Many rings at once, as a program that writes over all of it. */
static void claim_many(struct input *input, const struct session *session) {
        uint32_t pid, thread;

        take(input, &pid, sizeof(pid));
        take(input, &thread, sizeof(thread));
        session->header->rings_used = SESSION_RINGS;
        for (uint32_t i = 0; i < MANY; i++) {
                struct ring_header *ring = session_ring(session, RINGS + i);

                session->header->ring_state[RINGS + i] = RING_CLAIMED;
                ring->pid = pid + i;
                ring->thread = thread + i;
                ring->head += 3;
        }
}

/* ---- what has to hold */

static void check(bool holds) {
        if (!holds)
                abort();
}

/* What the store and the analyses rely on. */
static void check_catalog(const struct catalog *catalog, const struct session *session) {
        check(catalog->n_threads <= 1 + session->n_given_back + SESSION_RINGS);
        for (uint32_t i = 1; i < catalog->n_threads; i++)
                check(catalog->threads[i].process < catalog->n_processes && catalog->threads[i].first_stack < catalog->n_stacks);
        for (uint32_t i = 1; i < catalog->n_objects; i++)
                check(catalog->objects[i].process < catalog->n_processes && catalog->objects[i].created_at < catalog->n_stacks &&
                      catalog->objects[i].created_by < catalog->n_threads);
        for (uint32_t i = 1; i < catalog->n_stacks; i++)
                check(catalog->stacks[i].process < catalog->n_processes);
}

static void check_events(const struct collector *collector) {
        static uint8_t chunk[CHUNK_MAX_BYTES];

        for (size_t i = 0; i < collector->n_batch; i++) {
                const struct event *event = &collector->batch[i];

                check(event->thread > 0 && event->thread < collector->catalog.n_threads);
                check(event->object < collector->catalog.n_objects && event->stack < collector->catalog.n_stacks);
                check(event_info(event->kind)->name);
                check(i == 0 || event->time_ns >= event[-1].time_ns);
        }
        if (collector->n_batch > 0)
                check(chunk_encode(collector->batch, collector->n_batch, 1, chunk) <= sizeof(chunk));
}

static void round_of(struct collector *collector, uint64_t *now_ns) {
        struct finding_list deadlock = { 0 };

        *now_ns += LIVE_LOOK_NS + 1;
        check(collector_round(collector, *now_ns, &deadlock) >= 0);
        finding_list_finish(&deadlock);
        check_events(collector);
}

static void take_step(struct input *input, struct collector *collector, uint64_t *now_ns) {
        const struct session *session = &collector->session;
        uint8_t byte = take_byte(input), step = byte % N_STEPS;
        uint32_t i = (byte / N_STEPS) % RINGS;
        struct ring_header *ring = session_ring(session, i);
        uint64_t by;

        switch ((enum step) step) {
        case CLAIM:
                claim(session, i, (uint32_t) getpid() + (i > RINGS / 2));
                return;
        case PUT:
                put(session, i, take_event(input, session));
                return;
        case PUT_META:
                put(session, i, take_meta(input, session));
                return;
        case PUT_RAW:
                put(session, i, take_raw(input));
                return;
        case CLOSE:
                session->header->ring_state[i] = RING_CLOSED;
                return;
        case ROUND:
                round_of(collector, now_ns);
                return;
        case WRITE_HEADER:
                write_over(input, session->header, sizeof(*session->header) - SESSION_RINGS);
                return;
        case WRITE_RING:
                write_over(input, ring, sizeof(*ring));
                return;
        case WRITE_RECORDS:
                write_over(input, ring_records(ring), RING_RECORDS * sizeof(struct record));
                return;
        case WRITE_STATES:
                write_over(input, (void *) session->header->ring_state, SESSION_RINGS);
                return;
        case MOVE_HEAD:
                take(input, &by, sizeof(by));
                ring->head += by;
                return;
        case CLAIM_MANY:
                claim_many(input, session);
                return;
        default:
                return;
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
        struct input input = { bytes, n_bytes };
        static struct collector collector;
        struct session session;
        struct fault fault;
        uint64_t now_ns = 0;

        if (!make_session(&session) || collector_init_on(&collector, &session, NULL, &fault) < 0)
                return 0;
        for (unsigned n = 0; input.n > 0 && n < MOST_STEPS; n++)
                take_step(&input, &collector, &now_ns);
        check(collector_complete(&collector, NULL, NULL) == 0);
        check(collector.merge.n_records == 0);
        check_catalog(&collector.catalog, &collector.session);
        collector_finish(&collector);
        return 0;
}
