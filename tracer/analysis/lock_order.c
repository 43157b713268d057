/* One finding for each cycle of code sites: however many threads and locks go through the same lines, there is one
 * thing to repair. */
#include "analysis/lock_order.h"

#include <errno.h>
#include <stdlib.h>

#include "analysis/sides.h"
#include "analysis/site_key.h"
#include "analysis/witness.h"
#include "analysis/world_state.h"

const struct lock_order_limits lock_order_default_limits = { .max_search_steps = 4000000, .max_closure_steps = 200000000 };

void lock_order_finish(struct lock_order *lock_order) {
        history_finish(&lock_order->history);
        dependencies_finish(&lock_order->dependencies);
}

int lock_order_apply(struct lock_order *lock_order, const struct catalog *catalog, const struct event *event, uint64_t id) {
        int r;

        if (event->thread == 0 || event->thread >= catalog->n_threads || event->object >= catalog->n_objects)
                return 0; /* of a damaged trace */
        lock_order->stopped |= id >= UINT32_MAX;
        if (lock_order->stopped)
                return 0;
        r = dependencies_apply(&lock_order->dependencies, &lock_order->history, catalog, event, (uint32_t) id);
        return r < 0 ? r : history_apply(&lock_order->history, catalog, event, (uint32_t) id);
}

/* Checking */

static void free_sides(struct side *sides, uint32_t n) {
        for (uint32_t i = 0; sides && i < n; i++)
                free(sides[i].events);
        free(sides);
}

static struct side *make_sides(const struct dependencies *dependencies, const uint32_t *items, uint32_t n) {
        struct side *sides = calloc(n, sizeof(*sides));

        for (uint32_t i = 0; sides && i < n; i++) {
                sides[i].thread = dependencies->items[items[i]].thread;
                sides[i].events = dependencies_events(dependencies, items[i], &sides[i].n_events);
                if (!sides[i].events) {
                        free_sides(sides, n);
                        return NULL;
                }
        }
        return sides;
}

int lock_order_check(const struct dependencies *dependencies, struct closure *closure, const uint32_t *items, uint32_t n, uint32_t *events) {
        struct side *sides = make_sides(dependencies, items, n);
        int r;

        if (!sides)
                return -ENOMEM;
        r = sides_check(closure, sides, n);
        for (uint32_t i = 0; r > 0 && i < n; i++)
                events[i] = sides[i].events[sides[i].at];
        free_sides(sides, n);
        return r;
}

/* Finding */

struct prediction {
        const struct lock_order *lock_order;
        const struct catalog *catalog;
        const struct lock_order_limits *limits;
        struct finding_list *list;
        struct closure closure;
        struct site_keys keys;
        uint32_t *events; /* room for one of each thread */
        uint64_t n_unchecked;
        struct finding_list doubtful; /* cycles that have no witness, each with its key */
        uint64_t *doubtful_keys;
        uint32_t n_doubtful_keys, size_doubtful_keys;
        struct site_keys doubtful_known;
};

static uint64_t key_of_cycle(struct prediction *self, const uint32_t *items, uint32_t n) {
        const struct dependencies *dependencies = &self->lock_order->dependencies;

        site_keys_begin(&self->keys);
        for (uint32_t i = 0; i < n; i++) {
                const struct dependency *item = &dependencies->items[items[i]];
                const struct held_lock *held = cycles_link(dependencies, items[(i + n - 1) % n], items[i]);

                site_keys_add_side(&self->keys, held->stack, held->lock, item->stack, item->lock);
        }
        return site_keys_end(&self->keys);
}

static int doubt(struct prediction *self, struct witness *witness, uint64_t key) {
        uint32_t place = self->n_doubtful_keys;
        int r;

        if (site_keys_find(&self->doubtful_known, key))
                return 0;
        witness->closure = NULL;
        for (uint32_t i = 0; i < witness->n; i++)
                self->events[i] = self->lock_order->dependencies.items[witness->items[i]].first_event;
        r = reach_index(&self->doubtful_keys, &self->n_doubtful_keys, &self->size_doubtful_keys, place, sizeof(*self->doubtful_keys));
        if (r == 0)
                r = witness_add_finding(witness, &self->doubtful);
        if (r < 0)
                return r;
        self->doubtful_keys[place] = key;
        return site_keys_put(&self->doubtful_known, key, place);
}

/* Those that another time at the same places has no witness for either. */
static int count_doubtful(struct prediction *self, bool add, uint64_t *ret_n) {
        for (uint32_t i = 0; i < self->doubtful.n; i++) {
                struct finding *finding;

                if (site_keys_find(&self->keys, self->doubtful_keys[i]))
                        continue;
                ++*ret_n;
                if (!add)
                        continue;
                finding = finding_list_add(self->list);
                if (!finding)
                        return -ENOMEM;
                *finding = self->doubtful.items[i];
                self->doubtful.items[i] = (struct finding) { 0 };
        }
        return 0;
}

static int visit_cycle(const uint32_t *items, uint32_t n, void *data) {
        struct prediction *self = data;
        uint64_t key = key_of_cycle(self, items, n);
        uint32_t *known = site_keys_find(&self->keys, key);
        struct witness witness = { .lock_order = self->lock_order, .catalog = self->catalog, .closure = &self->closure,
                                   .items = items, .events = self->events, .n = n };
        int r;

        if (known) {
                if (*known != SITE_KEY_DEADLOCK)
                        self->list->items[*known].n_seen++;
                return 0;
        }
        if (self->closure.n_steps > self->limits->max_closure_steps) {
                self->n_unchecked++;
                return 0;
        }
        r = lock_order_check(&self->lock_order->dependencies, &self->closure, items, n, self->events);
        if (r <= 0)
                return r < 0 ? r : doubt(self, &witness, key);
        r = witness_add_finding(&witness, self->list);
        return r < 0 ? r : site_keys_put(&self->keys, key, (uint32_t) self->list->n - 1);
}

static uint64_t class_of(const struct held_lock *held, const struct dependency *item, void *data) {
        struct prediction *self = data;

        return site_keys_side(&self->keys, held->stack, held->lock, item->stack, item->lock);
}

static bool is_told(uint64_t class_a, uint64_t class_b, void *data) {
        struct prediction *self = data;

        site_keys_begin(&self->keys);
        site_keys_add(&self->keys, class_a);
        site_keys_add(&self->keys, class_b);
        return site_keys_find(&self->keys, site_keys_end(&self->keys)) != NULL;
}

int lock_order_find(const struct lock_order *lock_order, const struct catalog *catalog, const struct lock_order_limits *limits,
                    bool with_doubtful, struct finding_list *list, struct lock_order_counts *ret_counts) {
        struct prediction self = { .lock_order = lock_order, .catalog = catalog, .limits = limits, .list = list };
        struct cycle_visitor visitor = { .visit = visit_cycle, .class_of = class_of, .is_told = is_told, .data = &self };
        bool complete = true;
        int r;

        site_keys_init(&self.keys, catalog);
        site_keys_init(&self.doubtful_known, catalog);
        self.events = calloc((size_t) lock_order->history.n_threads + 1, sizeof(*self.events));
        r = self.events ? closure_init(&self.closure, &lock_order->history) : -ENOMEM;
        if (r == 0)
                r = site_keys_note_deadlocks(&self.keys, list);
        if (r == 0)
                r = cycles_find(&lock_order->dependencies, limits->max_search_steps, &visitor, &complete);
        *ret_counts = (struct lock_order_counts) { .n_unchecked = self.n_unchecked + !complete + lock_order->stopped };
        if (r == 0)
                r = count_doubtful(&self, with_doubtful, &ret_counts->n_doubtful);
        closure_finish(&self.closure);
        site_keys_finish(&self.keys);
        site_keys_finish(&self.doubtful_known);
        finding_list_finish(&self.doubtful);
        free(self.doubtful_keys);
        free(self.events);
        return r;
}
