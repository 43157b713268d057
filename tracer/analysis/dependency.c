#include "analysis/dependency.h"

#include <errno.h>
#include <stdlib.h>

#include "analysis/hash.h"
#include "analysis/world_state.h"

/* All that one more time of a known dependency touches, in one cache line. Two that differ but have the same 64-bit key
 * would be taken for one; among a million that happens once in 37 million traces. */
struct dependency_slot {
        uint64_t key;  /* 0: unused */
        uint32_t item;
        uint32_t last_instance;
};

#define REACH(self, table, i) reach_index(&(self)->table, &(self)->n_##table, &(self)->size_##table, (i), sizeof(*(self)->table))

void dependencies_finish(struct dependencies *dependencies) {
        free(dependencies->items);
        free(dependencies->n_times);
        free(dependencies->held);
        free(dependencies->instances);
        free(dependencies->table);
        free(dependencies->asked);
        free(dependencies->scratch);
        *dependencies = (struct dependencies) { 0 };
}

/* Of a thread that holds more, those that it took last count. There may be thousands where a program frees memory with locks in it
 * that are held, or marks what it walks over by locking it; to look at all of them each time would take for ever. */
#define HELD_MAX 32

/* What the thread holds besides `lock`, and what that replaces, sorted by lock, in the scratch area. */
static int collect_held(struct dependencies *self, const struct thread_history *thread, uint32_t lock, uint32_t replaced) {
        uint32_t n = 0;

        if (REACH(self, scratch, thread->n_open < HELD_MAX ? thread->n_open : HELD_MAX) < 0)
                return -ENOMEM;
        for (uint32_t i = thread->n_open > HELD_MAX ? thread->n_open - HELD_MAX : 0; i < thread->n_open; i++) {
                const struct open_section *open = &thread->open[i];
                uint32_t at = n;

                if (open->lock == lock || open->lock == replaced)
                        continue;
                for (; at > 0 && self->scratch[at - 1].lock > open->lock; at--)
                        self->scratch[at] = self->scratch[at - 1];
                self->scratch[at] = (struct held_lock) { open->lock, open->stack, open->reads };
                n++;
        }
        return (int) n;
}

static uint64_t key_of(const struct dependencies *self, const struct event *event, uint32_t n_held) {
        uint64_t key = hash_mix(hash_mix(1, event->thread), (uint64_t) event->object << 32 | event->stack);

        for (uint32_t i = 0; i < n_held; i++)
                key = hash_mix(key, (uint64_t) self->scratch[i].lock << 1 | self->scratch[i].reads);
        key = hash_mix(key, event->flags & RECORD_READ);
        return key > 0 ? key : 1;
}

static struct dependency_slot *slot_of(struct dependency_slot *table, uint32_t mask, uint64_t key) {
        uint32_t at = (uint32_t) key & mask;

        while (table[at].key != 0 && table[at].key != key)
                at = (at + 1) & mask;
        return &table[at];
}

static int grow_table(struct dependencies *self) {
        uint32_t size = self->table ? (self->table_mask + 1) * 2 : 1024;
        struct dependency_slot *table;

        if (self->table && self->n_items < self->table_mask / 2)
                return 0;
        table = size > 0 ? calloc(size, sizeof(*table)) : NULL;
        if (!table)
                return -ENOMEM;
        for (uint32_t i = 0; self->table && i <= self->table_mask; i++)
                if (self->table[i].key != 0)
                        *slot_of(table, size - 1, self->table[i].key) = self->table[i];
        free(self->table);
        self->table = table;
        self->table_mask = size - 1;
        return 0;
}

static int add_item(struct dependencies *self, const struct event *event, uint32_t id, uint64_t key, uint32_t n_held) {
        uint32_t first_held = self->n_held;

        if (REACH(self, items, self->n_items) < 0 || REACH(self, n_times, self->n_items - 1) < 0 || REACH(self, held, first_held + n_held - 1) < 0)
                return -ENOMEM;
        for (uint32_t i = 0; i < n_held; i++)
                self->held[first_held + i] = self->scratch[i];
        self->items[self->n_items - 1] = (struct dependency) {
                .key = key,
                .time_ns = event->time_ns,
                .first_event = id,
                .thread = event->thread,
                .lock = event->object,
                .stack = event->stack,
                .first_held = first_held,
                .n_held = n_held,
                .reads = event->flags & RECORD_READ,
        };
        return 0;
}

static int add_instance(struct dependencies *self, struct dependency_slot *slot, uint32_t id) {
        uint32_t at = self->n_instances > 0 ? self->n_instances : 1;

        if (REACH(self, instances, at) < 0)
                return -ENOMEM;
        self->instances[at] = (struct instance) { id, slot->last_instance };
        slot->last_instance = at;
        self->n_times[slot->item]++;
        return 0;
}

/* The thread asks for a lock and will wait as long as it takes. */
static int ask(struct dependencies *self, const struct history *history, const struct catalog *catalog, const struct event *event, uint32_t id) {
        const struct thread_history *thread = &history->threads[event->thread];
        struct dependency_slot *slot;
        uint64_t key;
        int n_held;

        if (thread->n_open == 0)
                return 0;
        n_held = collect_held(self, thread, event->object, catalog->objects[event->object].replaces);
        if (n_held <= 0)
                return n_held;
        if (grow_table(self) < 0)
                return -ENOMEM;
        key = key_of(self, event, (uint32_t) n_held);
        slot = slot_of(self->table, self->table_mask, key);
        if (slot->key == 0) {
                if (add_item(self, event, id, key, (uint32_t) n_held) < 0)
                        return -ENOMEM;
                *slot = (struct dependency_slot) { .key = key, .item = self->n_items - 1 };
        }
        return add_instance(self, slot, id);
}

int dependencies_apply(struct dependencies *dependencies, const struct history *history, const struct catalog *catalog,
                       const struct event *event, uint32_t id) {
        uint32_t asked;

        if (event->kind != EV_LOCK && event->kind != EV_LOCK_WAIT && event->kind != EV_LOCK_FAIL)
                return 0;
        if (REACH(dependencies, asked, event->thread) < 0)
                return -ENOMEM;
        asked = dependencies->asked[event->thread];
        dependencies->asked[event->thread] = event->kind == EV_LOCK_WAIT ? event->object : 0;
        if (event->kind == EV_LOCK_FAIL || (event->kind == EV_LOCK && asked == event->object) || event->thread >= history->n_threads ||
            event->flags & (RECORD_TRY | RECORD_TIMED | RECORD_AGAIN) || !object_is_lock(catalog->objects[event->object].kind))
                return 0;
        return ask(dependencies, history, catalog, event, id);
}

uint32_t *dependencies_events(const struct dependencies *dependencies, uint32_t item, uint32_t *ret_n) {
        const struct dependency *self = &dependencies->items[item];
        uint32_t n = dependencies->n_times[item], *events = malloc((n + (size_t) 1) * sizeof(*events)), at = n;
        const struct dependency_slot *slot = slot_of(dependencies->table, dependencies->table_mask, self->key);

        if (!events)
                return NULL;
        for (uint32_t i = slot->last_instance; i > 0 && at > 0; i = dependencies->instances[i].before)
                events[--at] = dependencies->instances[i].event;
        *ret_n = n;
        return events;
}

/* Edges */

struct pair {
        uint32_t held, taken, dependency, at;
        uint32_t event; /* of the first time */
};

static int compare_pairs(const void *left, const void *right) {
        const struct pair *a = left, *b = right;

        if (a->held != b->held)
                return a->held < b->held ? -1 : 1;
        if (a->taken != b->taken)
                return a->taken < b->taken ? -1 : 1;
        return a->event < b->event ? -1 : a->event > b->event;
}

static int compare_edges(const void *left, const void *right) {
        const struct lock_edge *a = left, *b = right;

        if (a->event_id != b->event_id)
                return a->event_id < b->event_id ? -1 : 1;
        return a->held < b->held ? -1 : a->held > b->held;
}

/* One for each dependency and lock held, sorted so that those of an edge are together, the first time first. */
static struct pair *collect_pairs(const struct dependencies *self) {
        struct pair *pairs = malloc(((size_t) self->n_held + 1) * sizeof(*pairs));
        size_t n = 0;

        if (!pairs)
                return NULL;
        for (uint32_t i = 0; i < self->n_items; i++)
                for (uint32_t j = 0; j < self->items[i].n_held; j++) {
                        uint32_t at = self->items[i].first_held + j;

                        pairs[n++] = (struct pair) { self->held[at].lock, self->items[i].lock, i, at, self->items[i].first_event };
                }
        qsort(pairs, n, sizeof(*pairs), compare_pairs);
        return pairs;
}

int dependencies_edges(const struct dependencies *dependencies, struct lock_edge **ret_edges, size_t *ret_n) {
        struct lock_edge *edges = malloc(((size_t) dependencies->n_held + 1) * sizeof(*edges));
        struct pair *pairs = collect_pairs(dependencies);
        size_t n = 0;

        if (!edges || !pairs) {
                free(edges);
                free(pairs);
                return -ENOMEM;
        }
        for (uint32_t i = 0; i < dependencies->n_held; i++) {
                const struct dependency *item = &dependencies->items[pairs[i].dependency];
                uint8_t flags = item->reads ? RECORD_READ : 0;

                if (n > 0 && edges[n - 1].held == pairs[i].held && edges[n - 1].taken == pairs[i].taken) {
                        edges[n - 1].n_times += dependencies->n_times[pairs[i].dependency];
                        edges[n - 1].flags &= flags;
                        continue;
                }
                edges[n++] = (struct lock_edge) {
                        .held = pairs[i].held,
                        .taken = pairs[i].taken,
                        .n_times = dependencies->n_times[pairs[i].dependency],
                        .thread = item->thread,
                        .held_stack = dependencies->held[pairs[i].at].stack,
                        .taken_stack = item->stack,
                        .time_ns = item->time_ns,
                        .event_id = pairs[i].event,
                        .flags = flags,
                };
        }
        free(pairs);
        qsort(edges, n, sizeof(*edges), compare_edges);
        *ret_edges = edges;
        *ret_n = n;
        return 0;
}
