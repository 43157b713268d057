/* How many events a second the analyses take. Generated: 64 threads, 1,000 locks; each thread takes one to three locks in
 * ascending order and lets them go, so that there is a large lock-order graph without a cycle. As programs do, the
 * threads have habits: a few hundred things to do, each with locks of its own. Then once more without habits, where nearly
 * every nesting of locks is a new one: the worst that can be met. Prints a line for each pass, and all of them together as
 * `analyse`. Usage: bench-analysis [MILLIONS OF EVENTS] */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "analysis/analysis.h"
#include "analysis/lock_order.h"
#include "analysis/world.h"

#define THREADS 64
#define LOCKS 1000
#define MOST_HELD 3
#define STACKS 200
#define HABITS 300
#define BATCH 4096

static double now(void) {
        struct timespec time;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time); /* of this process alone: others may be busy */
        return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

static uint32_t pick(uint32_t n) {
        static uint64_t state = 88172645463325252u;

        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return (uint32_t) (state >> 33) % n;
}

static void make_catalog(struct catalog *catalog, int n_threads, int n_locks) {
        catalog_init(catalog);
        catalog_add_process(catalog);
        for (int i = 0; i < n_threads; i++) {
                int id = catalog_add_thread(catalog);

                catalog->threads[id].process = 1;
        }
        for (int i = 0; i < n_locks; i++) {
                int id = catalog_add_object(catalog);

                catalog->objects[id].kind = OBJECT_MUTEX;
                catalog->objects[id].process = 1;
        }
        for (int i = 0; i < STACKS; i++)
                catalog_add_stack(catalog);
}

/* Something to do: locks to take, one after the other. */
struct habit {
        uint32_t locks[MOST_HELD], n;
};

/* Locks of one habit are near each other, as those of one structure are. */
static struct habit make_habit(void) {
        struct habit habit = { .n = 1 + pick(MOST_HELD) };
        uint32_t lock = 1 + pick(LOCKS - 8 * MOST_HELD);

        for (uint32_t i = 0; i < habit.n; i++, lock += 1 + pick(8))
                habit.locks[i] = lock;
        return habit;
}

static void emit(struct event *event, uint32_t thread, uint32_t kind, uint32_t lock, uint64_t time_ns) {
        *event = (struct event) { .time_ns = time_ns, .thread = thread, .object = lock, .stack = 1 + lock % (STACKS - 1), .kind = (uint8_t) kind };
}

static void make_events(struct event *events, size_t n, bool with_habits) {
        static struct habit habits[HABITS], doing[THREADS];
        bool taken[LOCKS + 1] = { false };
        uint32_t n_held[THREADS] = { 0 };
        bool lets_go[THREADS] = { false };

        for (int i = 0; i < HABITS; i++)
                habits[i] = make_habit();
        for (size_t i = 0; i < n;) {
                uint32_t thread = pick(THREADS), lock;
                struct habit *habit = &doing[thread];

                if (n_held[thread] == 0) {
                        *habit = with_habits ? habits[pick(HABITS)] : make_habit();
                        lets_go[thread] = false;
                }
                lock = habit->locks[lets_go[thread] ? n_held[thread] - 1 : n_held[thread]];
                if (!lets_go[thread] && taken[lock])
                        continue; /* another thread has it */
                emit(&events[i], thread + 1, lets_go[thread] ? EV_UNLOCK : EV_LOCK, lock, i * 100);
                i++;
                taken[lock] = !lets_go[thread];
                n_held[thread] += lets_go[thread] ? UINT32_MAX : 1;
                lets_go[thread] |= n_held[thread] == habit->n;
        }
}

struct array_source {
        struct event_source base;
        const struct event *events;
        size_t n, at;
};

static int array_next(struct event_source *source, const struct event **ret_events) {
        struct array_source *self = (struct array_source *) source;
        size_t n = self->n - self->at < BATCH ? self->n - self->at : BATCH;

        source->first_id = self->at + 1;
        *ret_events = self->events + self->at;
        self->at += n;
        return (int) n;
}

static void report(const char *what, size_t n, double began) {
        double seconds = now() - began;

        printf("%-12s %8.1f million events/s  (%.3f s)\n", what, (double) n / seconds / 1e6, seconds);
}

static void bench_world(const struct event *events, size_t n, const struct catalog *catalog) {
        struct world *world = world_new();
        struct finding_list list = { 0 };
        double began = now();

        for (size_t i = 0; i < n; i++)
                world_apply(world, catalog, &events[i], i + 1);
        report("world", n, began);
        began = now();
        for (int i = 0; i < 1000; i++)
                world_deadlock(world, catalog, &list);
        printf("%-12s %8.2f µs a look\n", "deadlock", (now() - began) * 1e3);
        world_free(world);
}

static void bench_lock_order(const struct event *events, size_t n, const struct catalog *catalog) {
        struct lock_order lock_order = { .stopped = false };
        struct finding_list list = { 0 };
        struct lock_order_counts counts;
        double began = now();

        for (size_t i = 0; i < n; i++)
                lock_order_apply(&lock_order, catalog, &events[i], i + 1);
        report("lock order", n, began);
        began = now();
        lock_order_find(&lock_order, catalog, &lock_order_default_limits, false, &list, &counts);
        printf("%-12s %8.3f s, %" PRIu32 " dependencies, %zu findings, %" PRIu64 " unchecked\n", "cycles", now() - began,
               lock_order.dependencies.n_items, list.n, counts.n_unchecked);
        finding_list_finish(&list);
        lock_order_finish(&lock_order);
}

static int bench_all(const struct event *events, size_t n, const struct catalog *catalog) {
        struct array_source source = { .base.next = array_next, .events = events, .n = n };
        struct finding_list list;
        struct derived derived;
        struct rusage usage;
        double began = now();

        if (analyse(&source.base, catalog, 0, &derived, &list) < 0)
                return 1;
        report("analyse", n, began);
        printf("%-12s %zu edges, %zu findings\n", "", derived.n_edges, list.n);
        getrusage(RUSAGE_SELF, &usage);
        printf("%-12s %8.1f bytes an event resident at most, the events themselves included\n", "", (double) usage.ru_maxrss * 1024 / (double) n);
        derived_finish(&derived);
        finding_list_finish(&list);
        return 0;
}

/* A thousand threads in one ring: what a look costs when there is something to see. */
static void bench_ring(void) {
        struct catalog catalog;
        struct world *world = world_new();
        double began;
        int n = 0;

        make_catalog(&catalog, 1000, 1000);
        for (uint32_t i = 0; i < 2000; i++) {
                struct event event;

                emit(&event, i % 1000 + 1, i < 1000 ? EV_LOCK : EV_LOCK_WAIT, i < 1000 ? i + 1 : (i + 1) % 1000 + 1, i);
                world_apply(world, &catalog, &event, i + 1);
        }
        began = now();
        for (int i = 0; i < 100; i++)
                n = world_deadlock(world, &catalog, NULL);
        printf("%-12s %8.2f µs a look at %d threads in a ring\n", "deadlock", (now() - began) * 1e4, n);
        world_free(world);
        catalog_finish(&catalog);
}

/* Locks that are never unlocked: freed while held, each in the memory of the one before (`replaced`) or in new memory. */
static void bench_never_unlocked(bool replaced) {
        enum { N = 100000 };
        struct event *events = calloc(N, sizeof(*events));
        struct catalog catalog;

        make_catalog(&catalog, 1, N);
        for (uint32_t i = 0; i < N; i++) {
                emit(&events[i], 1, EV_LOCK, i + 1, i);
                catalog.objects[i + 1].replaces = replaced ? i : 0;
        }
        printf("\nnever unlocked, %s\n", replaced ? "memory used again" : "new memory each time");
        bench_lock_order(events, N, &catalog);
        catalog_finish(&catalog);
        free(events);
}

int main(int argc, char **argv) {
        size_t n = (argc > 1 ? strtoul(argv[1], NULL, 10) : 10) * 1000000;
        struct event *events = malloc(n * sizeof(*events));
        struct catalog catalog;
        int status;

        if (!events)
                return 1;
        make_catalog(&catalog, THREADS, LOCKS);
        make_events(events, n, true);
        bench_world(events, n, &catalog);
        bench_lock_order(events, n, &catalog);
        status = bench_all(events, n, &catalog);
        puts("\nwithout habits");
        make_events(events, n, false);
        bench_lock_order(events, n, &catalog);
        status |= bench_all(events, n, &catalog);
        puts("");
        bench_ring();
        bench_never_unlocked(false);
        bench_never_unlocked(true);
        catalog_finish(&catalog);
        free(events);
        return status;
}
