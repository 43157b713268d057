/* The state of the traced program at one moment: who runs, waits and holds what. Fed event by event, by the
 * collector while the program runs (for deadlocks as they form) and by the analyses and the viewer's graph over a trace. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/catalog.h"
#include "model/event.h"
#include "model/finding.h"

struct world;

struct world *world_new(void);
void world_free(struct world *world);
/* 0 or -ENOMEM. `id` is the event's place in the merged order. The catalog says what kind each object is. */
int world_apply(struct world *world, const struct catalog *catalog, const struct event *event, uint64_t id);

/* What time it is, for a world that is fed as things happen. */
void world_set_time(struct world *world, uint64_t now_ns);

/* What a thread is doing. */
enum thread_doing { DOING_NOTHING, DOING_RUN, DOING_WAIT, DOING_ENDED };

struct thread_state {
        enum thread_doing doing;
        bool timed;          /* the wait ends by itself */
        uint32_t object;     /* what it waits for */
        uint8_t event;       /* the event that began the wait */
        uint32_t stack;
        uint64_t since_ns;
        uint64_t event_id;
        uint64_t n_events;   /* how many of this thread were applied */
};
/* NULL for a thread that has not been heard of. */
const struct thread_state *world_thread(const struct world *world, uint32_t thread);
uint32_t world_n_threads(const struct world *world); /* ids run from 1 to this */

struct holding {
        uint32_t thread, object, stack;
        uint8_t flags;
        uint64_t since_ns, event_id;
};
/* Visits what is held now, in the order in which it was taken. */
void world_holdings(const struct world *world, void (*visit)(const struct holding *holding, void *data), void *data);

/* Every thread that could wake `thread` from its wait: the owner, the join's target, the senders' holders, ….
 * `ret_all` is set when all of them together are needed (readers of a lock a writer waits for), else any one will do.
 * Returns how many were written to the caller's array of `max`; more than `max` are not written but counted. */
size_t world_wakers(const struct world *world, uint32_t thread, uint32_t *wakers, size_t max, bool *ret_all);

/* Whether somebody that nobody knows of could end the wait as well: a thread that is not recorded, or a signal handler.
 * The runtime's channels are used by recorded threads alone. */
bool world_anybody_could_wake(const struct world *world, uint32_t thread);

/* The greatest fixpoint of the design: the threads that can never run again, as one finding with a ring for each
 * strongly connected component and the queue behind. Adds nothing to `list` when there are none. Returns how many
 * threads are in the set, or a negative errno. `catalog` gives the words of the title. */
int world_deadlock(const struct world *world, const struct catalog *catalog, struct finding_list *list);
