#include "analysis/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/history_state.h"
#include "analysis/world_state.h"

struct channel_history {
        uint32_t capacity;
        struct numbered sent, received;
        struct point last_receive, receiver_drop;
        struct point *drops; /* of senders */
        uint32_t n_drops, size_drops;
};

#define REACH(history, table, i) \
        reach_index(&(history)->table, &(history)->n_##table, &(history)->size_##table, (i), sizeof(*(history)->table))

void history_finish(struct history *history) {
        for (uint32_t i = 0; i < history->n_threads; i++) {
                free(history->threads[i].sections);
                free(history->threads[i].edges);
                free(history->threads[i].open);
        }
        for (uint32_t i = 0; i < history->n_channels; i++) {
                numbered_finish(&history->channels[i].sent);
                numbered_finish(&history->channels[i].received);
                free(history->channels[i].drops);
        }
        free(history->threads);
        free(history->last);
        free(history->channel_of);
        free(history->channels);
        history_finish_gates(history);
        *history = (struct history) { 0 };
}

int history_add_edge(struct history *history, struct point to, struct point from) {
        struct thread_history *self = &history->threads[to.thread];
        int r;

        if (from.event == 0 || from.thread == to.thread)
                return 0;
        r = REACH(self, edges, self->n_edges);
        if (r < 0)
                return r;
        self->edges[self->n_edges - 1] = (struct order_edge) { to.event, from.thread, from.event };
        return 0;
}

/* Locks */

static int open_section(struct history *history, const struct event *event, uint32_t id) {
        struct thread_history *self = &history->threads[event->thread];
        bool reads = event->flags & RECORD_READ;

        if (REACH(self, sections, self->n_sections) < 0 || REACH(self, open, self->n_open) < 0)
                return -ENOMEM;
        self->sections[self->n_sections - 1] = (struct section) {
                .time_ns = event->time_ns,
                .lock = event->object,
                .acquired = id,
                .stack = event->stack & INT32_MAX >> 1,
                .reads = reads,
                .tried = (event->flags & (RECORD_TRY | RECORD_TIMED)) != 0,
        };
        self->open[self->n_open - 1] = (struct open_section) { event->object, self->n_sections - 1, event->stack, reads };
        history->last[event->object] = (struct point) { event->thread, id };
        return 0;
}

static bool close_section(struct thread_history *self, uint32_t lock, uint32_t id) {
        for (uint32_t i = self->n_open; i-- > 0;) {
                if (self->open[i].lock != lock)
                        continue;
                self->sections[self->open[i].section].released = id;
                self->n_open--;
                memmove(self->open + i, self->open + i + 1, (self->n_open - i) * sizeof(*self->open));
                return true;
        }
        return false;
}

/* A lock that another thread took is over with its unlock, too, but only in this schedule: that the owner goes on
 * needs the unlock. */
static int close_foreign_section(struct history *history, const struct event *event, uint32_t id) {
        struct point owner = history->last[event->object];
        struct thread_history *other = &history->threads[owner.thread];

        if (owner.event == 0 || !close_section(other, event->object, other->last_event))
                return 0;
        return history_add_edge(history, (struct point) { owner.thread, other->last_event }, (struct point) { event->thread, id });
}

/* What was in the memory of this lock, which is new, was freed or written over while it was held: that was the end of it. */
static void close_replaced(struct history *history, const struct catalog *catalog, const struct event *event, uint32_t id) {
        uint32_t object = catalog->objects[event->object].replaces;
        struct point owner = object > 0 && object < history->n_last ? history->last[object] : (struct point) { 0 };

        if (owner.event > 0 && history->last[event->object].event == 0)
                close_section(&history->threads[owner.thread], object, owner.thread == event->thread ? id : history->threads[owner.thread].last_event);
}

static bool is_open(const struct history *history, struct point owner, uint32_t lock) {
        const struct thread_history *self = &history->threads[owner.thread];

        for (uint32_t i = 0; owner.event > 0 && i < self->n_open; i++)
                if (self->open[i].lock == lock)
                        return true;
        return false;
}

/* A robust lock is got after its owner has ended. */
static int end_with_owner(struct history *history, const struct event *event, uint32_t id) {
        struct point owner = history->last[event->object];
        struct thread_history *other = &history->threads[owner.thread];

        close_section(other, event->object, other->last_event);
        return history_add_edge(history, (struct point) { event->thread, id }, (struct point) { owner.thread, other->last_event });
}

static int apply_lock(struct history *history, const struct catalog *catalog, const struct event *event, uint32_t id) {
        struct point last = history->last[event->object];

        if (event->flags & RECORD_AGAIN)
                return 0;
        if (!object_is_lock(catalog->objects[event->object].kind))
                return 0;
        if (catalog->objects[event->object].kind == OBJECT_ONCE && event->flags & RECORD_READ)
                return event->kind == EV_LOCK ? history_add_edge(history, (struct point) { event->thread, id }, last) : 0;
        close_replaced(history, catalog, event, id);
        if (event->kind == EV_LOCK && event->value == EOWNERDEAD && is_open(history, last, event->object)) {
                int r = end_with_owner(history, event, id);

                return r < 0 ? r : open_section(history, event, id);
        }
        if (event->kind == EV_LOCK)
                return open_section(history, event, id);
        if (event->kind == EV_LOCK_FAIL)
                return is_open(history, last, event->object) ? history_add_edge(history, (struct point) { event->thread, id }, last) : 0;
        if (catalog->objects[event->object].kind == OBJECT_ONCE)
                history->last[event->object] = (struct point) { event->thread, id };
        return close_section(&history->threads[event->thread], event->object, id) ? 0 : close_foreign_section(history, event, id);
}

/* Channels */

static int apply_send(struct history *history, struct channel_history *channel, const struct event *event, uint32_t id) {
        bool bounded = channel->capacity != UINT32_MAX && channel->capacity > 0;
        int r = 0;

        if (bounded && event->sequence > channel->capacity) {
                r = history_add_edge(history, (struct point) { event->thread, id },
                                     numbered_get(&channel->received, event->sequence - channel->capacity));
                numbered_forget(&channel->received, event->sequence - channel->capacity);
        }
        return r < 0 ? r : numbered_put(&channel->sent, event->sequence, (struct point) { event->thread, id });
}

static int apply_receive(struct history *history, struct channel_history *channel, const struct event *event, uint32_t id) {
        int r;

        r = history_add_edge(history, (struct point) { event->thread, id }, numbered_get(&channel->sent, event->sequence));
        if (r == 0)
                r = history_add_edge(history, (struct point) { event->thread, id }, channel->last_receive);
        if (r == 0 && channel->capacity != UINT32_MAX && channel->capacity > 0)
                r = numbered_put(&channel->received, event->sequence, (struct point) { event->thread, id });
        numbered_forget(&channel->sent, event->sequence);
        channel->last_receive = (struct point) { event->thread, id };
        return r;
}

static int apply_sender_drop(struct channel_history *channel, const struct event *event, uint32_t id) {
        int r = REACH(channel, drops, channel->n_drops);

        if (r == 0)
                channel->drops[channel->n_drops - 1] = (struct point) { event->thread, id };
        return r;
}

/* Nothing came. Because there is nobody left, or because nothing came in time? */
static int apply_receive_fail(struct history *history, struct channel_history *channel, const struct event *event, uint32_t id) {
        int r = 0;

        if (event->value == EAGAIN || event->value == ETIMEDOUT)
                return 0;
        for (uint32_t i = 0; r == 0 && i < channel->n_drops; i++)
                r = history_add_edge(history, (struct point) { event->thread, id }, channel->drops[i]);
        return r;
}

static struct channel_history *channel_of(struct history *history, const struct catalog *catalog, uint32_t object) {
        uint32_t next = history->n_channels > 0 ? history->n_channels : 1;

        if (REACH(history, channel_of, object) < 0)
                return NULL;
        if (history->channel_of[object] == 0) {
                if (REACH(history, channels, next) < 0)
                        return NULL;
                history->channels[next].capacity = catalog->objects[object].capacity;
                history->channel_of[object] = next;
        }
        return &history->channels[history->channel_of[object]];
}

/* A queue does not say which message is which. */
static int apply_queue(struct history *history, const struct event *event, uint32_t id) {
        struct point self = { event->thread, id };
        int r = history_add_edge(history, self, history->last[event->object]);

        if (event->kind == EV_SEND || event->kind == EV_RECV)
                history->last[event->object] = self;
        return r;
}

static int apply_channel(struct history *history, const struct catalog *catalog, const struct event *event, uint32_t id) {
        struct channel_history *channel = channel_of(history, catalog, event->object);

        if (!channel)
                return -ENOMEM;
        switch (event->kind) {
        case EV_CHANNEL_NEW:
                channel->capacity = event->value;
                return 0;
        case EV_SEND:
                return apply_send(history, channel, event, id);
        case EV_HANDED_OVER:
                return history_add_edge(history, (struct point) { event->thread, id }, channel->last_receive);
        case EV_SEND_FAIL:
                return history_add_edge(history, (struct point) { event->thread, id }, channel->receiver_drop);
        case EV_RECV:
                return apply_receive(history, channel, event, id);
        case EV_RECV_FAIL:
                return apply_receive_fail(history, channel, event, id);
        case EV_SENDER_DROP:
                return apply_sender_drop(channel, event, id);
        case EV_RECEIVER_DROP:
                channel->receiver_drop = (struct point) { event->thread, id };
                return 0;
        default:
                return 0;
        }
}

/* The rest */

static int apply_spawn(struct history *history, const struct catalog *catalog, const struct event *event, uint32_t id) {
        uint32_t child = catalog_object_thread(catalog, event->object);

        if (child == 0 || child >= catalog->n_threads || REACH(history, threads, child) < 0)
                return child == 0 || child >= catalog->n_threads ? 0 : -ENOMEM;
        return history_add_edge(history, (struct point) { child, 0 }, (struct point) { event->thread, id });
}

static int apply_join(struct history *history, const struct catalog *catalog, const struct event *event, uint32_t id) {
        uint32_t target = catalog_object_thread(catalog, event->object);

        if (target == 0 || target >= history->n_threads)
                return 0;
        return history_add_edge(history, (struct point) { event->thread, id }, (struct point) { target, history->threads[target].last_event });
}

static int apply_wake(struct history *history, const struct event *event, uint32_t id) {
        struct point signal = history->last[event->object];

        if (event->value != 0 || signal.event < history->threads[event->thread].cond_wait)
                return 0; /* by its timeout, or for no reason */
        return history_add_edge(history, (struct point) { event->thread, id }, signal);
}

static int apply_kind(struct history *history, const struct catalog *catalog, const struct event *event, uint32_t id) {
        switch (event->kind) {
        case EV_SPAWN:
                return apply_spawn(history, catalog, event, id);
        case EV_JOIN:
                return apply_join(history, catalog, event, id);
        case EV_LOCK:
        case EV_LOCK_FAIL:
        case EV_UNLOCK:
        case EV_LOCK_DESTROY:
                return apply_lock(history, catalog, event, id);
        case EV_CHANNEL_NEW ... EV_RECEIVER_DROP:
                if (catalog->objects[event->object].kind == OBJECT_QUEUE)
                        return apply_queue(history, event, id);
                return apply_channel(history, catalog, event, id);
        case EV_COND_WAIT:
                history->threads[event->thread].cond_wait = id;
                return 0;
        case EV_COND_WAKE:
                return apply_wake(history, event, id);
        case EV_COND_SIGNAL:
        case EV_COND_BROADCAST:
                history->last[event->object] = (struct point) { event->thread, id };
                return 0;
        default:
                return 0;
        }
}

int history_apply(struct history *history, const struct catalog *catalog, const struct event *event, uint32_t id) {
        int r;

        if (REACH(history, threads, event->thread) < 0 || REACH(history, last, event->object) < 0)
                return -ENOMEM;
        if (object_is_gate(catalog->objects[event->object].kind))
                r = history_apply_gate(history, catalog, event, id);
        else
                r = event->object > 0 ? apply_kind(history, catalog, event, id) : 0;
        history->threads[event->thread].last_event = id;
        return r;
}

/* Asking */

/* How many sections of the thread were acquired before this event. */
static uint32_t n_acquired_before(const struct thread_history *self, uint32_t event) {
        uint32_t low = 0, high = self->n_sections;

        while (low < high) {
                uint32_t middle = low + (high - low) / 2;

                if (self->sections[middle].acquired < event)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

const struct section *history_held(const struct history *history, uint32_t thread, uint32_t lock, uint32_t before) {
        const struct thread_history *self;

        if (thread >= history->n_threads)
                return NULL;
        self = &history->threads[thread];
        for (uint32_t i = n_acquired_before(self, before); i-- > 0;)
                if (self->sections[i].lock == lock)
                        return &self->sections[i];
        return NULL;
}

const struct section *history_acquired(const struct history *history, uint32_t thread, uint32_t lock, uint32_t from) {
        const struct thread_history *self;

        if (thread >= history->n_threads)
                return NULL;
        self = &history->threads[thread];
        for (uint32_t i = n_acquired_before(self, from); i < self->n_sections; i++)
                if (self->sections[i].lock == lock)
                        return &self->sections[i];
        return NULL;
}
