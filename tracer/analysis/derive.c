#include "analysis/derive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/world_state.h"

/* The holds of one thread that are not over. */
struct open_holds {
        struct open_hold {
                uint32_t object, hold;
                uint32_t depth; /* how often it is held; only readers take a lock again while they have it */
        } *items;
        uint32_t n_items, size_items;
};

#define MOST_SENDERS_WAITING 1000 /* on one queue */

/* The messages inside a message queue, and those that wait to get in, the oldest first. */
struct queue {
        struct queued {
                uint32_t message, priority;
        } *items;
        uint32_t n_items, size_items;
};

#define REACH(self, table, i) reach_index(&(self)->table, &(self)->n_##table, &(self)->size_##table, (i), sizeof(*(self)->table))

void derive_finish(struct derive *derive) {
        for (uint32_t i = 0; i < derive->n_open_holds; i++)
                free(derive->open_holds[i].items);
        for (uint32_t i = 0; i < derive->n_sent; i++)
                numbered_finish(&derive->sent[i]);
        for (uint32_t i = 0; i < derive->n_queues; i++)
                free(derive->queues[i].items);
        free(derive->queues);
        free(derive->waits);
        free(derive->holds);
        free(derive->messages);
        free(derive->open_wait);
        free(derive->open_holds);
        free(derive->sent);
        *derive = (struct derive) { 0 };
}

/* Waits */

/* The one thread that is known to be able to end a wait at its begin. */
static uint32_t owner_of(const struct world *world, const struct catalog *catalog, const struct event *event) {
        const struct object_slot *slot = world_object_slot(world, event->object);

        switch (event->kind) {
        case EV_LOCK_WAIT:
                return slot->owner;
        case EV_JOIN_WAIT:
                return catalog_object_thread(catalog, event->object);
        case EV_SEND_WAIT:
                return world->channels[slot->channel].receiver;
        default:
                return 0;
        }
}

static void end_wait(struct derive *derive, const struct event *event) {
        uint32_t *open = &derive->open_wait[event->thread];

        if (*open == 0)
                return;
        derive->waits[*open - 1].ended_by = event->kind;
        derive->waits[*open - 1].ended_ns = event->time_ns;
        *open = 0;
}

static int begin_wait(struct derive *derive, const struct world *world, const struct catalog *catalog, const struct event *event, uint64_t id) {
        if (REACH(derive, waits, derive->n_waits) < 0)
                return -ENOMEM;
        derive->waits[derive->n_waits - 1] = (struct wait) {
                .thread = event->thread,
                .object = event->object,
                .stack = event->stack,
                .owner = owner_of(world, catalog, event),
                .kind = event->kind,
                .began_ns = event->time_ns,
                .ended_ns = NEVER,
                .event_id = id,
        };
        derive->open_wait[event->thread] = derive->n_waits;
        return 0;
}

static int apply_wait(struct derive *derive, const struct world *world, const struct catalog *catalog, const struct event *event, uint64_t id) {
        uint8_t effect = world->effects[event->kind];

        if (effect == EFFECT_SAME)
                return 0;
        if (REACH(derive, open_wait, event->thread) < 0)
                return -ENOMEM;
        if (effect == EFFECT_WAITS)
                return begin_wait(derive, world, catalog, event, id);
        end_wait(derive, event);
        return 0;
}

/* Holds */

/* A reader that reads again. */
static bool goes_on(struct derive *derive, const struct open_holds *open, const struct event *event) {
        for (uint32_t i = 0; event->flags & RECORD_READ && i < open->n_items; i++) {
                if (open->items[i].object != event->object || !(derive->holds[open->items[i].hold].flags & RECORD_READ))
                        continue;
                open->items[i].depth++;
                return true;
        }
        return false;
}

static int begin_hold(struct derive *derive, const struct event *event, uint64_t id) {
        struct open_holds *open;

        if (REACH(derive, open_holds, event->thread) < 0)
                return -ENOMEM;
        open = &derive->open_holds[event->thread];
        if (goes_on(derive, open, event))
                return 0;
        if (REACH(derive, holds, derive->n_holds) < 0 || REACH(open, items, open->n_items) < 0)
                return -ENOMEM;
        open->items[open->n_items - 1] = (struct open_hold) { event->object, derive->n_holds - 1, 1 };
        derive->holds[derive->n_holds - 1] = (struct hold) {
                .thread = event->thread,
                .object = event->object,
                .stack = event->stack,
                .flags = event->flags & RECORD_READ,
                .began_ns = event->time_ns,
                .ended_ns = NEVER,
                .event_id = id,
        };
        return 0;
}

static bool end_hold(struct derive *derive, uint32_t thread, const struct event *event) {
        struct open_holds *open = thread < derive->n_open_holds ? &derive->open_holds[thread] : NULL;

        for (uint32_t i = open ? open->n_items : 0; i-- > 0;) {
                if (open->items[i].object != event->object)
                        continue;
                if (--open->items[i].depth > 0)
                        return true;
                derive->holds[open->items[i].hold].ended_ns = event->time_ns;
                open->n_items--;
                memmove(open->items + i, open->items + i + 1, (open->n_items - i) * sizeof(*open->items));
                return true;
        }
        return false;
}

static int apply_hold(struct derive *derive, const struct world *world, const struct catalog *catalog, const struct event *event, uint64_t id) {
        if (event->flags & RECORD_AGAIN)
                return 0;
        if (event->kind == EV_LOCK)
                return object_is_lock(catalog_object(catalog, event->object)->kind) ? begin_hold(derive, event, id) : 0;
        if (!end_hold(derive, event->thread, event))
                end_hold(derive, world_object_slot(world, event->object)->owner, event);
        return 0;
}

/* Messages */

static int add_message(struct derive *derive, const struct event *event, uint64_t id) {
        if (REACH(derive, messages, derive->n_messages) < 0)
                return -ENOMEM;
        derive->messages[derive->n_messages - 1] = (struct message) {
                .channel = event->object,
                .number = event->sequence,
                .sender = event->thread,
                .stack = event->stack,
                .sent_ns = event->time_ns,
                .received_ns = NEVER,
                .sent_id = id,
        };
        return 0;
}

static int send_message(struct derive *derive, const struct event *event, uint64_t id) {
        if (add_message(derive, event, id) < 0 || REACH(derive, sent, event->object) < 0)
                return -ENOMEM;
        return numbered_put(&derive->sent[event->object], event->sequence, (struct point) { event->thread, derive->n_messages });
}

static void note_received(struct message *message, const struct event *event, uint64_t id) {
        message->receiver = event->thread;
        message->received_ns = event->time_ns;
        message->received_id = id;
}

static void receive_message(struct derive *derive, const struct event *event, uint64_t id) {
        struct numbered *sent = event->object < derive->n_sent ? &derive->sent[event->object] : NULL;
        uint32_t place = sent ? numbered_get(sent, event->sequence).event : 0;

        if (place == 0)
                return;
        note_received(&derive->messages[place - 1], event, id);
        numbered_forget(sent, event->sequence);
}

/* Message queues. Messages there have no numbers: of those with one priority, which is the event's value, the oldest is
 * received first. */

static void take_out(struct queue *queue, uint32_t i) {
        queue->n_items--;
        memmove(queue->items + i, queue->items + i + 1, (queue->n_items - i) * sizeof(*queue->items));
}

static int put_in_queue(struct derive *derive, struct queue *queue, const struct event *event, uint64_t id, uint32_t capacity) {
        /* More than it has room for, and more than could wait to get in: somebody who is not recorded took some. */
        if (capacity > 0 && queue->n_items >= (uint64_t) capacity + MOST_SENDERS_WAITING)
                take_out(queue, 0);
        if (add_message(derive, event, id) < 0 || REACH(queue, items, queue->n_items) < 0)
                return -ENOMEM;
        queue->items[queue->n_items - 1] = (struct queued) { derive->n_messages - 1, event->value };
        return 0;
}

static void take_from_queue(struct derive *derive, struct queue *queue, const struct event *event, uint64_t id) {
        for (uint32_t i = 0; i < queue->n_items; i++) {
                if (queue->items[i].priority != event->value)
                        continue;
                note_received(&derive->messages[queue->items[i].message], event, id);
                take_out(queue, i);
                return;
        }
}

/* The thread's last message turns out not to have been sent; without a sender it is none. */
static void take_back(struct derive *derive, struct queue *queue, const struct event *event) {
        for (uint32_t i = queue->n_items; i-- > 0;) {
                if (derive->messages[queue->items[i].message].sender != event->thread)
                        continue;
                derive->messages[queue->items[i].message].sender = 0;
                take_out(queue, i);
                return;
        }
}

static int apply_queue(struct derive *derive, const struct catalog *catalog, const struct event *event, uint64_t id) {
        struct queue *queue;

        if (REACH(derive, queues, event->object) < 0)
                return -ENOMEM;
        queue = &derive->queues[event->object];
        if (event->kind == EV_SEND)
                return put_in_queue(derive, queue, event, id, catalog_object(catalog, event->object)->capacity);
        if (event->kind == EV_RECV)
                take_from_queue(derive, queue, event, id);
        else if (!(event->flags & RECORD_TRY))
                take_back(derive, queue, event);
        return 0;
}

static void forget_unsent(struct derive *derive) {
        uint32_t n = 0;

        for (uint32_t i = 0; i < derive->n_messages; i++)
                if (derive->messages[i].sender > 0)
                        derive->messages[n++] = derive->messages[i];
        derive->n_messages = n;
}

/* All together */

static int apply_message(struct derive *derive, const struct catalog *catalog, const struct event *event, uint64_t id) {
        if (catalog_object(catalog, event->object)->kind == OBJECT_QUEUE)
                return apply_queue(derive, catalog, event, id);
        if (event->kind == EV_SEND)
                return send_message(derive, event, id);
        if (event->kind == EV_RECV)
                receive_message(derive, event, id);
        return 0;
}

int derive_apply(struct derive *derive, const struct world *world, const struct catalog *catalog, const struct event *event, uint64_t id) {
        int r;

        if (event->thread == 0 || event->thread >= catalog->n_threads || event->object >= catalog->n_objects)
                return 0; /* of a damaged trace */
        r = apply_wait(derive, world, catalog, event, id);
        if (r < 0)
                return r;
        switch (event->kind) {
        case EV_LOCK:
        case EV_UNLOCK:
        case EV_LOCK_DESTROY:
                return derive->with_holds ? apply_hold(derive, world, catalog, event, id) : 0;
        case EV_SEND:
        case EV_SEND_FAIL:
        case EV_RECV:
                return apply_message(derive, catalog, event, id);
        default:
                return 0;
        }
}

void derive_take(struct derive *derive, struct derived *ret_derived) {
        forget_unsent(derive);
        ret_derived->waits = derive->waits;
        ret_derived->n_waits = derive->n_waits;
        ret_derived->holds = derive->holds;
        ret_derived->n_holds = derive->n_holds;
        ret_derived->messages = derive->messages;
        ret_derived->n_messages = derive->n_messages;
        derive->waits = NULL;
        derive->holds = NULL;
        derive->messages = NULL;
}
