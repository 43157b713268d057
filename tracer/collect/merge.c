/* See merge.h for what is guaranteed and why. */
#include "collect/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/heap.h"
#include "model/event.h"

/* Two kinds of cause have a thread as their object and no number of their own. */
enum { CAUSE_SPAWN = 1, CAUSE_EXIT = 2 };

struct key {
        uint64_t a, b;
};

/* order: the object's last number, and the first of the streams that wait for the next. */
#define ORDER(last, waiter) ((uint64_t) (waiter) << 32 | (last))
#define ORDER_LAST(value) ((uint32_t) (value))
#define ORDER_WAITER(value) ((uint32_t) ((value) >> 32))

/* causes: the cause has been merged, or this stream waits for it. */
#define CAUSE_MERGED UINT64_MAX

int merge_init(struct merge *merge, struct spool *spool, uint64_t ticks_per_second, const struct merge_visitor *visitor) {
        *merge = (struct merge) { .spool = spool, .visitor = *visitor };
        merge->patience = (uint64_t) ((double) MERGE_PATIENCE_NS * 1e-9 * (double) ticks_per_second);
        merge->short_patience = (uint64_t) ((double) MERGE_SHORT_PATIENCE_NS * 1e-9 * (double) ticks_per_second);
        merge->slack = (uint64_t) ((double) MERGE_SLACK_NS * 1e-9 * (double) ticks_per_second);
        merge->horizon = UINT64_MAX;
        return 0;
}

static void stream_free(struct merge *merge, struct stream *stream) {
        merge->n_records -= stream->queue.n;
        spool_clear(merge->spool, &stream->queue);
        merge->streams[stream->index] = NULL;
        if (stream->index < merge->first_free)
                merge->first_free = stream->index;
        free(stream);
}

void merge_finish(struct merge *merge) {
        for (uint32_t i = 1; i < merge->n_streams; i++) {
                if (!merge->streams[i])
                        continue;
                if (merge->visitor.end)
                        merge->visitor.end(merge->visitor.data, merge->streams[i]);
                stream_free(merge, merge->streams[i]);
        }
        free(merge->streams);
        heap_finish(&merge->heap);
        free(merge->parked);
        table_finish(&merge->order);
        table_finish(&merge->causes);
        memset(merge, 0, sizeof(*merge));
}

/* ---- streams */

/* Every array has a place for each stream, so that nothing has to grow while merging. */
static bool grow_streams(struct merge *merge) {
        uint32_t size = merge->size_streams ? merge->size_streams * 2 : 64;
        struct stream **streams = reallocarray(merge->streams, size, sizeof(*streams));
        struct stream **parked;

        if (streams)
                merge->streams = streams;
        if (!streams || !heap_reach(&merge->heap, size))
                return false;
        parked = reallocarray(merge->parked, size, sizeof(*parked));
        if (!parked)
                return false;
        merge->parked = parked;
        merge->size_streams = size;
        return true;
}

/* The lowest index that nobody has; there are as many as threads that live at once, and those that are not merged yet. */
static uint32_t free_index(struct merge *merge) {
        while (merge->first_free < merge->n_streams && (merge->first_free == 0 || merge->streams[merge->first_free]))
                merge->first_free++;
        if (merge->first_free < merge->n_streams)
                return merge->first_free;
        if (merge->n_streams == 0)
                merge->n_streams = 1; /* index 0 is nobody */
        if (merge->n_streams >= merge->size_streams && !grow_streams(merge))
                return 0;
        return merge->n_streams++;
}

struct stream *merge_open(struct merge *merge, uint32_t thread, uint32_t image) {
        struct stream *stream = calloc(1, sizeof(*stream));
        uint32_t index = stream ? free_index(merge) : 0;

        if (!index) {
                free(stream);
                return NULL;
        }
        stream->thread = thread;
        stream->image = image;
        stream->index = index;
        merge->streams[index] = stream;
        return stream;
}

static bool is_meta(const struct record *record) {
        return (unsigned) record_kind(record) >= EV_STACK;
}

/* What else there is was never recorded like this: the program has written over its ring. */
static bool can_be_event(const struct merge *merge, const struct record *record) {
        return event_info(record_kind(record))->name && record->time >= merge->earliest && record->time <= merge->horizon;
}

/* Meta records have key 0, and so come at once. So does what cannot be an event. An event's key is never 0 and never less than
 * the one before it of its thread. */
static uint64_t key_of(const struct merge *merge, const struct stream *stream, const struct record *record) {
        uint64_t least = stream->last_time ? stream->last_time : 1;

        if (is_meta(record) || !can_be_event(merge, record))
                return 0;
        return record->time < least ? least : record->time;
}

size_t merge_append(struct merge *merge, struct stream *stream, const struct record *records, size_t n) {
        bool was_empty = stream->queue.n == 0;
        size_t done = spool_push(merge->spool, &stream->queue, records, n);

        merge->n_records += done;
        if (was_empty && done > 0) {
                stream->key = key_of(merge, stream, spool_first(merge->spool, &stream->queue));
                heap_push(&merge->heap, stream);
        }
        return done;
}

void merge_set_lossy(struct merge *merge) {
        if (merge->lossy)
                return;
        merge->lossy = true;
        merge->next_due = 0;
        for (uint32_t i = 0; i < merge->n_parked; i++)
                merge->parked[i]->due = merge->parked[i]->key + merge->short_patience;
}

/* ---- what a record needs, and what it sets free */

static struct key object_key(const struct stream *stream, const struct record *record) {
        return (struct key) {
                record_object(record) | (uint64_t) record_object_kind(record) << 48,
                (uint64_t) stream->image << 32 | 1,
        };
}

/* Threads have numbers that are good for the whole session, so their image does not matter. */
static struct key cause_key(const struct stream *stream, const struct record *record) {
        enum event_kind kind = record_kind(record);
        struct key key = object_key(stream, record);

        if (kind == EV_SPAWN || kind == EV_THREAD_START)
                key.b = UINT64_C(1) << 63 | CAUSE_SPAWN;
        else if (kind == EV_THREAD_EXIT || kind == EV_JOIN)
                key.b = UINT64_C(1) << 63 | CAUSE_EXIT;
        else
                key.b = (uint64_t) (stream->image + 1) << 32 | record->sequence;
        return key;
}

/* A thread that nobody spawned (a process's first) has 0 for its parent, a joined one that was not recorded has no serial. */
static bool needs_cause(const struct record *record) {
        if (record_kind(record) == EV_THREAD_START)
                return record->value != 0;
        if (record_kind(record) == EV_JOIN)
                return record_object(record) != 0;
        return record_number(record) != 0;
}

/* Moves the stream from the heap to the parked, for `patience` of recorded time. */
static void park(struct merge *merge, struct stream *stream, uint64_t patience) {
        heap_remove(&merge->heap, stream);
        stream->parked = true;
        stream->due = stream->key + (merge->lossy ? merge->short_patience : patience);
        if (stream->due < merge->next_due || merge->n_parked == 0)
                merge->next_due = stream->due;
        stream->park_place = merge->n_parked;
        merge->parked[merge->n_parked++] = stream;
}

static void unpark(struct merge *merge, struct stream *stream) {
        struct stream *last = merge->parked[--merge->n_parked];

        merge->parked[stream->park_place] = last;
        last->park_place = stream->park_place;
        stream->parked = false;
        stream->next_waiter = 0;
        heap_push(&merge->heap, stream);
}

/* True when `number` may follow what was merged of its object. Number 1 begins anew: its memory was made a lock again, and
 * all of its former life lies before it in time. A number that was passed over when something else was forced comes late. */
static bool number_is_next(uint64_t order, uint32_t number) {
        uint32_t last = ORDER_LAST(order);

        if (number == 1)
                return last == 0 || !ORDER_WAITER(order);
        return (int32_t) (number - last) <= 1;
}

/* 1 ready, 0 parked, or -ENOMEM. */
static int check_next(struct merge *merge, struct stream *stream, const struct record *record) {
        struct key key = object_key(stream, record);
        uint64_t *order;

        if (record_number(record) == 0)
                return 1;
        order = table_put(&merge->order, key.a, key.b);
        if (!order)
                return -ENOMEM;
        merge->found = order;
        if (number_is_next(*order, record_number(record)))
                return 1;
        park(merge, stream, ORDER_LAST(*order) ? merge->patience : merge->short_patience);
        stream->next_waiter = ORDER_WAITER(*order);
        *order = ORDER(ORDER_LAST(*order), stream->index);
        return 0;
}

static int check_effect(struct merge *merge, struct stream *stream, const struct record *record) {
        struct key key = cause_key(stream, record);
        uint64_t *cause;

        if (!needs_cause(record))
                return 1;
        cause = table_put(&merge->causes, key.a, key.b);
        if (!cause)
                return -ENOMEM;
        if (*cause) /* merged; or, in a damaged trace, somebody else's cause: one waiter is enough */
                return 1;
        park(merge, stream, merge->patience);
        *cause = stream->index;
        return 0;
}

static int check_ready(struct merge *merge, struct stream *stream, const struct record *record) {
        merge->found = NULL;
        if (stream->forced)
                return 1;
        switch (event_info(record_kind(record))->order) {
        case ORDER_NEXT:
                return check_next(merge, stream, record);
        case ORDER_EFFECT:
                return check_effect(merge, stream, record);
        default:
                return 1;
        }
}

/* Takes a stream out of the list of those that wait for an object. */
static void remove_waiter(struct merge *merge, uint64_t *order, const struct stream *stream) {
        uint32_t waiter = ORDER_WAITER(*order);

        if (waiter == stream->index) {
                *order = ORDER(ORDER_LAST(*order), stream->next_waiter);
                return;
        }
        while (waiter && merge->streams[waiter]->next_waiter != stream->index)
                waiter = merge->streams[waiter]->next_waiter;
        if (waiter)
                merge->streams[waiter]->next_waiter = stream->next_waiter;
}

/* Lets those go on that this number was waited for by. */
static void settle_next(struct merge *merge, const struct stream *stream, const struct record *record) {
        struct key key = object_key(stream, record);
        uint64_t *order = merge->found;
        uint32_t next;

        if (record_number(record) == 0)
                return;
        if (!order) /* it was forced, and not looked up; the lock may be gone since */
                order = table_find(&merge->order, key.a, key.b);
        if (!order)
                return;
        if (record_number(record) == 1 || (int32_t) (record_number(record) - ORDER_LAST(*order)) > 0)
                *order = ORDER(record_number(record), ORDER_WAITER(*order));
        for (uint32_t waiter = ORDER_WAITER(*order); waiter; waiter = next) {
                struct stream *waiting = merge->streams[waiter];
                const struct record *first = spool_first(merge->spool, &waiting->queue);

                next = waiting->next_waiter;
                if ((int32_t) (record_number(first) - ORDER_LAST(*order)) > 1)
                        continue;
                remove_waiter(merge, order, waiting);
                unpark(merge, waiting);
        }
}

/* 0 or -ENOMEM. */
static int settle_cause(struct merge *merge, struct key key) {
        uint64_t *cause = table_put(&merge->causes, key.a, key.b);

        if (!cause)
                return -ENOMEM;
        if (*cause && *cause != CAUSE_MERGED)
                unpark(merge, merge->streams[*cause]);
        *cause = CAUSE_MERGED;
        return 0;
}

/* An effect uses its cause up. */
static void settle_effect(struct merge *merge, const struct stream *stream, const struct record *record) {
        struct key key = cause_key(stream, record);
        uint64_t *cause = table_find(&merge->causes, key.a, key.b);

        if (cause && *cause == CAUSE_MERGED)
                table_remove(&merge->causes, key.a, key.b);
}

static struct key exit_key(const struct stream *stream) {
        struct record record = { .what = record_what(stream->thread, EV_THREAD_EXIT, OBJECT_THREAD, 0) };

        return cause_key(stream, &record);
}

static int settle(struct merge *merge, struct stream *stream, const struct record *record) {
        enum event_kind kind = record_kind(record);
        struct key key;

        if (kind == EV_LOCK_INIT || kind == EV_LOCK_DESTROY) {
                key = object_key(stream, record);
                if (table_find(&merge->order, key.a, key.b) && !ORDER_WAITER(*table_find(&merge->order, key.a, key.b)))
                        table_remove(&merge->order, key.a, key.b);
                return 0;
        }
        switch (event_info(kind)->order) {
        case ORDER_NEXT:
                settle_next(merge, stream, record);
                return 0;
        case ORDER_EFFECT:
                settle_effect(merge, stream, record);
                return 0;
        case ORDER_CAUSE:
                stream->has_exited |= kind == EV_THREAD_EXIT;
                return settle_cause(merge, cause_key(stream, record));
        default:
                return 0;
        }
}

/* ---- merging */

/* A thread that ended without saying so (it was killed, or its last records were lost) has ended all the same: whoever
 * joined it does not wait. */
static int end_stream(struct merge *merge, struct stream *stream) {
        int r = stream->has_exited || !stream->thread ? 0 : settle_cause(merge, exit_key(stream));

        if (merge->visitor.end)
                merge->visitor.end(merge->visitor.data, stream);
        stream_free(merge, stream);
        return r;
}

void merge_close(struct merge *merge, struct stream *stream) {
        stream->closed = true;
        if (stream->queue.n == 0)
                (void) end_stream(merge, stream); /* out of memory costs a waiter its patience */
}

/* The first record of the stream has been dealt with. */
static int advance(struct merge *merge, struct stream *stream) {
        spool_pop(merge->spool, &stream->queue);
        merge->n_records--;
        stream->forced = false;
        if (stream->queue.n > 0) {
                stream->key = key_of(merge, stream, spool_first(merge->spool, &stream->queue));
                heap_fix(&merge->heap, stream);
                return 0;
        }
        heap_remove(&merge->heap, stream);
        return stream->closed ? end_stream(merge, stream) : 0;
}

/* One record of the first stream in the heap, which is ready. */
static int merge_event(struct merge *merge, struct stream *stream, const struct record *record) {
        uint64_t time = stream->key > merge->last_time ? stream->key : merge->last_time;
        int r = merge->visitor.visit(merge->visitor.data, stream, record, time);

        if (r < 0)
                return r;
        stream->last_time = stream->key;
        merge->last_time = time;
        merge->n_merged++;
        r = settle(merge, stream, record);
        return r < 0 ? r : advance(merge, stream);
}

static int merge_meta(struct merge *merge, struct stream *stream, const struct record *record) {
        int r = 0;

        if (is_meta(record) && record_kind(record) <= EV_EXEC) {
                r = merge->visitor.visit(merge->visitor.data, stream, record, 0);
        } else {
                merge->n_damaged++;
                merge_set_lossy(merge); /* it may be what others wait for */
        }
        return r < 0 ? r : advance(merge, stream);
}

/* Of those that wait for the same object, the one with the lowest number goes first. */
static struct stream *lowest_waiter(struct merge *merge, struct stream *stream, uint64_t order) {
        struct stream *lowest = stream;
        uint32_t distance = UINT32_MAX;

        for (uint32_t i = ORDER_WAITER(order); i; i = merge->streams[i]->next_waiter) {
                struct stream *waiting = merge->streams[i];
                uint32_t number = record_number(spool_first(merge->spool, &waiting->queue));

                if (number - ORDER_LAST(order) - 1 < distance) {
                        distance = number - ORDER_LAST(order) - 1;
                        lowest = waiting;
                }
        }
        return lowest;
}

/* Lets a parked stream go on without what it waits for. */
static void force(struct merge *merge, struct stream *stream) {
        const struct record *record = spool_first(merge->spool, &stream->queue);
        struct key key;
        uint64_t *order;

        if (event_info(record_kind(record))->order == ORDER_NEXT) {
                key = object_key(stream, record);
                order = table_find(&merge->order, key.a, key.b);
                stream = lowest_waiter(merge, stream, *order);
                /* The first that is seen of an object has not been passed by anything. */
                merge->n_unordered += ORDER_LAST(*order) != 0;
                remove_waiter(merge, order, stream);
        } else {
                key = cause_key(stream, record);
                table_remove(&merge->causes, key.a, key.b);
                merge->n_unordered++;
        }
        stream->forced = true;
        unpark(merge, stream);
}

/* One that is due and has not been overtaken by what it waits for. */
static struct stream *find_overdue(struct merge *merge, uint64_t now) {
        struct stream *overdue = NULL;

        merge->next_due = UINT64_MAX;
        for (uint32_t i = 0; i < merge->n_parked; i++) {
                struct stream *stream = merge->parked[i];

                if (stream->due < now && (!overdue || stream->key < overdue->key))
                        overdue = stream;
                if (stream->due < merge->next_due)
                        merge->next_due = stream->due;
        }
        return overdue;
}

bool merge_force(struct merge *merge) {
        struct stream *oldest = find_overdue(merge, UINT64_MAX);

        if (oldest)
                force(merge, oldest);
        return oldest;
}

/* Patience is measured by how far the merge has come, not by the watermark: what is waited for may still lie in the spool. */
static bool force_overdue(struct merge *merge, uint64_t watermark) {
        uint64_t now = merge->heap.n > 0 && merge->heap.streams[1]->key < watermark ? merge->heap.streams[1]->key : watermark;
        struct stream *overdue;

        if (merge->n_parked == 0 || now <= merge->next_due)
                return false;
        overdue = find_overdue(merge, now);
        if (overdue)
                force(merge, overdue);
        return overdue;
}

int64_t merge_run(struct merge *merge, uint64_t watermark, uint64_t max) {
        uint64_t n = 0;
        int r = 0;

        while (n < max) {
                struct stream *stream = merge->heap.n > 0 ? merge->heap.streams[1] : NULL;
                const struct record *record;

                if (force_overdue(merge, watermark))
                        continue;
                if (!stream || stream->key > watermark)
                        break;
                record = spool_first(merge->spool, &stream->queue);
                if (stream->key == 0) {
                        r = merge_meta(merge, stream, record);
                } else {
                        r = check_ready(merge, stream, record);
                        if (r == 0)
                                continue;
                        if (r > 0)
                                r = merge_event(merge, stream, record);
                }
                if (r < 0)
                        return r;
                n++;
        }
        return (int64_t) n;
}
