/* One row of something over time: spans that follow each other and never overlap (what a thread waits for, who holds a
 * lock, how many wait for it, how deep a channel is), and what of it is to be drawn on a given width.
 *
 * Drawing costs pixels, not spans: whatever is narrower than a column is merged with its neighbours, and the steps over
 * what was merged are binary searches and look-ups in sums made beforehand. A merged column still knows the worst that
 * happened in it, so that nothing severe disappears at any zoom. Free of GTK. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "view.h"

/* Worst last. */
enum span_state { SPAN_PLAIN, SPAN_WAITS, SPAN_QUEUES, SPAN_DEADLOCKED };

struct span {
        uint64_t began_ns, ended_ns; /* never NEVER: cut at the trace's end */
        uint32_t item;               /* index of the wait, hold or message it stands for; NO_ITEM: several */
        uint32_t weight;             /* span_weight(): the worst of several is the largest */
};

#define NO_ITEM UINT32_MAX
#define SPAN_VALUE_MAX 0xffffffu

static inline uint32_t span_weight(enum span_state state, uint32_t value) {
        return (uint32_t) state << 24 | (value < SPAN_VALUE_MAX ? value : SPAN_VALUE_MAX);
}

static inline enum span_state weight_state(uint32_t weight) {
        return (enum span_state)(weight >> 24);
}

static inline uint32_t weight_value(uint32_t weight) {
        return weight & SPAN_VALUE_MAX;
}

#define TRACK_LEVELS 6

struct track {
        struct span *spans;
        size_t n, size;
        uint64_t *covered;             /* covered[i]: ns that spans 0 … i-1 last together; n + 1 of them */
        uint32_t *peaks[TRACK_LEVELS]; /* peaks[k][i]: the largest weight of spans i * 16^(k+1) … */
        size_t n_peaks[TRACK_LEVELS];
};

/* Spans are added in the order of time and may not overlap; 0 or -ENOMEM. track_close() comes last. */
int track_add(struct track *track, uint64_t began_ns, uint64_t ended_ns, uint32_t item, uint32_t weight);
int track_close(struct track *track);
void track_finish(struct track *track);

/* Index of the first span that ends after `time_ns`, track->n where there is none. */
size_t track_find(const struct track *track, uint64_t time_ns);
/* The span that `time_ns` lies in, or NULL. */
const struct span *track_at(const struct track *track, uint64_t time_ns);
/* The largest weight of spans first … first + n - 1. */
uint32_t track_peak(const struct track *track, size_t first, size_t n);

/* What to draw between two x: one span, or several merged. */
struct piece {
        double x0, x1;
        size_t first, n; /* the spans it is made of */
        double covered;  /* how much of its width the spans cover, 0 … 1 */
        uint32_t weight; /* the largest */
};

struct piece_list {
        struct piece *items;
        size_t n, size;
};

#define PIECE_COLUMN_PX 2.0 /* what is narrower is merged into columns of this width */
#define PIECE_SEVERE_PX 4.0 /* nothing deadlocked is drawn narrower than this */

/* Empties the list and fills it with what `view` shows, from left to right. At most about two pieces a column. 0 or
 * -ENOMEM. */
int track_pieces(const struct track *track, const struct view *view, struct piece_list *list);
void piece_list_finish(struct piece_list *list);
