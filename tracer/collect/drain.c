/* See drain.h. */
#include "collect/drain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* More than this between two looks is no count: the program has written over it. */
#define LOST_AT_MOST (UINT64_C(1) << 40)

int drain_init(struct drain *drain, struct session *session, struct merge *merge, struct processes *processes) {
        *drain = (struct drain) { .session = session, .merge = merge, .processes = processes };
        drain->sources = calloc(SESSION_RINGS, sizeof(*drain->sources));
        return drain->sources ? 0 : -ENOMEM;
}

void drain_finish(struct drain *drain) {
        free(drain->sources);
        *drain = (struct drain) { 0 };
}

static uint32_t n_rings(const struct drain *drain) {
        uint32_t n = atomic_load_explicit(&drain->session->header->rings_used, memory_order_acquire);

        return n < SESSION_RINGS ? n : SESSION_RINGS;
}

static enum ring_state state_of(const struct drain *drain, uint32_t i) {
        return (enum ring_state) atomic_load_explicit(&drain->session->header->ring_state[i], memory_order_acquire);
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
        atomic_store_explicit(&ring->tail, head, memory_order_release);
        return head;
}

/* ---- rings that have been claimed since the last round */

/* Takes notice of claims that have something to say. True when there was one. */
static bool find_fresh(struct drain *drain) {
        bool found = false;

        for (uint32_t i = 0; i < n_rings(drain); i++) {
                struct source *source = &drain->sources[i];
                struct ring_header *ring = session_ring(drain->session, i);

                if (source->stream || source->fresh || state_of(drain, i) == RING_FREE)
                        continue;
                /* Pairs with the release in emit_claim_ring(). */
                source->pid = atomic_load_explicit(&ring->pid, memory_order_acquire);
                source->thread = source->pid ? ring->thread : 0;
                if (source->pid == 0 || head_of(drain, source, ring) == source->tail)
                        continue;
                source->fresh = true;
                found = true;
        }
        return found;
}

/* This thread begins a program: what else runs, or ran, under its pid belongs to the one before. */
static void orphan_older(struct drain *drain, const struct source *first) {
        for (uint32_t i = 0; i < n_rings(drain); i++)
                if (drain->sources[i].pid == first->pid && drain->sources[i].thread < first->thread)
                        drain->sources[i].orphan = true;
}

static int open_fresh(struct drain *drain, bool beginners) {
        for (uint32_t i = 0; i < n_rings(drain); i++) {
                struct source *source = &drain->sources[i];
                struct ring_header *ring = session_ring(drain->session, i);
                bool begins;
                int image;

                if (!source->fresh)
                        continue;
                begins = record_kind(record_at(drain, ring, source->tail)) == EV_PROCESS_START;
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
                source->fresh = false;
        }
        return 0;
}

/* Looks again as long as there is something new: when a thread is found, the one that began its program, and must be
 * known first, is there too, but perhaps in a ring that had been passed already. */
static int look_for_fresh(struct drain *drain) {
        bool any = false;
        int r;

        for (int i = 0; i < 64 && find_fresh(drain); i++)
                any = true;
        if (!any)
                return 0;
        r = open_fresh(drain, true);
        return r < 0 ? r : open_fresh(drain, false);
}

/* ---- taking records out */

/* The stamp of the first record in [tail, head); DATA records have none. */
static uint64_t first_stamp(const struct drain *drain, struct ring_header *ring, uint64_t tail, uint64_t head) {
        for (; tail < head; tail++)
                if (record_kind(record_at(drain, ring, tail)) != EV_DATA)
                        return record_at(drain, ring, tail)->time;
        return drain->merge->last_time;
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
        if (source->tail == before)
                return;
        /* Pairs with the acquire in the emitter's n_free(): the slots below have been copied. */
        atomic_store_explicit(&ring->tail, source->tail, memory_order_release);
        session_wake(ring);
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
        atomic_store_explicit(&ring->pid, 0, memory_order_relaxed);
        atomic_store_explicit(&ring->wants_room, 0, memory_order_relaxed);
        /* Pairs with the exchange of the next claimer. */
        atomic_store_explicit(&drain->session->header->ring_state[i], RING_FREE, memory_order_release);
}

static int drain_ring(struct drain *drain, uint32_t i, struct drain_round *round) {
        struct source *source = &drain->sources[i];
        struct ring_header *ring = session_ring(drain->session, i);
        enum ring_state state = state_of(drain, i); /* before head: once closed, head stays */
        bool killed;
        uint64_t head;

        if (state == RING_FREE || atomic_load_explicit(&ring->pid, memory_order_acquire) == 0)
                return 0;
        if (!source->watch) {
                source->watch = processes_watch(drain->processes, atomic_load_explicit(&ring->pid, memory_order_relaxed));
                if (!source->watch)
                        return -ENOMEM;
        }
        killed = source->watch->gone || source->orphan; /* before head as well */
        head = head_of(drain, source, ring);
        if (source->stream) {
                if (source->stream->tid == 0)
                        source->stream->tid = atomic_load_explicit(&ring->tid, memory_order_relaxed);
                take_records(drain, source, ring, head, round);
        }
        count_lost(drain, source, ring);
        if ((state == RING_CLOSED || killed) && source->tail == head)
                free_ring(drain, i, killed);
        return 0;
}

int drain_round(struct drain *drain, struct drain_round *ret_round) {
        struct drain_round round = { .limit = UINT64_MAX };
        int r;

        processes_look(drain->processes);
        r = look_for_fresh(drain);
        for (uint32_t i = 0; r == 0 && i < n_rings(drain); i++)
                r = drain_ring(drain, i, &round);
        if (r < 0)
                return r;
        *ret_round = round;
        return 0;
}

void drain_abandon(struct drain *drain) {
        for (uint32_t i = 0; i < SESSION_RINGS; i++)
                end_source(drain, &drain->sources[i], false);
}
