/* From events to the times in which locks were held, one pass, remembering only what is held. */
#pragma once

#include "model/event.h"
#include "model/interval.h"

struct holds;

struct holds *holds_new(void);
void holds_free(struct holds *holds);
/* Takes one event in, whose id is `id`. Returns 1 when a hold came to its end with it, which is then in `ret_hold`,
 * else 0 or -ENOMEM. A thread that takes a lock it had not been seen to release ends the hold before, at a time not
 * known (NEVER). */
int holds_apply(struct holds *holds, const struct event *event, uint64_t id, struct hold *ret_hold);
/* Gives out, one a call, what is still held after the last event. Returns 1, or 0 when there is no more. */
int holds_rest(struct holds *holds, struct hold *ret_hold);
