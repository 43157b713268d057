/* From the fixpoint to a finding: rings put in order, then a step for what each thread holds and waits for. */
#include "analysis/deadlock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Rings */

/* For the shortest way round a component from one of its threads. */
struct tour {
        const struct deadlock *deadlock;
        const uint32_t *members; /* waiters, by thread id */
        uint32_t n;
        uint32_t *before;        /* of each waiter one more than the one it was reached from, 0: not reached */
        uint32_t *queue;
        uint32_t n_queue;
};

static bool reach(struct tour *tour, uint32_t from, uint32_t to) {
        if (tour->before[to] == 0) {
                tour->before[to] = from + 1;
                tour->queue[tour->n_queue++] = to;
        }
        return to == tour->members[0];
}

/* Reaches what waiter `i` waits for; true when that closes the ring. */
static bool step_on(struct tour *tour, uint32_t i) {
        const struct wait_for *graph = &tour->deadlock->graph;
        const struct waiter *waiter = &graph->waiters[i], *waker;

        for (uint32_t j = 0; j < waiter->n_wakers; j++) {
                waker = wait_for_waiter(graph, tour->deadlock->world, graph->wakers[waiter->first_waker + j]);
                if (waker && tour->deadlock->components.component[waker - graph->waiters] == tour->deadlock->components.component[i] &&
                    reach(tour, i, (uint32_t) (waker - graph->waiters)))
                        return true;
        }
        for (uint32_t j = 0; waiter->any_in_process && !waiter->has_culprit && j < tour->n; j++)
                if (tour->members[j] != i && reach(tour, i, tour->members[j]))
                        return true;
        return false;
}

/* Writes the way from the first member back to it into ring->threads. */
static void go_round(struct tour *tour, struct ring *ring) {
        const struct waiter *waiters = tour->deadlock->graph.waiters;
        uint32_t first = tour->members[0], last = first, at;
        bool closed = step_on(tour, first);

        for (uint32_t i = 0; !closed && i < tour->n_queue; i++) {
                last = tour->queue[i];
                closed = step_on(tour, last);
        }
        ring->n_cycle = 1;
        for (at = last; closed && at != first; at = tour->before[at] - 1)
                ring->n_cycle++;
        at = closed ? last : first;
        for (uint32_t i = ring->n_cycle; i-- > 0; at = tour->before[at] - 1)
                ring->threads[i] = waiters[at].thread;
}

static bool is_in_cycle(const struct ring *ring, uint32_t thread) {
        for (uint32_t i = 0; i < ring->n_cycle; i++)
                if (ring->threads[i] == thread)
                        return true;
        return false;
}

static int order_ring(const struct deadlock *deadlock, const uint32_t *members, uint32_t n, struct ring *ret_ring) {
        struct tour tour = { .deadlock = deadlock, .members = members, .n = n };
        struct ring ring = { .n = n, .threads = calloc(n, sizeof(*ring.threads)) };
        uint32_t at;

        tour.before = calloc(deadlock->graph.n_waiters, sizeof(*tour.before));
        tour.queue = calloc((size_t) n + 1, sizeof(*tour.queue));
        if (!ring.threads || !tour.before || !tour.queue) {
                free(ring.threads);
                free(tour.before);
                free(tour.queue);
                return -ENOMEM;
        }
        go_round(&tour, &ring);
        at = ring.n_cycle;
        for (uint32_t i = 0; i < n; i++)
                if (!is_in_cycle(&ring, deadlock->graph.waiters[members[i]].thread))
                        ring.threads[at++] = deadlock->graph.waiters[members[i]].thread;
        for (uint32_t i = 0; i < ring.n_cycle; i++) {
                uint64_t since_ns = world_thread(deadlock->world, ring.threads[i])->since_ns;

                ring.since_ns = since_ns > ring.since_ns ? since_ns : ring.since_ns;
        }
        free(tour.before);
        free(tour.queue);
        *ret_ring = ring;
        return 0;
}

static int compare_rings(const void *left, const void *right) {
        const struct ring *a = left, *b = right;

        if (a->since_ns != b->since_ns)
                return a->since_ns < b->since_ns ? -1 : 1;
        return a->threads[0] < b->threads[0] ? -1 : a->threads[0] > b->threads[0];
}

struct member {
        uint32_t component, thread, waiter;
};

static int compare_members(const void *left, const void *right) {
        const struct member *a = left, *b = right;

        if (a->component != b->component)
                return a->component < b->component ? -1 : 1;
        return a->thread < b->thread ? -1 : a->thread > b->thread;
}

/* Stuck waiters, component by component; the caller frees. */
static struct member *sort_members(const struct deadlock *deadlock, uint32_t *ret_n) {
        const struct wait_for *graph = &deadlock->graph;
        struct member *members = malloc((size_t) graph->n_stuck * sizeof(*members));
        uint32_t n = 0;

        if (!members)
                return NULL;
        for (uint32_t i = 0; i < graph->n_waiters; i++)
                if (graph->waiters[i].stuck)
                        members[n++] = (struct member) { deadlock->components.component[i], graph->waiters[i].thread, i };
        qsort(members, n, sizeof(*members), compare_members);
        *ret_n = n;
        return members;
}

static int order_rings(struct deadlock *deadlock) {
        uint32_t n, *waiters, begin, end;
        struct member *members = sort_members(deadlock, &n);
        int r = 0;

        if (!members)
                return -ENOMEM;
        waiters = malloc(n * sizeof(*waiters));
        deadlock->rings = calloc(n, sizeof(*deadlock->rings));
        if (!waiters || !deadlock->rings)
                r = -ENOMEM;
        for (begin = 0; r == 0 && begin < n; begin = end) {
                for (end = begin; end < n && members[end].component == members[begin].component; end++)
                        waiters[end - begin] = members[end].waiter;
                if (!deadlock->components.is_ring[members[begin].component]) {
                        deadlock->n_queued += end - begin;
                        continue;
                }
                r = order_ring(deadlock, waiters, end - begin, &deadlock->rings[deadlock->n_rings]);
                deadlock->n_rings += r == 0;
        }
        free(members);
        free(waiters);
        if (r == 0)
                qsort(deadlock->rings, deadlock->n_rings, sizeof(*deadlock->rings), compare_rings);
        return r;
}

/* Steps */

uint32_t deadlock_holder(const struct deadlock *deadlock, const struct ring *ring, uint32_t place) {
        const struct waiter *waiter = wait_for_waiter(&deadlock->graph, deadlock->world, ring->threads[place]), *waker;

        if (place < ring->n_cycle && (ring->n_cycle > 1 || waiter->n_wakers > 0))
                return ring->threads[(place + 1) % ring->n_cycle];
        for (uint32_t i = 0; i < waiter->n_wakers; i++) {
                waker = wait_for_waiter(&deadlock->graph, deadlock->world, deadlock->graph.wakers[waiter->first_waker + i]);
                if (waker && waker->stuck)
                        return waker->thread;
        }
        return 0;
}

static int add_hold_step(struct finding *finding, const struct holding *holding, uint8_t event, uint32_t ring) {
        struct finding_step *step = finding_add_step(finding);

        if (!step)
                return -ENOMEM;
        *step = (struct finding_step) {
                .role = STEP_HOLDS,
                .ring = ring,
                .thread = holding->thread,
                .object = holding->object,
                .stack = holding->stack,
                .event_id = holding->event_id,
                .time_ns = holding->since_ns,
                .event = event,
        };
        return finding_add_object(finding, holding->object);
}

static bool is_wanted(const struct deadlock *deadlock, const struct ring *ring, uint32_t object) {
        for (uint32_t i = 0; i < ring->n; i++)
                if (world_thread(deadlock->world, ring->threads[i])->object == object)
                        return true;
        return false;
}

/* What the thread holds that others of the ring wait for, what the one before it waits for first. */
static int add_hold_steps(const struct deadlock *deadlock, const struct ring *ring, uint32_t ring_number, uint32_t place, struct finding *finding) {
        const struct thread_slot *slot = world_thread_slot(deadlock->world, ring->threads[place]);
        uint32_t before = ring->threads[(place + ring->n_cycle - 1) % ring->n_cycle];
        uint32_t wanted_first = place < ring->n_cycle ? world_thread(deadlock->world, before)->object : 0;
        int r = 0;

        for (int first = 1; first >= 0; first--)
                for (uint32_t i = 0; r == 0 && i < slot->n_holds; i++)
                        if ((slot->holds[i].object == wanted_first) == first && is_wanted(deadlock, ring, slot->holds[i].object))
                                r = add_hold_step(finding, &slot->holds[i], EV_LOCK, ring_number);
        return r;
}

/* The semaphores that the thread has taken and others of the ring wait for. */
static int add_take_steps(const struct deadlock *deadlock, const struct ring *ring, uint32_t ring_number, uint32_t place, struct finding *finding) {
        const struct holding *last = NULL;
        int r = 0;

        for (uint32_t i = 0; r == 0 && i < ring->n; i++) {
                const struct holding *taken = &world_gate(deadlock->world, world_thread(deadlock->world, ring->threads[i])->object)->taken;

                if (taken->thread == ring->threads[place] && taken != last)
                        r = add_hold_step(finding, taken, EV_SEM_TAKE, ring_number);
                last = taken;
        }
        return r;
}

/* What this one waits for, locked by a thread that can never unlock it. */
static int add_absent_owner_step(const struct deadlock *deadlock, uint32_t thread, uint32_t ring_number, struct finding *finding) {
        const struct thread_state *state = world_thread(deadlock->world, thread);
        const struct holding *holding = state->event == EV_LOCK_WAIT ? world_owners_holding(deadlock->world, state->object) : NULL;

        return holding && world_absence(deadlock->world, thread) ? add_hold_step(finding, holding, EV_LOCK, ring_number) : 0;
}

static int add_wait_step(const struct deadlock *deadlock, const struct ring *ring, uint32_t ring_number, uint32_t place, struct finding *finding) {
        const struct thread_state *state = world_thread(deadlock->world, ring->threads[place]);
        struct finding_step *step = finding_add_step(finding);

        if (!step)
                return -ENOMEM;
        *step = (struct finding_step) {
                .role = ring_number > 0 ? STEP_WAITS : STEP_QUEUES,
                .ring = ring_number,
                .thread = ring->threads[place],
                .object = state->object,
                .holder = deadlock_holder(deadlock, ring, place),
                .stack = state->stack,
                .event_id = state->event_id,
                .time_ns = state->since_ns,
                .event = state->event,
        };
        return finding_add_object(finding, state->object);
}

static int add_ring(const struct deadlock *deadlock, uint32_t ring_number, struct finding *finding) {
        const struct ring *ring = &deadlock->rings[ring_number - 1];
        int r = 0;

        for (uint32_t place = 0; r == 0 && place < ring->n; place++) {
                r = finding_add_thread(finding, ring->threads[place]);
                if (r == 0)
                        r = add_hold_steps(deadlock, ring, ring_number, place, finding);
                if (r == 0)
                        r = add_take_steps(deadlock, ring, ring_number, place, finding);
                if (r == 0)
                        r = add_absent_owner_step(deadlock, ring->threads[place], ring_number, finding);
                if (r == 0)
                        r = add_wait_step(deadlock, ring, ring_number, place, finding);
        }
        return r;
}

/* A thread that queues is a ring of itself as far as its step is concerned. */
static int add_queue(const struct deadlock *deadlock, struct finding *finding) {
        int r = 0;

        for (uint32_t i = 0; r == 0 && i < deadlock->graph.n_waiters; i++) {
                uint32_t thread = deadlock->graph.waiters[i].thread;
                struct ring alone = { .threads = &thread, .n = 1, .n_cycle = 0 };

                if (!deadlock->graph.waiters[i].stuck || deadlock->components.is_ring[deadlock->components.component[i]])
                        continue;
                r = finding_add_thread(finding, thread);
                if (r == 0)
                        r = add_wait_step(deadlock, &alone, 0, 0, finding);
        }
        return r;
}

/* All together */

static int fill_finding(const struct deadlock *deadlock, struct finding *finding) {
        int r = 0;

        finding->kind = FINDING_DEADLOCK;
        finding->certainty = CERTAINTY_OBSERVED;
        finding->n_seen = 1;
        finding->n_rings = deadlock->n_rings;
        finding->time_ns = deadlock->rings[0].since_ns;
        for (uint32_t i = 1; r == 0 && i <= deadlock->n_rings; i++)
                r = add_ring(deadlock, i, finding);
        if (r == 0)
                r = add_queue(deadlock, finding);
        finding->title = deadlock_title(deadlock);
        finding->advice = deadlock_advice(deadlock);
        return r < 0 || (finding->title && finding->advice) ? r : -ENOMEM;
}

static int describe(struct deadlock *deadlock, struct finding_list *list) {
        struct finding *finding;
        int r;

        r = wait_for_rings(&deadlock->graph, deadlock->world, &deadlock->components);
        if (r == 0)
                r = order_rings(deadlock);
        if (r < 0)
                return r;
        finding = finding_list_add(list);
        return finding ? fill_finding(deadlock, finding) : -ENOMEM;
}

int world_deadlock(const struct world *world, const struct catalog *catalog, struct finding_list *list) {
        struct deadlock deadlock = { .world = world, .catalog = catalog };
        int r;

        if (world->n_blocked == 0)
                return 0;
        r = wait_for_find(world, &deadlock.graph);
        if (r < 0)
                return r;
        r = (int) deadlock.graph.n_stuck;
        if (r > 0 && list) {
                int failed = describe(&deadlock, list);

                r = failed < 0 ? failed : r;
        }
        for (uint32_t i = 0; i < deadlock.n_rings; i++)
                free(deadlock.rings[i].threads);
        free(deadlock.rings);
        wait_rings_finish(&deadlock.components);
        wait_for_finish(&deadlock.graph);
        return r;
}
