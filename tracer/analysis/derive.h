/* Intervals from events: how long a thread waited, held a lock, and a message was on its way. */
#pragma once

#include "analysis/analysis.h"
#include "analysis/numbered.h"
#include "analysis/world.h"

struct derive {
        bool with_holds;
        struct wait *waits;
        uint32_t n_waits, size_waits;
        struct hold *holds;
        uint32_t n_holds, size_holds;
        struct message *messages;
        uint32_t n_messages, size_messages;
        uint32_t *open_wait; /* of each thread, the index of the wait it is in plus one */
        uint32_t n_open_wait, size_open_wait;
        struct open_holds *open_holds; /* of each thread */
        uint32_t n_open_holds, size_open_holds;
        struct numbered *sent; /* of each object that is a channel: which message a number is */
        uint32_t n_sent, size_sent;
        struct queue *queues; /* of each object that is a message queue: what is inside */
        uint32_t n_queues, size_queues;
};

void derive_finish(struct derive *derive);
/* To be called before the event goes to world_apply(). 0 or -ENOMEM. */
int derive_apply(struct derive *derive, const struct world *world, const struct catalog *catalog, const struct event *event, uint64_t id);
/* Hands the arrays over; they are by begin. */
void derive_take(struct derive *derive, struct derived *ret_derived);
