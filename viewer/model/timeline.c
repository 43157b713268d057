#include "model/timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/steps.h"

static const struct thread_rows no_thread = { .deadlocked_ns = NEVER };
static const struct object_rows no_object;

const struct thread_rows *timeline_thread(const struct timeline *timeline, uint32_t id) {
        return id < timeline->trace->catalog->n_threads ? &timeline->threads[id] : &no_thread;
}

const struct object_rows *timeline_object(const struct timeline *timeline, uint32_t id) {
        return id < timeline->trace->catalog->n_objects ? &timeline->objects[id] : &no_object;
}

static uint64_t cut(const struct trace *trace, uint64_t time_ns) {
        return time_ns < trace->end_ns ? time_ns : trace->end_ns;
}

/* ---- threads ---- */

/* The worst that a deadlock's findings say of a thread's last wait, and since when. */
static enum span_state doom_of(const struct trace *trace, uint32_t thread, uint64_t *ret_since_ns) {
        enum span_state worst = SPAN_WAITS;

        for (size_t i = 0; i < trace->findings.n; i++) {
                const struct finding *finding = &trace->findings.items[i];

                for (size_t k = 0; finding->kind == FINDING_DEADLOCK && k < finding->n_steps; k++) {
                        const struct finding_step *step = &finding->steps[k];
                        enum span_state state = step->role == STEP_WAITS && step->ring > 0 ? SPAN_DEADLOCKED
                                                : step->role == STEP_QUEUES || step->role == STEP_WAITS ? SPAN_QUEUES
                                                                                                        : SPAN_PLAIN;

                        if (step->thread == thread && state > worst) {
                                worst = state;
                                *ret_since_ns = finding->time_ns;
                        }
                }
        }
        return worst;
}

/* A wait that never ended, cut where the deadlock formed that it is part of. */
static int add_endless_wait(const struct trace *trace, uint32_t i, struct thread_rows *rows) {
        const struct wait *wait = &trace->waits[i];
        uint64_t since_ns = wait->began_ns;
        enum span_state state = doom_of(trace, wait->thread, &since_ns);
        int r;

        if (since_ns < wait->began_ns || since_ns > trace->end_ns)
                since_ns = wait->began_ns;
        if (state == SPAN_DEADLOCKED)
                rows->deadlocked_ns = since_ns;
        if (state > SPAN_WAITS && since_ns > wait->began_ns) {
                r = track_add(&rows->waits, wait->began_ns, since_ns, i, span_weight(SPAN_WAITS, 0));
                if (r < 0)
                        return r;
        }
        return track_add(&rows->waits, since_ns, trace->end_ns, i, span_weight(state, 0));
}

/* The waits come ordered by their begin, so those of each thread do too. */
static int add_waits(struct timeline *timeline) {
        const struct trace *trace = timeline->trace;
        int r = 0;

        for (size_t i = 0; i < trace->n_waits && r >= 0; i++) {
                const struct wait *wait = &trace->waits[i];
                struct thread_rows *rows;

                if (wait->thread >= trace->catalog->n_threads)
                        continue;
                rows = &timeline->threads[wait->thread];
                if (wait->ended_ns == NEVER)
                        r = add_endless_wait(trace, (uint32_t) i, rows);
                else
                        r = track_add(&rows->waits, wait->began_ns, wait->ended_ns, (uint32_t) i,
                                      span_weight(SPAN_WAITS, 0));
        }
        return r;
}

/* Each hold goes to the first row that is free again. */
static int add_thread_hold(const struct trace *trace, struct thread_rows *rows, uint32_t i) {
        const struct hold *hold = &trace->holds[i];

        for (unsigned row = 0; row < HOLD_ROWS; row++) {
                struct track *track = &rows->holds[row];

                if (track->n > 0 && track->spans[track->n - 1].ended_ns > hold->began_ns)
                        continue;
                if (row >= rows->n_hold_rows)
                        rows->n_hold_rows = row + 1;
                return track_add(track, hold->began_ns, cut(trace, hold->ended_ns), i, span_weight(SPAN_PLAIN, 1));
        }
        return 0;
}

static int build_threads(struct timeline *timeline) {
        const struct trace *trace = timeline->trace;
        int r = 0;

        for (uint32_t id = 0; id < trace->catalog->n_threads; id++) {
                timeline->threads[id].began_ns = cut(trace, trace->catalog->threads[id].began_ns);
                timeline->threads[id].ended_ns = cut(trace, trace->catalog->threads[id].ended_ns);
                timeline->threads[id].deadlocked_ns = NEVER;
        }
        r = add_waits(timeline);
        for (size_t i = 0; i < trace->n_holds && r >= 0; i++)
                if (trace->holds[i].thread < trace->catalog->n_threads)
                        r = add_thread_hold(trace, &timeline->threads[trace->holds[i].thread], (uint32_t) i);
        for (uint32_t id = 0; id < trace->catalog->n_threads && r >= 0; id++) {
                r = track_close(&timeline->threads[id].waits);
                for (unsigned row = 0; row < timeline->threads[id].n_hold_rows && r >= 0; row++)
                        r = track_close(&timeline->threads[id].holds[row]);
        }
        return r;
}

/* ---- objects ---- */

/* Waits, holds or messages: what all three have for their object, and which of its tracks they make. */
struct intervals_of {
        size_t n;
        uint32_t (*object)(const struct trace *trace, size_t i);
        struct interval (*interval)(const struct timeline *timeline, size_t i);
        struct track *(*track)(struct object_rows *rows);
};

static uint32_t wait_object(const struct trace *trace, size_t i) {
        return trace->waits[i].object;
}

static struct interval wait_interval(const struct timeline *timeline, size_t i) {
        const struct wait *wait = &timeline->trace->waits[i];
        uint64_t severe_ns = wait->ended_ns == NEVER ? timeline_thread(timeline, wait->thread)->deadlocked_ns : NEVER;

        return (struct interval) { wait->began_ns, wait->ended_ns, severe_ns, (uint32_t) i };
}

static uint32_t hold_object(const struct trace *trace, size_t i) {
        return trace->holds[i].object;
}

static struct interval hold_interval(const struct timeline *timeline, size_t i) {
        const struct hold *hold = &timeline->trace->holds[i];

        return (struct interval) { hold->began_ns, hold->ended_ns, NEVER, (uint32_t) i };
}

static uint32_t message_object(const struct trace *trace, size_t i) {
        return trace->messages[i].channel;
}

static struct interval message_interval(const struct timeline *timeline, size_t i) {
        const struct message *message = &timeline->trace->messages[i];

        return (struct interval) { message->sent_ns, message->received_ns, NEVER, (uint32_t) i };
}

static struct track *queue_of(struct object_rows *rows) {
        return &rows->queue;
}

static struct track *held_of(struct object_rows *rows) {
        return &rows->held;
}

/* The numbers of all intervals, those of each object together and in the order of their begin: object o has
 * order[starts[o]] … order[starts[o + 1] - 1]. A counting sort, since there may be millions. */
static int sort_by_object(const struct trace *trace, const struct intervals_of *of, uint32_t **ret_order,
                          size_t **ret_starts) {
        uint32_t n_objects = trace->catalog->n_objects;
        size_t *starts = calloc(n_objects + 2, sizeof(*starts));
        uint32_t *order = calloc(of->n + 1, sizeof(*order));

        if (!starts || !order) {
                free(starts);
                free(order);
                return -ENOMEM;
        }
        for (size_t i = 0; i < of->n; i++)
                if (of->object(trace, i) < n_objects)
                        starts[of->object(trace, i) + 2]++;
        for (uint32_t object = 2; object < n_objects + 2; object++)
                starts[object] += starts[object - 1];
        for (size_t i = 0; i < of->n; i++)
                if (of->object(trace, i) < n_objects)
                        order[starts[of->object(trace, i) + 1]++] = (uint32_t) i;
        *ret_order = order;
        *ret_starts = starts;
        return 0;
}

static int add_object_intervals(struct timeline *timeline, const struct intervals_of *of, const uint32_t *order,
                                size_t n, struct object_rows *rows) {
        struct interval *intervals = calloc(n, sizeof(*intervals));
        int r;

        if (!intervals)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                intervals[i] = of->interval(timeline, order[i]);
        r = steps_to_track(intervals, n, timeline->trace->end_ns, of->track(rows));
        free(intervals);
        return r;
}

static int build_tracks(struct timeline *timeline, const struct intervals_of *of) {
        uint32_t *order;
        size_t *starts;
        int r = sort_by_object(timeline->trace, of, &order, &starts);

        if (r < 0)
                return r;
        for (uint32_t object = 0; object < timeline->trace->catalog->n_objects && r >= 0; object++)
                if (starts[object + 1] > starts[object])
                        r = add_object_intervals(timeline, of, order + starts[object],
                                                 starts[object + 1] - starts[object], &timeline->objects[object]);
        free(order);
        free(starts);
        return r;
}

/* The objects of the worst findings come first, so that those of one ring never share a colour. */
static void colour_objects(struct timeline *timeline) {
        const struct trace *trace = timeline->trace;
        uint32_t next = 1;

        for (size_t i = 0; i < trace->findings.n; i++)
                for (size_t k = 0; k < trace->findings.items[i].n_objects; k++) {
                        uint32_t object = trace->findings.items[i].objects[k];

                        if (object < trace->catalog->n_objects && timeline->objects[object].colour == 0)
                                timeline->objects[object].colour = next++;
                }
        for (uint32_t id = 1; id < trace->catalog->n_objects; id++)
                if (timeline->objects[id].colour == 0 && trace->catalog->objects[id].kind != OBJECT_THREAD)
                        timeline->objects[id].colour = next++;
}

static int build_objects(struct timeline *timeline) {
        const struct trace *trace = timeline->trace;
        int r = build_tracks(timeline, &(struct intervals_of) { trace->n_waits, wait_object, wait_interval, queue_of });

        if (r >= 0)
                r = build_tracks(timeline,
                                 &(struct intervals_of) { trace->n_holds, hold_object, hold_interval, held_of });
        if (r >= 0)
                r = build_tracks(timeline, &(struct intervals_of) { trace->n_messages, message_object, message_interval,
                                                                   held_of });
        for (uint32_t id = 0; id < timeline->trace->catalog->n_objects && r >= 0; id++) {
                struct object_rows *rows = &timeline->objects[id];

                r = track_close(&rows->queue);
                if (r >= 0)
                        r = track_close(&rows->held);
                rows->value_max = r >= 0 ? weight_value(track_peak(&rows->held, 0, rows->held.n)) : 0;
        }
        colour_objects(timeline);
        return r;
}

int timeline_new(const struct trace *trace, struct timeline **ret_timeline) {
        struct timeline *timeline = calloc(1, sizeof(*timeline));
        int r = -ENOMEM;

        if (!timeline)
                return -ENOMEM;
        timeline->trace = trace;
        timeline->threads = calloc(trace->catalog->n_threads, sizeof(*timeline->threads));
        timeline->objects = calloc(trace->catalog->n_objects, sizeof(*timeline->objects));
        if (timeline->threads && timeline->objects)
                r = build_threads(timeline);
        if (r >= 0)
                r = build_objects(timeline);
        if (r < 0) {
                timeline_free(timeline);
                return r;
        }
        *ret_timeline = timeline;
        return 0;
}

void timeline_free(struct timeline *timeline) {
        if (!timeline)
                return;
        for (uint32_t id = 0; timeline->threads && id < timeline->trace->catalog->n_threads; id++) {
                track_finish(&timeline->threads[id].waits);
                for (unsigned row = 0; row < HOLD_ROWS; row++)
                        track_finish(&timeline->threads[id].holds[row]);
        }
        for (uint32_t id = 0; timeline->objects && id < timeline->trace->catalog->n_objects; id++) {
                track_finish(&timeline->objects[id].held);
                track_finish(&timeline->objects[id].queue);
        }
        free(timeline->threads);
        free(timeline->objects);
        free(timeline);
}

const struct wait *timeline_wait_at(const struct timeline *timeline, uint32_t thread, uint64_t time_ns,
                                    enum span_state *ret_state) {
        const struct thread_rows *rows = timeline_thread(timeline, thread);
        const struct span *span = track_at(&rows->waits, time_ns);

        if (!span && time_ns >= timeline->trace->end_ns && rows->waits.n > 0 &&
            rows->waits.spans[rows->waits.n - 1].ended_ns == timeline->trace->end_ns)
                span = &rows->waits
                                .spans[rows->waits.n - 1]; /* a wait that reaches the end is still there at the end */
        if (!span)
                return NULL;
        *ret_state = weight_state(span->weight);
        return &timeline->trace->waits[span->item];
}
