/* What lies between two events: a wait, a hold, a message's way; and an edge of the lock-order graph. */
#pragma once

#include <stdint.h>

#define NEVER UINT64_MAX /* an end that the trace does not hold */

struct wait {
        uint32_t thread, object, stack;
        uint32_t owner;     /* thread that held or was to wake it when it began; 0: none or several */
        uint8_t kind;       /* the event that began it: EV_LOCK_WAIT, EV_JOIN_WAIT, … */
        uint8_t ended_by;   /* the event that ended it: EV_LOCK, EV_LOCK_FAIL, …; 0: never ended */
        uint64_t began_ns, ended_ns;
        uint64_t event_id;
};

struct hold {
        uint32_t thread, object, stack;
        uint8_t flags;      /* RECORD_READ: shared */
        uint64_t began_ns, ended_ns;
        uint64_t event_id;
};

struct message {
        uint32_t channel, number;
        uint32_t sender, receiver;       /* threads; receiver 0: never received */
        uint64_t sent_ns, received_ns;
        uint64_t sent_id, received_id;   /* event ids */
        uint32_t stack;                  /* of the send; 0 in what is read from a file */
};

struct lock_edge {
        uint32_t held, taken;            /* objects */
        uint64_t n_times;
        uint32_t thread;                 /* the first to do it */
        uint32_t held_stack, taken_stack;
        uint64_t time_ns, event_id;      /* of the first taking */
        uint8_t flags;
};
