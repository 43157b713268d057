/* See drain.h. */
#include "collect/drain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* More than this between two looks is no count: the program has written over it. */
#define LOST_AT_MOST (UINT64_C(1) << 40)
#define FREE_RINGS_A_ROUND 64

int drain_init(struct drain *drain, struct session *session, struct merge *merge, struct processes *processes) {
        *drain = (struct drain) { .session = session, .merge = merge, .processes = processes };
        merge->earliest = session->began;
        drain->sources = calloc(SESSION_RINGS, sizeof(*drain->sources));
        return drain->sources ? 0 : -ENOMEM;
}

void drain_finish(struct drain *drain) {
        free(drain->sources);
        free(drain->drawn);
        *drain = (struct drain) { 0 };
}

static enum ring_state state_of(const struct drain *drain, uint32_t i) {
        return (enum ring_state) atomic_load_explicit(&drain->session->header->ring_state[i], memory_order_acquire);
}

/* The header says how many rings are in use as well; but a ring that it did not tell of would never be emptied. */
static void count_rings(struct drain *drain) {
        uint32_t n = SESSION_RINGS;

        while (n > drain->n_rings && state_of(drain, n - 1) == RING_FREE)
                n--;
        drain->n_rings = n;
}

static const struct record *record_at(const struct drain *drain, struct ring_header *ring, uint64_t position) {
        return ring_records(ring) + (position & (drain->session->ring_records - 1));
}

/* Up to where the ring is filled; our own tail where it makes no sense. Pairs with the release in emit_put(). */
static uint64_t head_of(struct drain *drain, struct source *source, struct ring_header *ring) {
        uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);

        if (head - source->tail <= drain->session->ring_records)
                return head;
        drain->n_damaged++;
        source->tail = head;
        return head;
}

/* Tells the ring's thread how far we are, also where the ring says otherwise. */
static void publish_tail(const struct source *source, struct ring_header *ring) {
        if (atomic_load_explicit(&ring->tail, memory_order_relaxed) == source->tail)
                return;
        /* Pairs with the acquire in the emitter's n_free(): the slots below have been copied. */
        atomic_store_explicit(&ring->tail, source->tail, memory_order_release);
        session_wake(ring);
}

static void give_up_records(struct drain *drain, struct source *source, struct ring_header *ring, uint64_t head) {
        drain->n_damaged += head - source->tail;
        source->tail = head;
        publish_tail(source, ring);
}

/* ---- rings that have been claimed since the last round */

/* Notes that this serial has been seen. False where it cannot be: each is drawn once, and with a ring. */
static bool draw_serial(struct drain *drain, uint32_t serial) {
        uint32_t byte = serial / 8, mask = 1u << serial % 8;

        if (!session_may_have_drawn(drain->session, serial))
                return false;
        if (byte >= drain->n_drawn_bytes) {
                uint32_t n = byte * 2 + 512;
                uint8_t *drawn = realloc(drain->drawn, n);

                if (!drawn)
                        return true; /* then nobody checks that it is drawn once */
                memset(drawn + drain->n_drawn_bytes, 0, n - drain->n_drawn_bytes);
                drain->drawn = drawn;
                drain->n_drawn_bytes = n;
        }
        if (drain->drawn[byte] & mask)
                return false;
        drain->drawn[byte] |= (uint8_t) mask;
        return true;
}

/* Notes whose ring this is. 1 when that is known, 0 when the claimer has not said so yet, or -ENOMEM. */
static int notice_claim(struct drain *drain, uint32_t i) {
        struct source *source = &drain->sources[i];
        struct ring_header *ring = session_ring(drain->session, i);

        if (source->watch)
                return 1;
        if (state_of(drain, i) == RING_FREE)
                return 0;
        /* Pairs with the release in emit_claim_ring(). */
        source->pid = atomic_load_explicit(&ring->pid, memory_order_acquire);
        if (source->pid == 0)
                return 0;
        source->watch = processes_watch(drain->processes, source->pid);
        if (!source->watch)
                return -ENOMEM;
        source->thread = *(volatile uint32_t *) &ring->thread; /* once: it may be another the next time */
        source->nobodys = !draw_serial(drain, source->thread);
        return 1;
}

/* Takes notice of claims that have something to say. How many there were, or -ENOMEM. */
static int find_fresh(struct drain *drain) {
        int n = 0;

        count_rings(drain);
        for (uint32_t i = 0; i < drain->n_rings; i++) {
                struct source *source = &drain->sources[i];
                int r = source->stream || source->fresh || source->nobodys ? 0 : notice_claim(drain, i);

                if (r < 0)
                        return r;
                if (r == 0 || source->nobodys || head_of(drain, source, session_ring(drain->session, i)) == source->tail)
                        continue;
                source->fresh = true;
                n++;
        }
        return n;
}

/* This thread begins a program: what else runs, or ran, under its pid belongs to the one before. */
static void orphan_older(struct drain *drain, const struct source *first) {
        for (uint32_t i = 0; i < drain->n_rings; i++)
                if (drain->sources[i].pid == first->pid && drain->sources[i].thread < first->thread)
                        drain->sources[i].orphan = true;
}

/* Only a process's first thread begins a program. */
static bool begins_program(const struct drain *drain, const struct source *source, struct ring_header *ring) {
        return record_kind(record_at(drain, ring, source->tail)) == EV_PROCESS_START &&
               atomic_load_explicit(&ring->tid, memory_order_relaxed) == source->pid;
}

static int open_fresh(struct drain *drain, bool beginners) {
        for (uint32_t i = 0; i < drain->n_rings; i++) {
                struct source *source = &drain->sources[i];
                struct ring_header *ring = session_ring(drain->session, i);
                bool begins;
                int image;

                if (!source->fresh)
                        continue;
                begins = begins_program(drain, source, ring);
                if (begins != beginners)
                        continue;
                image = processes_image(drain->processes, source->pid, source->thread, begins);
                if (image < 0)
                        return image;
                if (begins)
                        orphan_older(drain, source);
                source->stream = merge_open(drain->merge, source->thread, (uint32_t) image);
                if (!source->stream)
                        return -ENOMEM;
                drain->processes->images[image].n_streams++;
                source->fresh = false;
        }
        return 0;
}

/* Looks again as long as there is something new: when a thread is found, the one that began its program, and must be
 * known first, is there too, but perhaps in a ring that had been passed already. */
static int look_for_fresh(struct drain *drain) {
        bool any = false;
        int r = 1;

        for (int i = 0; i < 64 && r > 0; i++) {
                r = find_fresh(drain);
                any |= r > 0;
        }
        if (r >= 0 && any)
                r = open_fresh(drain, true);
        if (r >= 0 && any)
                r = open_fresh(drain, false);
        return r < 0 ? r : 0;
}

/* ---- taking records out */

/* The stamp of the first record in [tail, head); DATA records have none. */
static uint64_t first_stamp(const struct drain *drain, struct ring_header *ring, uint64_t tail, uint64_t head) {
        uint64_t last = drain->merge->last_time;

        for (; tail < head; tail++)
                if (record_kind(record_at(drain, ring, tail)) != EV_DATA)
                        return record_at(drain, ring, tail)->time > last ? record_at(drain, ring, tail)->time : last;
        return last;
}

static void take_records(struct drain *drain, struct source *source, struct ring_header *ring, uint64_t head, struct drain_round *round) {
        uint32_t size = drain->session->ring_records;
        uint64_t before = source->tail;

        while (source->tail < head) {
                uint64_t to_end = size - (source->tail & (size - 1));
                uint64_t part = head - source->tail < to_end ? head - source->tail : to_end;
                uint64_t taken = merge_append(drain->merge, source->stream, record_at(drain, ring, source->tail), part);

                source->tail += taken;
                if (taken < part)
                        break;
        }
        round->n_records += source->tail - before;
        if (source->tail < head) {
                uint64_t stamp = first_stamp(drain, ring, source->tail, head);

                round->limit = stamp < round->limit ? stamp : round->limit;
        }
        publish_tail(source, ring);
}

static void count_lost(struct drain *drain, struct source *source, struct ring_header *ring) {
        uint64_t n_lost = atomic_load_explicit(&ring->n_lost, memory_order_relaxed);

        if (n_lost == source->n_lost)
                return;
        if (n_lost - source->n_lost > LOST_AT_MOST)
                drain->n_damaged++;
        else
                drain->n_lost += n_lost - source->n_lost;
        source->n_lost = n_lost;
        merge_set_lossy(drain->merge);
}

/* Nothing more comes from this claim. */
static void end_source(struct drain *drain, struct source *source, bool killed) {
        if (source->stream) {
                source->stream->killed = killed;
                source->stream->ended = killed ? session_now(drain->session) : 0;
                merge_close(drain->merge, source->stream);
        }
        if (source->watch)
                processes_unwatch(drain->processes, source->watch);
        *source = (struct source) { .tail = source->tail, .n_lost = source->n_lost };
}

static void free_ring(struct drain *drain, uint32_t i, bool killed) {
        struct ring_header *ring = session_ring(drain->session, i);

        end_source(drain, &drain->sources[i], killed);
        drain->session->n_given_back++;
        atomic_store_explicit(&ring->pid, 0, memory_order_relaxed);
        atomic_store_explicit(&ring->wants_room, 0, memory_order_relaxed);
        /* Pairs with the exchange of the next claimer. */
        atomic_store_explicit(&drain->session->header->ring_state[i], RING_FREE, memory_order_release);
}

/* We alone make a ring free: one that says so and is in use would be claimed a second time. */
static void keep_claimed(struct drain *drain, uint32_t i) {
        atomic_store_explicit(&drain->session->header->ring_state[i], RING_CLAIMED, memory_order_relaxed);
        drain->n_damaged++;
}

static void take_from(struct drain *drain, struct source *source, struct ring_header *ring, uint64_t head, struct drain_round *round) {
        if (!source->stream) {
                if (source->nobodys)
                        give_up_records(drain, source, ring, head);
                return;
        }
        if (source->stream->tid == 0)
                source->stream->tid = atomic_load_explicit(&ring->tid, memory_order_relaxed);
        /* What has been published by now cannot be stamped later. */
        drain->merge->horizon = session_now(drain->session) + drain->merge->slack;
        take_records(drain, source, ring, head, round);
}

static int drain_ring(struct drain *drain, uint32_t i, struct drain_round *round) {
        struct source *source = &drain->sources[i];
        struct ring_header *ring = session_ring(drain->session, i);
        enum ring_state state = state_of(drain, i); /* before head: once closed, head stays */
        int r = notice_claim(drain, i);
        bool killed;
        uint64_t head;

        if (r <= 0)
                return r;
        killed = source->watch->gone || source->orphan; /* before head as well */
        head = head_of(drain, source, ring);
        take_from(drain, source, ring, head, round);
        count_lost(drain, source, ring);
        if ((state == RING_CLOSED || killed) && source->tail == head)
                free_ring(drain, i, killed);
        else if (state == RING_FREE)
                keep_claimed(drain, i);
        return 0;
}

/* A ring that is nobody's has nothing in it, unless the program has written over what it says of itself; a thread may be writing to
 * it still, and must not wait for us. A few in each round, since that looks into every ring that ever was. */
static void look_into_free_rings(struct drain *drain) {
        for (uint32_t n = drain->n_rings < FREE_RINGS_A_ROUND ? drain->n_rings : FREE_RINGS_A_ROUND; n > 0; n--) {
                uint32_t i = drain->next_free++ % drain->n_rings;
                struct source *source = &drain->sources[i];
                struct ring_header *ring = session_ring(drain->session, i);
                uint64_t head = head_of(drain, source, ring);

                /* Whoever claims a ring says so before it writes; pairs with the release in emit_put(). */
                if (!source->watch && (state_of(drain, i) == RING_FREE || atomic_load_explicit(&ring->pid, memory_order_relaxed) == 0))
                        give_up_records(drain, source, ring, head);
        }
}

int drain_round(struct drain *drain, struct drain_round *ret_round) {
        struct drain_round round = { .limit = UINT64_MAX };
        int r;

        processes_look(drain->processes);
        r = look_for_fresh(drain);
        for (uint32_t i = 0; r == 0 && i < drain->n_rings; i++)
                r = drain_ring(drain, i, &round);
        if (r < 0)
                return r;
        look_into_free_rings(drain);
        *ret_round = round;
        return 0;
}

void drain_abandon(struct drain *drain) {
        for (uint32_t i = 0; i < SESSION_RINGS; i++)
                end_source(drain, &drain->sources[i], false);
}
