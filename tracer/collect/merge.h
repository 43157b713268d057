/* From one stream of records for each thread to one order for all of them, while the program runs.
 *
 * What is guaranteed of the merged order:
 *   1. Each thread's records keep their order, and none is lost or doubled.
 *   2. No cause comes after its effect: the numbered acquires and releases of one lock come in the order of their
 *      numbers (NEXT in events.def), and a CAUSE (a message sent, a thread spawned, a thread's end) before its EFFECT
 *      (received, started, joined).
 *   3. Merged times never go back.
 *   4. It comes to an end: what the order needs and what never arrives (a record that was dropped or damaged, a
 *      thread that was killed) is not waited for longer than MERGE_PATIENCE_NS of recorded time. Whatever has been let
 *      through without its cause is counted as unordered.
 *
 * Why it holds. Records are taken by their stamps, and stamps alone are not enough: the processor's clock is not
 * ordered against the instructions around it, and a thread can be preempted between taking its stamp and publishing
 * the record. So stamps only choose between records that are ready. One that is not, because the number before
 * its own, or its cause, has not been merged, is parked with its whole stream until that has happened; and its merged
 * time is then no earlier than that of its cause.
 *
 * Parking ends because a cause is published before its effect can happen: a release is recorded before the lock is
 * released, a message before it can be received. So when an effect is seen in one look at the rings, its cause
 * is there at the latest in the next. (Readers that share a lock are the exception: one may be preempted between taking its
 * number and publishing it while another goes on. That is what the patience is for.)
 *
 * How far the merge may go is the watermark: the collector reads the clock, then all rings, and takes off
 * MERGE_SLACK_NS for threads that are between stamp and publishing at that moment. A thread that was longer there
 * than that comes late, and is merged next, with the time of what came before it.
 *
 * Tried in thought and dropped: merging by causality alone (vector clocks for each record cost more than the record), and by stamps
 * alone with a larger slack (no slack is large enough for a preempted thread, and a deadlock would be told later).
 *
 * One thread; the collector's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "collect/spool.h"
#include "collect/table.h"
#include "wire/record.h"

#define MERGE_SLACK_NS UINT64_C(2000000)
#define MERGE_PATIENCE_NS UINT64_C(1000000000)
/* The same where waiting is hardly worth it: records are known to have been dropped, or the first number that is seen of
 * an object is not 1 (a lock inherited over fork, or used before recording began). */
#define MERGE_SHORT_PATIENCE_NS UINT64_C(20000000)

/* One thread's records. The collector owns those fields that it sets; the rest is the merge's. */
struct stream {
        uint32_t thread;    /* serial */
        uint32_t image;     /* which program of which process; addresses mean the same within one */
        uint32_t tid;       /* of the operating system, 0 while unknown */
        void *user;         /* of the visitor's, for this thread */

        uint32_t index;
        struct spool_queue queue;
        uint64_t key;       /* when its first record is to be merged */
        uint64_t last_time; /* key of its last merged event */
        uint32_t heap_place; /* from 1; 0: not in the heap (empty or parked) */
        uint32_t next_waiter; /* the next stream that waits for the same object */
        bool closed;        /* nothing will be appended */
        bool parked;
        bool forced;        /* its first record is let through whether ready or not */
        bool has_exited;    /* THREAD_EXIT was merged */
        bool killed;        /* its process is gone, or has gone on to another program */
        uint32_t park_place; /* in the list of the parked */
        uint64_t due;       /* when it is let through, if parked */
        uint64_t ended;     /* when its process was found to be gone, if it was killed; the collector's */
};

/* See heap.h. */
struct heap {
        struct stream **streams; /* from 1 */
        uint32_t n;
};

struct merge_visitor {
        /* One record, in merged order; `time` is the merged one, in ticks. Meta and DATA records come as soon as those
         * of their thread before them have been merged, and have time 0. A negative errno stops the merge there, and the record is given again. */
        int (*visit)(void *data, struct stream *stream, const struct record *record, uint64_t time);
        /* The stream is over and about to be freed. */
        void (*end)(void *data, struct stream *stream);
        void *data;
};

struct merge {
        struct spool *spool;
        struct merge_visitor visitor;
        struct stream **streams;   /* by index, from 1; NULL: free */
        uint32_t n_streams, size_streams;
        uint32_t first_free;       /* no index below is free */
        struct heap heap;
        struct stream **parked;
        uint32_t n_parked;
        uint64_t next_due;         /* no parked stream is due earlier */
        struct table order;        /* of each object: the last number merged, and who waits for it */
        uint64_t *found;           /* the entry in `order` of the record that is being merged; NULL: not looked up */
        struct table causes;       /* causes whose effect is outstanding, and effects that wait for their cause */
        uint64_t last_time;        /* merged */
        uint64_t earliest, horizon; /* a stamp outside was never taken; whoever fills the streams sets them */
        uint64_t patience, short_patience, slack; /* in ticks */
        uint64_t n_records;        /* waiting in all streams */
        uint64_t n_merged;         /* events, without meta records */
        uint64_t n_unordered;      /* let through without its cause */
        uint64_t n_damaged;
        bool lossy;                /* do not wait long for what may not exist */
};

/* `spool` stays the caller's. */
int merge_init(struct merge *merge, struct spool *spool, uint64_t ticks_per_second, const struct merge_visitor *visitor);
void merge_finish(struct merge *merge);

/* NULL when out of memory. */
struct stream *merge_open(struct merge *merge, uint32_t thread, uint32_t image);
/* Copies as many of the `n` records as the spool has room for, and returns how many. */
size_t merge_append(struct merge *merge, struct stream *stream, const struct record *records, size_t n);
/* Nothing more will come. The stream is freed once it has been merged; perhaps at once. */
void merge_close(struct merge *merge, struct stream *stream);

/* Records were dropped somewhere. */
void merge_set_lossy(struct merge *merge);

/* Merges what is stamped up to `watermark`, at most `max` records. Returns how many, or the visitor's error. */
int64_t merge_run(struct merge *merge, uint64_t watermark, uint64_t max);
/* Lets the record through that has waited longest although its cause is missing. False when none waits. */
bool merge_force(struct merge *merge);
/* Records of this stream that are not merged yet. */
static inline uint64_t stream_n_waiting(const struct stream *stream) {
        return stream->queue.n;
}
