/* The greatest fixpoint: begin with every blocked thread, take out each that some thread outside could wake, until
 * nothing changes. Each thread leaves once and each waker is looked at twice, so it is linear; it runs twenty times a
 * second while a program is recorded. */
#include "analysis/wait_for.h"

#include <errno.h>
#include <stdlib.h>

#include "analysis/scc.h"
#include "analysis/wakers.h"

/* What the search needs besides its result. */
struct fixpoint {
        const struct world *world;
        struct wait_for *graph;
        uint32_t *first, *behind; /* of each waiter, the waiters that it could wake */
        uint32_t *n_outside;      /* of each process, live threads that are not stuck; [0]: of all */
        uint32_t *leaving;
        uint32_t n_leaving;
};

struct waiter *wait_for_waiter(const struct wait_for *wait_for, const struct world *world, uint32_t thread) {
        uint32_t place = world_thread_slot(world, thread)->blocked_at;

        return place > 0 ? &wait_for->waiters[place - 1] : NULL;
}

static int find_waiters(const struct world *world, struct wait_for *graph) {
        struct readers readers = { 0 };
        int r = 0;

        graph->waiters = calloc(world->n_blocked + 1, sizeof(*graph->waiters));
        if (!graph->waiters)
                return -ENOMEM;
        for (; r == 0 && graph->n_waiters < world->n_blocked; graph->n_waiters++)
                r = wakers_find(world, world->blocked[graph->n_waiters], &readers, graph, &graph->waiters[graph->n_waiters]);
        free(readers.items);
        return r;
}

static void leave(struct fixpoint *fixpoint, struct waiter *waiter) {
        if (!waiter->stuck)
                return;
        waiter->stuck = false;
        fixpoint->leaving[fixpoint->n_leaving++] = (uint32_t) (waiter - fixpoint->graph->waiters);
}

/* Whether a thread can end a wait by itself at all: it neither waits nor is it over. */
static bool is_outside(const struct fixpoint *fixpoint, uint32_t thread) {
        return world_thread_slot(fixpoint->world, thread)->blocked_at == 0 &&
               world_thread_slot(fixpoint->world, thread)->state.doing != DOING_ENDED;
}

/* Takes a waiter out that needs nobody who is blocked. */
static void judge(struct fixpoint *fixpoint, struct waiter *waiter) {
        uint32_t n_outside = 0;

        for (uint32_t i = 0; i < waiter->n_wakers; i++)
                n_outside += is_outside(fixpoint, fixpoint->graph->wakers[waiter->first_waker + i]);
        waiter->n_stuck = waiter->n_wakers - n_outside;
        if (waiter->rule == WAKE_SOON || (waiter->rule == WAKE_ALL_OF && waiter->n_stuck == 0) ||
            (waiter->rule == WAKE_ANY_OF && n_outside > 0) || (waiter->any_in_process && fixpoint->n_outside[waiter->process] > 0))
                leave(fixpoint, waiter);
}

/* Turns the edges round: fills `first` and `behind`. */
static int link_behind(struct fixpoint *fixpoint) {
        struct wait_for *graph = fixpoint->graph;
        struct waiter *waker;

        fixpoint->first = calloc((size_t) graph->n_waiters + 2, sizeof(*fixpoint->first));
        fixpoint->behind = malloc(((size_t) graph->n_wakers + 1) * sizeof(*fixpoint->behind));
        if (!fixpoint->first || !fixpoint->behind)
                return -ENOMEM;
        /* Counted two places up, so that filling in leaves first[i] at the begin of i. */
        for (uint32_t i = 0; i < graph->n_wakers; i++) {
                waker = wait_for_waiter(graph, fixpoint->world, graph->wakers[i]);
                if (waker)
                        fixpoint->first[waker - graph->waiters + 2]++;
        }
        for (uint32_t i = 2; i < graph->n_waiters + 2; i++)
                fixpoint->first[i] += fixpoint->first[i - 1];
        for (uint32_t i = 0; i < graph->n_waiters; i++)
                for (uint32_t j = 0; j < graph->waiters[i].n_wakers; j++) {
                        waker = wait_for_waiter(graph, fixpoint->world, graph->wakers[graph->waiters[i].first_waker + j]);
                        if (waker)
                                fixpoint->behind[fixpoint->first[waker - graph->waiters + 1]++] = i;
                }
        return 0;
}

static int count_outside(struct fixpoint *fixpoint) {
        const struct world *world = fixpoint->world;

        fixpoint->n_outside = calloc(world->n_processes, sizeof(*fixpoint->n_outside));
        if (!fixpoint->n_outside)
                return -ENOMEM;
        for (uint32_t i = 0; i < world->n_processes; i++)
                fixpoint->n_outside[i] = world->processes[i].n_live;
        for (uint32_t i = 0; i < world->n_blocked; i++)
                fixpoint->n_outside[world->threads[world->blocked[i]].process]--;
        for (uint32_t i = 1; i < world->n_processes; i++)
                fixpoint->n_outside[0] += fixpoint->n_outside[i];
        return 0;
}

/* A first thread outside: those that any thread of the process could wake leave as well. */
static void free_process(struct fixpoint *fixpoint, uint32_t process) {
        if (fixpoint->n_outside[process]++ > 0)
                return;
        for (uint32_t i = 0; i < fixpoint->graph->n_waiters; i++)
                if (fixpoint->graph->waiters[i].any_in_process && fixpoint->graph->waiters[i].process == process)
                        leave(fixpoint, &fixpoint->graph->waiters[i]);
}

static void follow(struct fixpoint *fixpoint, uint32_t waiter) {
        uint32_t process = world_thread_slot(fixpoint->world, fixpoint->graph->waiters[waiter].thread)->process;

        for (uint32_t i = fixpoint->first[waiter]; i < fixpoint->first[waiter + 1]; i++) {
                struct waiter *behind = &fixpoint->graph->waiters[fixpoint->behind[i]];

                behind->n_stuck--;
                if (behind->rule == WAKE_ANY_OF || behind->n_stuck == 0)
                        leave(fixpoint, behind);
        }
        free_process(fixpoint, process);
        if (process != 0)
                free_process(fixpoint, 0);
}

static int run(struct fixpoint *fixpoint) {
        struct wait_for *graph = fixpoint->graph;

        fixpoint->leaving = malloc(((size_t) graph->n_waiters + 1) * sizeof(*fixpoint->leaving));
        if (!fixpoint->leaving || count_outside(fixpoint) < 0 || link_behind(fixpoint) < 0)
                return -ENOMEM;
        for (uint32_t i = 0; i < graph->n_waiters; i++)
                graph->waiters[i].stuck = true;
        for (uint32_t i = 0; i < graph->n_waiters; i++)
                judge(fixpoint, &graph->waiters[i]);
        for (uint32_t i = 0; i < fixpoint->n_leaving; i++)
                follow(fixpoint, fixpoint->leaving[i]);
        graph->n_stuck = graph->n_waiters - fixpoint->n_leaving;
        return 0;
}

int wait_for_find(const struct world *world, struct wait_for *ret_wait_for) {
        struct wait_for graph = { 0 };
        struct fixpoint fixpoint = { .world = world, .graph = &graph };
        int r;

        r = find_waiters(world, &graph);
        if (r == 0)
                r = run(&fixpoint);
        free(fixpoint.first);
        free(fixpoint.behind);
        free(fixpoint.n_outside);
        free(fixpoint.leaving);
        if (r < 0)
                wait_for_finish(&graph);
        else
                *ret_wait_for = graph;
        return r;
}

void wait_for_finish(struct wait_for *wait_for) {
        free(wait_for->waiters);
        free(wait_for->wakers);
        *wait_for = (struct wait_for) { 0 };
}

/* Rings */

/* Nodes are the waiters, then the processes: an edge to a process stands for one to each of its stuck threads. */
struct edges {
        uint32_t *first, *to;
        uint32_t n_nodes;
};

static void add_waker_edges(const struct wait_for *graph, const struct world *world, uint32_t i, struct edges *edges, uint32_t *n) {
        const struct waiter *waiter = &graph->waiters[i], *waker;

        for (uint32_t j = 0; waiter->stuck && j < waiter->n_wakers; j++) {
                waker = wait_for_waiter(graph, world, graph->wakers[waiter->first_waker + j]);
                if (waker && waker->stuck)
                        edges->to[(*n)++] = (uint32_t) (waker - graph->waiters);
        }
        /* That others could post a semaphore is no reason to call them part of a ring. */
        if (waiter->stuck && waiter->any_in_process && !waiter->has_culprit)
                edges->to[(*n)++] = graph->n_waiters + waiter->process;
}

static void add_process_edges(const struct wait_for *graph, const struct world *world, uint32_t process, struct edges *edges, uint32_t *n) {
        for (uint32_t i = 0; i < graph->n_waiters; i++)
                if (graph->waiters[i].stuck && (process == 0 || world_thread_slot(world, graph->waiters[i].thread)->process == process))
                        edges->to[(*n)++] = i;
}

static int collect_edges(const struct wait_for *graph, const struct world *world, struct edges *ret_edges) {
        uint32_t n = 0;

        ret_edges->n_nodes = graph->n_waiters + world->n_processes;
        ret_edges->first = malloc(((size_t) ret_edges->n_nodes + 2) * sizeof(*ret_edges->first));
        /* each waker, one edge a waiter to its process, and each waiter from its own and from process 0 */
        ret_edges->to = malloc(((size_t) graph->n_wakers + 3 * (size_t) graph->n_waiters + 1) * sizeof(*ret_edges->to));
        if (!ret_edges->first || !ret_edges->to)
                return -ENOMEM;
        for (uint32_t i = 0; i < graph->n_waiters; i++) {
                ret_edges->first[i] = n;
                add_waker_edges(graph, world, i, ret_edges, &n);
        }
        for (uint32_t process = 0; process < world->n_processes; process++) {
                ret_edges->first[graph->n_waiters + process] = n;
                add_process_edges(graph, world, process, ret_edges, &n);
        }
        ret_edges->first[ret_edges->n_nodes] = n;
        return 0;
}

/* A component is a ring when no edge leads out of it: nobody else is to blame. */
static void mark_sinks(const struct edges *edges, struct wait_rings *rings) {
        for (uint32_t i = 0; i < rings->n_components; i++)
                rings->is_ring[i] = true;
        for (uint32_t i = 0; i < edges->n_nodes; i++)
                for (uint32_t j = edges->first[i]; j < edges->first[i + 1]; j++)
                        if (rings->component[i] != rings->component[edges->to[j]])
                                rings->is_ring[rings->component[i]] = false;
}

/* It is one, too, when threads in it wait for each other by name. That any thread could wake one of them is no
 * reason to call it part of a ring: it may merely queue behind another. */
static int mark_cycles(const struct wait_for *graph, struct edges *edges, struct wait_rings *rings) {
        uint32_t n_nodes = graph->n_waiters, n_components, *component = malloc(((size_t) n_nodes + 2) * sizeof(*component));
        int r = -ENOMEM;

        /* An edge to a process becomes one to the node behind the waiters, which leads nowhere. */
        for (uint32_t i = 0; i < edges->first[n_nodes]; i++)
                if (edges->to[i] > n_nodes)
                        edges->to[i] = n_nodes;
        edges->first[n_nodes + 1] = edges->first[n_nodes];
        if (component)
                r = scc_find(n_nodes + 1, edges->first, edges->to, component, &n_components);
        for (uint32_t i = 0; r == 0 && i < n_nodes; i++) {
                for (uint32_t j = edges->first[i]; j < edges->first[i + 1]; j++)
                        if (edges->to[j] < n_nodes && component[edges->to[j]] == component[i])
                                rings->is_ring[rings->component[i]] = true;
        }
        free(component);
        return r;
}

int wait_for_rings(const struct wait_for *wait_for, const struct world *world, struct wait_rings *ret_rings) {
        struct wait_rings rings = { 0 };
        struct edges edges = { 0 };
        int r = -ENOMEM;

        if (collect_edges(wait_for, world, &edges) < 0)
                goto out;
        rings.component = malloc(((size_t) edges.n_nodes + 1) * sizeof(*rings.component));
        rings.is_ring = calloc((size_t) edges.n_nodes + 1, sizeof(*rings.is_ring));
        if (!rings.component || !rings.is_ring)
                goto out;
        r = scc_find(edges.n_nodes, edges.first, edges.to, rings.component, &rings.n_components);
        if (r < 0)
                goto out;
        mark_sinks(&edges, &rings);
        r = mark_cycles(wait_for, &edges, &rings);
        if (r < 0)
                goto out;
        for (uint32_t i = 0; i < wait_for->n_waiters; i++)
                if (!wait_for->waiters[i].stuck)
                        rings.component[i] = UINT32_MAX;
        *ret_rings = rings;
        rings = (struct wait_rings) { 0 };
out:
        wait_rings_finish(&rings);
        free(edges.first);
        free(edges.to);
        return r;
}

void wait_rings_finish(struct wait_rings *rings) {
        free(rings->component);
        free(rings->is_ring);
        *rings = (struct wait_rings) { 0 };
}

/* For the graph's pictures */

bool world_anybody_could_wake(const struct world *world, uint32_t thread) {
        struct readers readers = { 0 };
        struct wait_for graph = { 0 };
        struct waiter waiter = { 0 };
        bool anybody = true; /* also when there is no memory to find out */

        if (world_thread_slot(world, thread)->state.doing == DOING_WAIT && wakers_find(world, thread, &readers, &graph, &waiter) == 0)
                anybody = waiter.any_in_process && world_object_slot(world, world_thread_slot(world, thread)->state.object)->kind != OBJECT_CHANNEL;
        free(readers.items);
        wait_for_finish(&graph);
        return anybody;
}

size_t world_wakers(const struct world *world, uint32_t thread, uint32_t *wakers, size_t max, bool *ret_all) {
        struct readers readers = { 0 };
        struct wait_for graph = { 0 };
        struct waiter waiter = { 0 };
        size_t n = 0;

        if (world_thread_slot(world, thread)->state.doing == DOING_WAIT && wakers_find(world, thread, &readers, &graph, &waiter) == 0) {
                for (uint32_t i = 0; i < waiter.n_wakers; i++, n++)
                        if (n < max)
                                wakers[n] = graph.wakers[i];
                for (uint32_t i = 1; waiter.any_in_process && i < world->n_threads; i++) {
                        const struct thread_slot *other = &world->threads[i];

                        if (i == thread || other->state.doing == DOING_NOTHING || other->state.doing == DOING_ENDED ||
                            (waiter.process > 0 && other->process != waiter.process))
                                continue;
                        if (n < max)
                                wakers[n] = i;
                        n++;
                }
        }
        *ret_all = waiter.rule == WAKE_ALL_OF;
        free(readers.items);
        wait_for_finish(&graph);
        return n;
}
