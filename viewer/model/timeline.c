#include "model/timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
                                                : step->role == STEP_QUEUES || step->role == STEP_WAITS ? SPAN_QUEUES : SPAN_PLAIN;

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
                        r = track_add(&rows->waits, wait->began_ns, wait->ended_ns, (uint32_t) i, span_weight(SPAN_WAITS, 0));
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

/* Something begins or ends to count for an object. */
struct point {
        uint64_t time_ns;
        uint32_t object, item;
        int8_t change, severe; /* +1, 0 or -1 to how many there are, and to how many of these are deadlocked */
};

struct points {
        struct point *items;
        size_t n;
};

static void finish_points(struct points *points) {
        free(points->items);
}

static void add_point(struct points *points, uint64_t time_ns, uint32_t object, size_t item, int change, int severe) {
        points->items[points->n++] = (struct point) { time_ns, object, (uint32_t) item, (int8_t) change, (int8_t) severe };
}

static int compare_points(const void *left, const void *right) {
        const struct point *a = left, *b = right;

        if (a->object != b->object)
                return a->object < b->object ? -1 : 1;
        return a->time_ns < b->time_ns ? -1 : a->time_ns > b->time_ns;
}

/* Turns the points of one object, ordered by time, into spans in which nothing changes. */
static int steps_to_track(const struct trace *trace, const struct point *points, size_t n, struct track *track) {
        uint64_t since_ns = 0;
        int count = 0, severe = 0, r = 0;
        uint32_t items = 0; /* all those that count, xor-ed: when it is one, this is it */

        for (size_t i = 0; i < n && r >= 0;) {
                uint64_t now_ns = cut(trace, points[i].time_ns);

                if (count > 0 && now_ns > since_ns)
                        r = track_add(track, since_ns, now_ns, count == 1 ? items : NO_ITEM,
                                      span_weight(severe > 0 ? SPAN_DEADLOCKED : SPAN_PLAIN, (uint32_t) count));
                for (; i < n && cut(trace, points[i].time_ns) == now_ns; i++) {
                        count += points[i].change;
                        severe += points[i].severe;
                        if (points[i].change != 0)
                                items ^= points[i].item;
                }
                since_ns = now_ns;
        }
        return r;
}

/* Sorts the points and hands those of each object to its track, `queue` or `held`. */
static int points_to_tracks(struct timeline *timeline, struct points *points, bool queue) {
        int r = 0;

        qsort(points->items, points->n, sizeof(*points->items), compare_points);
        for (size_t from = 0, to; from < points->n && r >= 0; from = to) {
                uint32_t object = points->items[from].object;

                for (to = from; to < points->n && points->items[to].object == object; to++)
                        ;
                if (object < timeline->trace->catalog->n_objects)
                        r = steps_to_track(timeline->trace, &points->items[from], to - from,
                                           queue ? &timeline->objects[object].queue : &timeline->objects[object].held);
        }
        return r;
}

static int build_queues(struct timeline *timeline) {
        const struct trace *trace = timeline->trace;
        __attribute__((cleanup(finish_points))) struct points points = { calloc(trace->n_waits * 3 + 1, sizeof(struct point)), 0 };

        if (!points.items)
                return -ENOMEM;
        for (size_t i = 0; i < trace->n_waits; i++) {
                const struct wait *wait = &trace->waits[i];
                uint64_t deadlocked_ns = wait->ended_ns == NEVER ? timeline_thread(timeline, wait->thread)->deadlocked_ns : NEVER;

                add_point(&points, wait->began_ns, wait->object, i, 1, 0);
                if (deadlocked_ns != NEVER)
                        add_point(&points, deadlocked_ns, wait->object, i, 0, 1);
                add_point(&points, wait->ended_ns, wait->object, i, -1, deadlocked_ns != NEVER ? -1 : 0);
        }
        return points_to_tracks(timeline, &points, true);
}

static int build_held(struct timeline *timeline) {
        const struct trace *trace = timeline->trace;
        size_t n = trace->n_holds + trace->n_messages;
        __attribute__((cleanup(finish_points))) struct points points = { calloc(n * 2 + 1, sizeof(struct point)), 0 };

        if (!points.items)
                return -ENOMEM;
        for (size_t i = 0; i < trace->n_holds; i++) {
                add_point(&points, trace->holds[i].began_ns, trace->holds[i].object, i, 1, 0);
                add_point(&points, trace->holds[i].ended_ns, trace->holds[i].object, i, -1, 0);
        }
        for (size_t i = 0; i < trace->n_messages; i++) {
                add_point(&points, trace->messages[i].sent_ns, trace->messages[i].channel, i, 1, 0);
                add_point(&points, trace->messages[i].received_ns, trace->messages[i].channel, i, -1, 0);
        }
        return points_to_tracks(timeline, &points, false);
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
        int r = build_queues(timeline);

        if (r >= 0)
                r = build_held(timeline);
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

const struct wait *timeline_wait_at(const struct timeline *timeline, uint32_t thread, uint64_t time_ns, enum span_state *ret_state) {
        const struct thread_rows *rows = timeline_thread(timeline, thread);
        const struct span *span = track_at(&rows->waits, time_ns);

        if (!span && time_ns >= timeline->trace->end_ns && rows->waits.n > 0 &&
            rows->waits.spans[rows->waits.n - 1].ended_ns == timeline->trace->end_ns)
                span = &rows->waits.spans[rows->waits.n - 1]; /* a wait that reaches the end is still there at the end */
        if (!span)
                return NULL;
        *ret_state = weight_state(span->weight);
        return &timeline->trace->waits[span->item];
}
