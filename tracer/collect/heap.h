/* The streams whose first record may be merged, the one with the least key in front. Each knows its own place, so that its key may
 * change and it may leave from anywhere.
 *
 * For merge.c alone, and in a header so that what happens for each record is a part of its loop: calls made the merge a
 * sixteenth slower. One thread; the merge's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "collect/merge.h"

static inline void heap_set(struct heap *heap, uint32_t place, struct stream *stream) {
        heap->streams[place] = stream;
        stream->heap_place = place;
}

static inline void heap_up(struct heap *heap, uint32_t place) {
        struct stream *stream = heap->streams[place];

        while (place > 1 && stream->key < heap->streams[place / 2]->key) {
                heap_set(heap, place, heap->streams[place / 2]);
                place /= 2;
        }
        heap_set(heap, place, stream);
}

static inline void heap_down(struct heap *heap, uint32_t place) {
        struct stream *stream = heap->streams[place];

        for (;;) {
                uint32_t child = place * 2;

                if (child > heap->n)
                        break;
                if (child < heap->n && heap->streams[child + 1]->key < heap->streams[child]->key)
                        child++;
                if (heap->streams[child]->key >= stream->key)
                        break;
                heap_set(heap, place, heap->streams[child]);
                place = child;
        }
        heap_set(heap, place, stream);
}

/* Makes room for `n` streams in all, so that no push has to. False when out of memory. */
static inline bool heap_reach(struct heap *heap, uint32_t n) {
        struct stream **streams = reallocarray(heap->streams, (size_t) n + 1, sizeof(*streams));

        if (streams)
                heap->streams = streams;
        return streams;
}

static inline void heap_finish(struct heap *heap) {
        free(heap->streams);
        *heap = (struct heap) { 0 };
}

static inline void heap_push(struct heap *heap, struct stream *stream) {
        heap_set(heap, ++heap->n, stream);
        heap_up(heap, heap->n);
}

/* The key of this stream has changed. */
static inline void heap_fix(struct heap *heap, struct stream *stream) {
        uint32_t place = stream->heap_place;

        if (place > 1 && stream->key < heap->streams[place / 2]->key)
                heap_up(heap, place);
        else
                heap_down(heap, place);
}

static inline void heap_remove(struct heap *heap, struct stream *stream) {
        struct stream *last = heap->streams[heap->n--];
        uint32_t place = stream->heap_place;

        stream->heap_place = 0;
        if (last == stream)
                return;
        heap_set(heap, place, last);
        heap_fix(heap, last);
}
