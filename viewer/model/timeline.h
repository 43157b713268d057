/* A trace turned into rows: for each thread what it waits for and what it holds, for each lock who holds it and how
 * many wait, for each channel how many messages are on their way. Built once after loading; free of GTK. */
#pragma once

#include "model/trace.h"
#include "model/track.h"

#define HOLD_ROWS 4 /* locks held at once that are drawn below a thread's bar; what is nested deeper is not */

struct thread_rows {
        uint64_t began_ns, ended_ns;   /* cut at the trace's end */
        struct track waits;            /* items are waits; a wait that became a deadlock is cut in two where it did */
        struct track holds[HOLD_ROWS]; /* items are holds */
        unsigned n_hold_rows;
        uint64_t deadlocked_ns; /* since when; NEVER: not */
};

struct object_rows {
        struct track held;  /* of a lock: items are holds, values how many threads share it; of a channel: messages on
                               their way */
        struct track queue; /* items are waits, values how many threads wait */
        uint32_t value_max; /* the largest value in `held` */
        uint32_t colour;    /* its number among the objects, worst finding's first: which colour it has everywhere */
};

struct timeline {
        const struct trace *trace;
        struct thread_rows *threads; /* by thread id */
        struct object_rows *objects; /* by object id */
};

/* 0 or -ENOMEM. `trace` has to outlive it. */
int timeline_new(const struct trace *trace, struct timeline **ret_timeline);
void timeline_free(struct timeline *timeline);

/* Blank rows for ids out of range. */
const struct thread_rows *timeline_thread(const struct timeline *timeline, uint32_t id);
const struct object_rows *timeline_object(const struct timeline *timeline, uint32_t id);

/* What a thread waits for at a moment, NULL when it doesn't; and in what state. */
const struct wait *timeline_wait_at(const struct timeline *timeline, uint32_t thread, uint64_t time_ns,
                                    enum span_state *ret_state);
