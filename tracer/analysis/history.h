/* What a reordering of a trace has to keep, thread by thread: critical sections, and what must have happened before.
 *
 * No vector clocks are kept. The set of events that the closure (closure.h) grows is a prefix of each thread, so an
 * order between threads is one edge, "thread t from event `at` on needs thread `from_thread` up to event `from`", and
 * the closure walks edges and sections of each thread once. A lock, the most frequent event, costs no edge.
 *
 *   edge from                                 to
 *   spawn                                     the first event of the thread
 *   the last event of a thread                its join
 *   send, and the receive before              receive of the message
 *   receive of message n                      send of message n + capacity on a bounded channel
 *   receive                                   the hand-over it allows
 *   every drop of a sender (of the receiver)  a receive (send) that finds the channel closed
 *   signal or broadcast                       the wait it let through
 *   lock                                      a try or timed lock that failed because of it
 *   the last event of a thread                a lock that says that this thread died as its owner
 *   post n of a semaphore                     the take n after those that it had at the start
 *   every arrival of a round                  each departure from the barrier
 *   the end of a once routine                 whoever waited for it
 *   every message of a queue                  the next of it: its messages may overtake each other
 *
 * Event ids are kept in 32 bits: from event 4,294,967,295 on nothing is added, and nothing predicted. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analysis/numbered.h"
#include "model/catalog.h"
#include "model/event.h"

struct section {
        uint64_t time_ns;
        uint32_t lock;
        uint32_t acquired, released; /* event ids; released 0: never */
        uint32_t stack : 30;
        uint32_t reads : 1;
        uint32_t tried : 1; /* taken by a call that would not have waited for ever */
};

struct order_edge {
        uint32_t at;
        uint32_t from_thread, from;
};

/* A section that is not over. */
struct open_section {
        uint32_t lock, section, stack;
        bool reads;
};

struct thread_history {
        struct section *sections; /* by acquire */
        uint32_t n_sections, size_sections;
        struct order_edge *edges; /* by `at` */
        uint32_t n_edges, size_edges;
        struct open_section *open; /* in the order taken */
        uint32_t n_open, size_open;
        uint32_t last_event;
        uint32_t cond_wait;       /* event that began the wait on a condition variable */
};

struct channel_history; /* private */
struct gate_history;

struct history {
        struct thread_history *threads; /* by id */
        uint32_t n_threads, size_threads;
        struct point *last; /* of each object: its last lock, signal, message of a queue, or end of a once routine */
        uint32_t n_last, size_last;
        uint32_t *channel_of; /* of each object, index in `channels`; 0: none */
        uint32_t n_channel_of, size_channel_of;
        struct channel_history *channels;
        uint32_t n_channels, size_channels;
        uint32_t *gate_of; /* of each object, index in `gates`; 0: none */
        uint32_t n_gate_of, size_gate_of;
        struct gate_history *gates;
        uint32_t n_gates, size_gates;
};

void history_finish(struct history *history);
/* 0 or -ENOMEM. The thread and the object are in the catalog; `id` is below UINT32_MAX. */
int history_apply(struct history *history, const struct catalog *catalog, const struct event *event, uint32_t id);

/* The section of `thread` on `lock` that is open just before event `before`, or NULL. */
const struct section *history_held(const struct history *history, uint32_t thread, uint32_t lock, uint32_t before);
/* The first section of `thread` on `lock` that was acquired at `from` or later, or NULL. */
const struct section *history_acquired(const struct history *history, uint32_t thread, uint32_t lock, uint32_t from);
