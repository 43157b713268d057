/* Threads that a program left waiting when it ended, though nobody was left to wake them but the thread that ended it.
 *
 * Told of waits for a lock, for a thread's end, at a barrier and on a channel of the runtime. Whoever waits on a condition variable,
 * a semaphore or a queue when the program ends is, more often than not, a worker with nothing to do; so is one that waits for
 * a lock which the thread that ends the program holds. */
#pragma once

#include "analysis/sightings.h"

/* Ends, in `world`, the threads that ended their processes. What is in `findings` is not told again. 0 or a negative errno. */
int blocked_forever_tell(struct world *world, struct sightings *sightings, const struct finding_list *findings);
