/* Lock dependencies: "this thread asked for this lock here while it held those", equal ones together. The lock-order
 * graph and the search for its cycles are made from them; there are as many as the program has habits, not as events. */
#pragma once

#include "analysis/history.h"
#include "model/interval.h"

struct held_lock {
        uint32_t lock;
        uint32_t stack; /* where it was taken, when this was seen first */
        bool reads;
};

struct dependency {
        uint64_t key;
        uint64_t time_ns;      /* of the first, as the event below */
        uint32_t first_event;
        uint32_t thread, lock, stack;
        uint32_t first_held, n_held; /* in dependencies.held, sorted by lock */
        bool reads;
};

/* One time: the event in which the thread asked, the wait where there was one. */
struct instance {
        uint32_t event;
        uint32_t before; /* the one before it; 0: none */
};

struct dependencies {
        struct dependency *items;
        uint32_t n_items, size_items;
        uint32_t *n_times;          /* of each item */
        uint32_t n_n_times, size_n_times;
        struct held_lock *held;
        uint32_t n_held, size_held;
        struct instance *instances; /* entry 0 is unused */
        uint32_t n_instances, size_instances;
        struct dependency_slot *table; /* open addressing */
        uint32_t table_mask;
        uint32_t *asked;            /* of each thread: the lock it waits for, counted already */
        uint32_t n_asked, size_asked;
        struct held_lock *scratch;
        uint32_t n_scratch, size_scratch;
};

void dependencies_finish(struct dependencies *dependencies);
/* To be called before the event goes to history_apply(). 0 or -ENOMEM. */
int dependencies_apply(struct dependencies *dependencies, const struct history *history, const struct catalog *catalog,
                       const struct event *event, uint32_t id);

/* The events of one dependency in order: an array for the caller to free, NULL when out of memory. */
uint32_t *dependencies_events(const struct dependencies *dependencies, uint32_t item, uint32_t *ret_n);

/* The lock-order graph, by first taking. The caller frees. */
int dependencies_edges(const struct dependencies *dependencies, struct lock_edge **ret_edges, size_t *ret_n);
