/* A hash table from (thread, lock) to the hold that is open. Entries stay when a hold ends, since the same thread
 * most often takes the same lock again; so it grows with the pairs there are, not with time. */
#include "store/holds.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

struct entry {
        struct hold hold; /* object 0: a free place */
        uint32_t depth;   /* how often it is held; only readers take a lock again while they have it */
};

struct holds {
        struct entry *entries;
        size_t size, n; /* size is a power of two, more than n */
        size_t n_given; /* by holds_rest() */
};

struct holds *holds_new(void) {
        struct holds *holds = calloc(1, sizeof(*holds));

        if (!holds)
                return NULL;
        holds->size = 256;
        holds->entries = calloc(holds->size, sizeof(*holds->entries));
        if (!holds->entries) {
                free(holds);
                return NULL;
        }
        return holds;
}

void holds_free(struct holds *holds) {
        if (!holds)
                return;
        free(holds->entries);
        free(holds);
}

static struct entry *find(struct entry *entries, size_t size, uint32_t thread, uint32_t object) {
        uint64_t key = (uint64_t) thread << 32 | object;
        size_t at = (size_t) (key * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (size - 1);

        while (entries[at].hold.object && (entries[at].hold.thread != thread || entries[at].hold.object != object))
                at = (at + 1) & (size - 1);
        return &entries[at];
}

static int grow(struct holds *holds) {
        struct entry *entries = calloc(holds->size * 2, sizeof(*entries));

        if (!entries)
                return -ENOMEM;
        for (size_t i = 0; i < holds->size; i++)
                if (holds->entries[i].hold.object)
                        *find(entries, holds->size * 2, holds->entries[i].hold.thread, holds->entries[i].hold.object) =
                                holds->entries[i];
        free(holds->entries);
        holds->entries = entries;
        holds->size *= 2;
        return 0;
}

static void begin(struct entry *entry, const struct event *event, uint64_t id) {
        entry->depth = 1;
        entry->hold = (struct hold) {
                .thread = event->thread,
                .object = event->object,
                .stack = event->stack,
                .flags = event->flags,
                .began_ns = event->time_ns,
                .ended_ns = NEVER,
                .event_id = id,
        };
}

static int apply_lock(struct holds *holds, const struct event *event, uint64_t id, struct hold *ret_hold) {
        struct entry *entry;
        bool was_held;

        if (holds->n * 2 >= holds->size && grow(holds) < 0)
                return -ENOMEM;
        entry = find(holds->entries, holds->size, event->thread, event->object);
        was_held = entry->depth > 0;
        if (was_held && event->flags & RECORD_READ && entry->hold.flags & RECORD_READ) {
                entry->depth++;
                return 0;
        }
        holds->n += entry->hold.object == 0;
        if (was_held)
                *ret_hold = entry->hold;
        begin(entry, event, id);
        return was_held;
}

static int apply_unlock(struct holds *holds, const struct event *event, struct hold *ret_hold) {
        struct entry *entry = find(holds->entries, holds->size, event->thread, event->object);

        if (entry->depth == 0 || --entry->depth > 0)
                return 0;
        *ret_hold = entry->hold;
        ret_hold->ended_ns = event->time_ns;
        return 1;
}

int holds_apply(struct holds *holds, const struct event *event, uint64_t id, struct hold *ret_hold) {
        if (event->object == 0 || event->flags & RECORD_AGAIN)
                return 0;
        if (event->kind == EV_LOCK)
                return apply_lock(holds, event, id, ret_hold);
        return event->kind == EV_UNLOCK ? apply_unlock(holds, event, ret_hold) : 0;
}

int holds_rest(struct holds *holds, struct hold *ret_hold) {
        while (holds->n_given < holds->size) {
                struct entry *entry = &holds->entries[holds->n_given++];

                if (entry->depth == 0)
                        continue;
                *ret_hold = entry->hold;
                return 1;
        }
        return 0;
}
