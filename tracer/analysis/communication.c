#include "analysis/communication.h"

#include <errno.h>
#include <stdlib.h>

#include "analysis/hash.h"
#include "analysis/sides.h"
#include "analysis/site_key.h"
#include "analysis/witness.h"
#include "analysis/words.h"
#include "analysis/world_state.h"

#define MOST_TRIED 8 /* of the times at which the other thread takes the lock */
#define MOST_KEPT 16 /* waits of one thread at one place with the same locks held */

#define REACH(self, table, i) reach_index(&(self)->table, &(self)->n_##table, &(self)->size_##table, (i), sizeof(*(self)->table))

void communication_finish(struct communication *communication) {
        for (uint32_t i = 0; i < communication->n_exchanges; i++) {
                free(communication->exchanges[i].gives);
                free(communication->exchanges[i].takes);
        }
        free(communication->exchanges);
        free(communication->awaits);
        free(communication->held);
        free(communication->keys);
        free(communication->timed);
        *communication = (struct communication) { 0 };
}

/* Who gives, who takes */

static int note_turn(struct turn **turns, uint32_t *n, uint32_t *size, const struct event *event, uint64_t id) {
        if (reach_index(turns, n, size, *n, sizeof(**turns)) < 0)
                return -ENOMEM;
        (*turns)[*n - 1] = (struct turn) { event->thread, (uint32_t) id };
        return 0;
}

static int note_give(struct exchange *exchange, const struct event *event, uint64_t id) {
        return note_turn(&exchange->gives, &exchange->n_gives, &exchange->size_gives, event, id);
}

static int note_take(struct exchange *exchange, const struct event *event, uint64_t id) {
        return note_turn(&exchange->takes, &exchange->n_takes, &exchange->size_takes, event, id);
}

/* Waits */

static struct await_key *key_in(struct await_key *keys, uint32_t size, uint64_t key) {
        uint32_t at = (uint32_t) (key >> 7) & (size - 1);

        while (keys[at].key != 0 && keys[at].key != key)
                at = (at + 1) & (size - 1);
        return &keys[at];
}

static int grow_keys(struct communication *self) {
        uint32_t size = self->keys_size > 0 ? self->keys_size * 2 : 64;
        struct await_key *keys;

        if (self->n_keys * 2 < self->keys_size)
                return 0;
        keys = calloc(size, sizeof(*keys));
        if (!keys)
                return -ENOMEM;
        for (uint32_t i = 0; i < self->keys_size; i++)
                if (self->keys[i].key != 0)
                        *key_in(keys, size, self->keys[i].key) = self->keys[i];
        free(self->keys);
        self->keys = keys;
        self->keys_size = size;
        return 0;
}

/* How often a wait like this one has been kept already; MOST_KEPT is enough. */
static int count_alike(struct communication *self, const struct thread_history *thread, const struct event *event) {
        uint64_t key = hash_mix(hash_mix(7, event->thread), (uint64_t) event->object << 32 | event->stack);
        struct await_key *known;

        for (uint32_t i = 0; i < thread->n_open; i++)
                key = hash_mix(key, (uint64_t) thread->open[i].lock << 32 | thread->open[i].stack);
        if (grow_keys(self) < 0)
                return -ENOMEM;
        known = key_in(self->keys, self->keys_size, key | 1);
        self->n_keys += known->key == 0;
        known->key = key | 1;
        return known->n < MOST_KEPT ? (int) known->n++ : MOST_KEPT;
}

static int note_await(struct communication *self, const struct thread_history *thread, const struct event *event, uint64_t id, uint8_t kind) {
        uint32_t first = self->n_held;
        int n_alike;

        if (thread->n_open == 0)
                return 0;
        n_alike = count_alike(self, thread, event);
        if (n_alike < 0 || n_alike == MOST_KEPT)
                return n_alike < 0 ? n_alike : 0;
        for (uint32_t i = 0; i < thread->n_open; i++) {
                if (REACH(self, held, self->n_held) < 0)
                        return -ENOMEM;
                self->held[self->n_held - 1] = (struct held_lock) { thread->open[i].lock, thread->open[i].stack, thread->open[i].reads };
        }
        if (REACH(self, awaits, self->n_awaits) < 0)
                return -ENOMEM;
        self->awaits[self->n_awaits - 1] = (struct await) {
                .thread = event->thread,
                .object = event->object,
                .stack = event->stack,
                .event = (uint32_t) id,
                .time_ns = event->time_ns,
                .first_held = first,
                .n_held = self->n_held - first,
                .kind = kind,
        };
        return 0;
}

/* Objects of several processes are left out: who else uses them is not known. */
static bool is_of_interest(const struct catalog *catalog, const struct event *event) {
        const struct object *object = &catalog->objects[event->object];

        return object->kind == OBJECT_THREAD ||
               (object->process > 0 && (object->kind == OBJECT_SEMAPHORE || object->kind == OBJECT_COND || object->kind == OBJECT_CHANNEL));
}

static int apply_event(struct communication *self, struct exchange *exchange, const struct thread_history *thread, const struct event *event, uint64_t id) {
        bool waited = !(event->flags & (RECORD_TIMED | RECORD_TRY)) && !self->timed[event->thread];
        int r;

        switch (event->kind) {
        case EV_LOCK_INIT:
                exchange->initial = event->value;
                return 0;
        case EV_CHANNEL_NEW:
                exchange->capacity = event->value;
                return 0;
        case EV_THREAD_EXIT:
        case EV_SEM_POST:
        case EV_COND_SIGNAL:
        case EV_COND_BROADCAST:
                return note_give(exchange, event, id);
        case EV_JOIN:
                return waited ? note_await(self, thread, event, id, EV_JOIN_WAIT) : 0;
        case EV_COND_WAKE:
                return waited && event->value == 0 ? note_await(self, thread, event, id, EV_COND_WAIT) : 0;
        case EV_SEM_TAKE:
                r = waited ? note_await(self, thread, event, id, EV_SEM_WAIT) : 0;
                return r < 0 ? r : note_take(exchange, event, id);
        case EV_RECV:
                r = waited ? note_await(self, thread, event, id, EV_RECV_WAIT) : 0;
                return r < 0 ? r : note_take(exchange, event, id);
        case EV_SEND:
                r = waited && exchange->capacity > 0 && exchange->capacity < UINT32_MAX ? note_await(self, thread, event, id, EV_SEND_WAIT) : 0;
                return r < 0 ? r : note_give(exchange, event, id);
        default:
                return 0;
        }
}

int communication_apply(struct communication *self, const struct lock_order *lock_order, const struct catalog *catalog,
                        const struct event *event, uint64_t id) {
        enum event_effect effect = event_info(event->kind)->effect;
        int r;

        if (lock_order->stopped || !is_of_interest(catalog, event))
                return 0;
        if (REACH(self, exchanges, event->object) < 0 || REACH(self, timed, event->thread) < 0)
                return -ENOMEM;
        r = apply_event(self, &self->exchanges[event->object], &lock_order->history.threads[event->thread], event, id);
        if (effect == EFFECT_WAITS)
                self->timed[event->thread] = event->flags & RECORD_TIMED;
        else if (effect == EFFECT_RUNS)
                self->timed[event->thread] = 0;
        return r;
}

/* Finding */

struct search {
        const struct communication *self;
        const struct lock_order *lock_order;
        const struct catalog *catalog;
        struct finding_list *list;
        struct closure closure;
        struct site_keys keys;
};

/* One pair: `waiter` stands before the end of its wait and holds `held`; `other` stands before the same lock. */
struct pair {
        const struct await *await;
        const struct held_lock *held;
        const struct turn *give;       /* the first that the other thread would come to later */
        const struct section *section; /* where it wants the lock */
        uint32_t other;
};

static bool is_done(const struct search *search, struct turn turn) {
        return turn.thread < search->closure.history->n_threads && turn.event <= search->closure.threads[turn.thread].prefix;
}

static uint64_t count_done(const struct search *search, const struct turn *turns, uint32_t n) {
        uint64_t n_done = 0;

        for (uint32_t i = 0; i < n; i++)
                n_done += is_done(search, turns[i]);
        return n_done;
}

/* In the schedule as it is, the wait has to wait. */
static bool has_to_wait(const struct search *search, const struct await *await) {
        const struct exchange *exchange = &search->self->exchanges[await->object];
        uint64_t n_given, n_taken;

        if (await->kind == EV_JOIN_WAIT || await->kind == EV_COND_WAIT)
                return true;
        n_given = exchange->initial + count_done(search, exchange->gives, exchange->n_gives);
        n_taken = count_done(search, exchange->takes, exchange->n_takes);
        return await->kind == EV_SEND_WAIT ? n_given >= n_taken + exchange->capacity : n_given <= n_taken;
}

/* What ends such a wait. */
static const struct turn *ends_of(const struct search *search, const struct await *await, uint32_t *ret_n) {
        const struct exchange *exchange = &search->self->exchanges[await->object];

        *ret_n = await->kind == EV_SEND_WAIT ? exchange->n_takes : exchange->n_gives;
        return await->kind == EV_SEND_WAIT ? exchange->takes : exchange->gives;
}

/* All that could still end the wait is up to the two. Points to the other's first turn. */
static bool is_up_to_the_two(const struct search *search, struct pair *pair) {
        uint32_t n;
        const struct turn *ends = ends_of(search, pair->await, &n);

        pair->give = NULL;
        for (uint32_t i = 0; i < n; i++) {
                if (is_done(search, ends[i]) || ends[i].thread == pair->await->thread)
                        continue;
                if (ends[i].thread != pair->other)
                        return false;
                if (!pair->give)
                        pair->give = &ends[i];
        }
        return pair->give != NULL;
}

/* The events in which a thread takes a lock in a way that has to wait for `held`. The caller frees; NULL for none. */
static uint32_t *acquires_of(const struct search *search, uint32_t thread, const struct held_lock *held, uint32_t *ret_n) {
        const struct thread_history *history = &search->lock_order->history.threads[thread];
        uint32_t *events = malloc(((size_t) history->n_sections + 1) * sizeof(*events)), n = 0;

        for (uint32_t i = 0; events && i < history->n_sections; i++)
                if (history->sections[i].lock == held->lock && !history->sections[i].tried && !(history->sections[i].reads && held->reads))
                        events[n++] = history->sections[i].acquired;
        *ret_n = n;
        return events;
}

/* A section in which its thread signals tells something to whoever takes the lock next: a join behind that may well be
 * of a thread that has said it is done. What was said is memory, which is not recorded; so nothing is told of it. */
static bool tells_something(const struct search *search, const struct pair *pair) {
        uint32_t end = pair->section->released > 0 ? pair->section->released : UINT32_MAX;

        if (pair->await->kind != EV_JOIN_WAIT)
                return false;
        for (uint32_t object = 0; object < search->self->n_exchanges; object++) {
                const struct exchange *exchange = &search->self->exchanges[object];

                for (uint32_t i = 0; catalog_object(search->catalog, object)->kind == OBJECT_COND && i < exchange->n_gives; i++)
                        if (exchange->gives[i].thread == pair->other && exchange->gives[i].event > pair->section->acquired &&
                            exchange->gives[i].event < end)
                                return true;
        }
        return false;
}

static uint64_t key_of(struct search *search, const struct pair *pair) {
        site_keys_begin(&search->keys);
        site_keys_add_side(&search->keys, pair->held->stack, pair->held->lock, pair->await->stack, pair->await->object);
        site_keys_add_side(&search->keys, 0, 0, pair->section->stack, pair->held->lock);
        return site_keys_end(&search->keys);
}

/* Words */

static const char *wait_words(uint8_t kind) {
        switch (kind) {
        case EV_JOIN_WAIT:
                return "waits for the end of %o";
        case EV_COND_WAIT:
                return "waits for a signal of %o";
        case EV_RECV_WAIT:
                return "waits to receive from %o";
        case EV_SEND_WAIT:
                return "waits for room in %o";
        default:
                return "waits for %o";
        }
}

static const char *give_words(uint8_t kind) {
        switch (kind) {
        case EV_JOIN_WAIT:
                return "ends";
        case EV_COND_WAIT:
                return "signals";
        case EV_RECV_WAIT:
                return "sends";
        case EV_SEND_WAIT:
                return "receives";
        default:
                return "posts";
        }
}

static char *title_of(const struct search *search, const struct pair *pair) {
        char *wait = words_sentence(search->catalog, wait_words(pair->await->kind), pair->await->object), *title;

        if (!wait)
                return NULL;
        title = words_sentence(search->catalog, "Two threads could deadlock: %t %s while it holds %o; %t needs %o before it %s.", pair->await->thread,
                               wait, pair->held->lock, pair->other, pair->held->lock, give_words(pair->await->kind));
        free(wait);
        return title;
}

static char *advice_of(const struct search *search, const struct pair *pair) {
        const char *format = pair->await->kind == EV_COND_WAIT
                                     ? "A wait on a condition variable lets go of its own mutex, not of %o: let %t unlock that before it waits%w, or let "
                                       "%t signal without it%w."
                                     : "Let %t unlock %o before it waits%w, or let %t do without it there%w.";

        if (pair->await->kind == EV_COND_WAIT)
                return words_sentence(search->catalog, format, pair->held->lock, pair->await->thread, pair->await->stack, pair->other, pair->section->stack);
        return words_sentence(search->catalog, format, pair->await->thread, pair->held->lock, pair->await->stack, pair->other, pair->section->stack);
}

static int add_steps(const struct search *search, const struct pair *pair, struct finding *finding) {
        const struct section *hold = history_held(&search->lock_order->history, pair->await->thread, pair->held->lock, pair->await->event);
        struct finding_step steps[] = {
                { .role = STEP_HOLDS, .ring = 1, .thread = pair->await->thread, .object = pair->held->lock, .stack = pair->held->stack,
                  .event_id = hold ? hold->acquired : 0, .time_ns = hold ? hold->time_ns : 0, .event = EV_LOCK },
                { .role = STEP_WAITS, .ring = 1, .thread = pair->await->thread, .object = pair->await->object, .holder = pair->other,
                  .stack = pair->await->stack, .event_id = pair->await->event, .time_ns = pair->await->time_ns, .event = pair->await->kind },
                { .role = STEP_WAITS, .ring = 1, .thread = pair->other, .object = pair->held->lock, .holder = pair->await->thread,
                  .stack = pair->section->stack, .event_id = pair->section->acquired, .time_ns = pair->section->time_ns, .event = EV_LOCK },
        };
        int r = 0;

        for (size_t i = 0; r == 0 && i < sizeof(steps) / sizeof(*steps); i++) {
                struct finding_step *step = finding_add_step(finding);

                if (!step)
                        return -ENOMEM;
                *step = steps[i];
                r = finding_add_thread(finding, step->thread);
                if (r == 0)
                        r = finding_add_object(finding, step->object);
        }
        return r == 0 ? witness_add_schedule(&search->lock_order->history, &search->closure, finding) : r;
}

static int tell(struct search *search, const struct pair *pair) {
        uint64_t key = key_of(search, pair);
        uint32_t *known = site_keys_find(&search->keys, key);
        struct finding *finding;
        int r;

        if (known) {
                if (*known != SITE_KEY_DEADLOCK)
                        search->list->items[*known].n_seen++;
                return 0;
        }
        finding = finding_list_add(search->list);
        if (!finding)
                return -ENOMEM;
        finding->kind = FINDING_COMMUNICATION_DEADLOCK_RISK;
        finding->certainty = CERTAINTY_POSSIBLE;
        finding->n_seen = 1;
        finding->n_rings = 1;
        finding->time_ns = pair->await->time_ns;
        r = add_steps(search, pair, finding);
        finding->title = title_of(search, pair);
        finding->advice = advice_of(search, pair);
        if (r < 0 || !finding->title || !finding->advice)
                return -ENOMEM;
        return site_keys_put(&search->keys, key, (uint32_t) search->list->n - 1);
}

/* Searching */

static int try_pair(struct search *search, struct pair *pair) {
        uint32_t stands = pair->await->event;
        struct side sides[2] = { { .thread = pair->await->thread, .events = &stands, .n_events = 1 }, { .thread = pair->other } };
        int r = 1;

        sides[1].events = acquires_of(search, pair->other, pair->held, &sides[1].n_events);
        if (!sides[1].events)
                return -ENOMEM;
        for (uint32_t i = 0; r > 0 && i < MOST_TRIED && sides[1].at < sides[1].n_events; i++, sides[1].at++) {
                r = sides_check(&search->closure, sides, 2);
                if (r <= 0 || !has_to_wait(search, pair->await) || !is_up_to_the_two(search, pair))
                        continue;
                pair->section = history_acquired(&search->lock_order->history, pair->other, pair->held->lock, sides[1].events[sides[1].at]);
                r = pair->section && !tells_something(search, pair) ? tell(search, pair) : 0;
                break;
        }
        free(sides[1].events);
        return r < 0 ? r : 0;
}

/* Tries each thread that ends such waits, once. */
static int try_lock(struct search *search, const struct await *await, const struct held_lock *held, bool *tried) {
        uint32_t n;
        const struct turn *ends = ends_of(search, await, &n);
        int r = 0;

        for (uint32_t i = 0; r == 0 && i < n; i++) {
                struct pair pair = { .await = await, .held = held, .other = ends[i].thread };

                if (pair.other == await->thread || tried[pair.other])
                        continue;
                tried[pair.other] = true;
                r = try_pair(search, &pair);
        }
        for (uint32_t i = 0; i < n; i++)
                tried[ends[i].thread] = false;
        return r;
}

static int search_all(struct search *search, const struct lock_order_limits *limits, uint64_t *ret_n_unchecked) {
        bool *tried = calloc((size_t) search->lock_order->history.n_threads + 1, sizeof(*tried));
        int r = tried ? site_keys_note_deadlocks(&search->keys, search->list) : -ENOMEM;

        for (uint32_t i = 0; r == 0 && i < search->self->n_awaits; i++) {
                const struct await *await = &search->self->awaits[i];

                if (search->closure.n_steps > limits->max_closure_steps) {
                        *ret_n_unchecked += search->self->n_awaits - i;
                        break;
                }
                for (uint32_t j = 0; r == 0 && j < await->n_held; j++)
                        r = try_lock(search, await, &search->self->held[await->first_held + j], tried);
        }
        free(tried);
        return r;
}

int communication_find(const struct communication *communication, const struct lock_order *lock_order, const struct catalog *catalog,
                       const struct lock_order_limits *limits, struct finding_list *list, uint64_t *ret_n_unchecked) {
        struct search search = { .self = communication, .lock_order = lock_order, .catalog = catalog, .list = list };
        int r;

        if (communication->n_awaits == 0)
                return 0;
        site_keys_init(&search.keys, catalog);
        r = closure_init(&search.closure, &lock_order->history);
        if (r == 0)
                r = search_all(&search, limits, ret_n_unchecked);
        closure_finish(&search.closure);
        site_keys_finish(&search.keys);
        return r;
}
