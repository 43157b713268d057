/* Wait-for graph: who waits for what, and who could end it. A ring here is a deadlock that has happened. */
#include <errno.h>
#include <stdlib.h>

#include "graph/build.h"
#include "graph/rings.h"

struct waits {
        struct builder builder;
        const struct world *world;
        struct holding *holdings;
        size_t n_holdings, size_holdings;
        uint32_t *wakers; /* room for every thread there is */
        int error;
};

static void keep_holding(const struct holding *holding, void *data) {
        struct waits *waits = data;

        if (waits->n_holdings == waits->size_holdings) {
                size_t size = waits->size_holdings ? waits->size_holdings * 2 : 32;
                struct holding *moved = reallocarray(waits->holdings, size, sizeof(*moved));

                if (!moved) {
                        waits->error = -ENOMEM;
                        return;
                }
                waits->holdings = moved;
                waits->size_holdings = size;
        }
        waits->holdings[waits->n_holdings++] = *holding;
}

static int compare_holdings(const void *left, const void *right) {
        const struct holding *a = left, *b = right;

        if (a->object != b->object)
                return a->object < b->object ? -1 : 1;
        if (a->thread != b->thread)
                return a->thread < b->thread ? -1 : 1;
        return a->event_id < b->event_id ? -1 : a->event_id > b->event_id;
}

static const struct holding *find_holding(const struct waits *waits, uint32_t object, uint32_t thread) {
        size_t low = 0, high = waits->n_holdings;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                const struct holding *holding = &waits->holdings[middle];

                if (holding->object < object || (holding->object == object && holding->thread < thread))
                        low = middle + 1;
                else
                        high = middle;
        }
        if (low == waits->n_holdings || waits->holdings[low].object != object || waits->holdings[low].thread != thread)
                return NULL;
        return &waits->holdings[low];
}

static int label_edge(struct graph_edge *edge, const char *words) {
        char place[SITE_TEXT_BYTES];

        site_text(edge->site, place);
        if (asprintf(&edge->label, "%s%s%s", words, place[0] ? " at " : "", place) >= 0)
                return 0;
        edge->label = NULL;
        return -ENOMEM;
}

/* thread -> what it waits for */
static int add_wait(struct waits *waits, uint32_t thread, const struct thread_state *state, int from, int to) {
        int index = builder_edge(&waits->builder, from, to, EDGE_WAITS_FOR);
        struct graph_edge *edge;

        if (index < 0)
                return index;
        edge = &waits->builder.graph->edges[index];
        builder_site(&waits->builder, edge, thread, state->stack, 0);
        edge->event_id = state->event_id;
        edge->time_ns = state->since_ns;
        edge->n_times = 1;
        return label_edge(edge, state->timed ? "waits with a timeout" : "waits");
}

/* What is said on the way from the object of a wait to who could end it. */
static const char *waker_words(uint8_t event) {
        switch (event) {
        case EV_LOCK_WAIT:
                return "taken";
        case EV_SEND_WAIT:
                return "could receive";
        case EV_RECV_WAIT:
                return "could send";
        case EV_COND_WAIT:
                return "could signal";
        case EV_SEM_WAIT:
                return "could post";
        case EV_BARRIER_WAIT:
                return "could arrive";
        default:
                return "could wake";
        }
}

/* what is waited for -> a thread that could end it */
static int add_waker(struct waits *waits, const struct thread_state *state, int from, uint32_t waker) {
        uint32_t object = state->object;
        const struct holding *holding = find_holding(waits, object, waker);
        int to = builder_thread(&waits->builder, waker), index;
        struct graph_edge *edge;

        if (to < 0)
                return to;
        index = builder_edge(&waits->builder, from, to, EDGE_HELD_BY);
        if (index < 0)
                return index;
        edge = &waits->builder.graph->edges[index];
        if (edge->n_times++ > 0)
                return 0;
        builder_site(&waits->builder, edge, waker, holding ? holding->stack : 0, 0);
        edge->event_id = holding ? holding->event_id : 0;
        edge->time_ns = holding ? holding->since_ns : 0;
        return label_edge(edge, waker_words(state->event));
}

static int add_waiting_thread(struct waits *waits, uint32_t thread, const struct thread_state *state) {
        uint32_t n_threads = world_n_threads(waits->world);
        int from = builder_thread(&waits->builder, thread), to, r;
        size_t n;
        bool all;

        if (from < 0)
                return from;
        to = builder_object(&waits->builder, state->object);
        if (to < 0)
                return to;
        r = add_wait(waits, thread, state, from, to);
        if (r < 0 || waits->builder.graph->nodes[to].is_thread)
                return r;
        n = world_wakers(waits->world, thread, waits->wakers, n_threads, &all);
        for (size_t i = 0; i < n && i < n_threads && r >= 0; i++)
                r = add_waker(waits, state, to, waits->wakers[i]);
        return r;
}

static void mark(struct waits *waits, bool is_thread, uint32_t id, uint32_t ring) {
        int node = builder_find(&waits->builder, is_thread, id);

        if (node >= 0)
                waits->builder.graph->nodes[node].ring = ring;
}

/* The rings are those of the deadlock. */
static int mark_rings(struct waits *waits) {
        struct finding_list findings = { 0 };
        uint32_t n_before = 0;
        int r = world_deadlock(waits->world, waits->builder.catalog, &findings);

        for (size_t i = 0; i < findings.n; i++) {
                const struct finding *finding = &findings.items[i];

                for (size_t s = 0; s < finding->n_steps; s++) {
                        const struct finding_step *step = &finding->steps[s];
                        uint32_t thread = catalog_object_thread(waits->builder.catalog, step->object);

                        if (step->ring == 0 || step->role == STEP_QUEUES || step->role == STEP_WITNESS)
                                continue;
                        mark(waits, true, step->thread, n_before + step->ring);
                        mark(waits, thread > 0, thread > 0 ? thread : step->object, n_before + step->ring);
                }
                n_before += finding->n_rings;
        }
        finding_list_finish(&findings);
        return r < 0 ? r : rings_order(waits->builder.graph);
}

static int build(struct waits *waits) {
        uint32_t n_threads = world_n_threads(waits->world);
        int r = 0;

        waits->wakers = calloc(n_threads + 1, sizeof(*waits->wakers));
        if (!waits->wakers)
                return -ENOMEM;
        world_holdings(waits->world, keep_holding, waits);
        if (waits->error < 0)
                return waits->error;
        if (waits->n_holdings > 0)
                qsort(waits->holdings, waits->n_holdings, sizeof(*waits->holdings), compare_holdings);
        for (uint32_t thread = 1; thread <= n_threads && r >= 0; thread++) {
                const struct thread_state *state = world_thread(waits->world, thread);

                if (state && state->doing == DOING_WAIT)
                        r = add_waiting_thread(waits, thread, state);
        }
        return r < 0 ? r : mark_rings(waits);
}

int graph_wait_for(const struct world *world, const struct catalog *catalog, struct graph *ret_graph) {
        struct waits waits = { .world = world };
        struct graph graph;
        int r;

        builder_init(&waits.builder, GRAPH_WAIT_FOR, catalog, &graph);
        r = build(&waits);
        builder_finish(&waits.builder);
        free(waits.holdings);
        free(waits.wakers);
        if (r < 0) {
                graph_finish(&graph);
                return r;
        }
        *ret_graph = graph;
        return 0;
}
