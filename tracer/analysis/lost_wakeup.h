/* Signals that nobody waited for, and the waits that would have needed them.
 *
 * What the condition is that a thread waits for is not known; who held the mutex is. A signal is lost on a wait when it came
 * after the waiting thread had taken the mutex (and so had looked at the condition) and before it waited, and the thread
 * that signalled has not taken the mutex since the signal before: so it did not change the condition where the waiter would
 * have seen it. One that changes it under the mutex and signals afterwards is harmless, and common.
 *
 * A signal before the mutex was taken is the waiter's mistake if it did not look; whether it looked, nobody sees. So that is
 * only told of a thread that is deadlocked, as what to look at. */
#pragma once

#include "analysis/sightings.h"

#define LOST_WAKEUP_LOCKS 8 /* remembered of each thread */

struct lost_wakeup {
        struct cond_past {           /* of each object that is a condition variable */
                uint32_t n_waiting;
                struct finding_step unheard; /* the last signal while nobody waited, until somebody does; event 0: none */
                uint64_t signal_before;      /* event id of that thread's signal before, of whatever */
        } *conds;
        uint32_t n_conds, size_conds;
        struct thread_past {         /* of each thread */
                struct lock_taken {
                        uint32_t lock;
                        uint64_t event_id;
                } taken[LOST_WAKEUP_LOCKS]; /* the locks that it took last, each with the last time */
                uint32_t n_taken;
                uint64_t forgotten;          /* the last of those that there was no room for */
                uint64_t last_signal;
                struct lock_taken released;  /* by its last event; lock 0: that was something else */
                struct finding_step signal, wait; /* what the wait it is in has missed; event 0: nothing */
                bool had_looked;             /* the signal came after it took the mutex */
        } *threads;
        uint32_t n_threads, size_threads;
};

void lost_wakeup_finish(struct lost_wakeup *self);
/* To be called before the event goes to world_apply(). 0 or -ENOMEM. */
int lost_wakeup_apply(struct lost_wakeup *self, struct sightings *sightings, const struct event *event, uint64_t id);
/* At the end of the trace: waits that never ended. Adds to the advice of the deadlocks in `findings` what their threads have
 * missed, and tells the others by themselves. 0 or -ENOMEM. */
int lost_wakeup_tell(const struct lost_wakeup *self, struct sightings *sightings, const struct world *world, struct finding_list *findings);
