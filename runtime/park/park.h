/* The one door through which the runtime puts a thread to sleep.
 *
 * Underneath is the kernel's futex. A wait is recorded here and nowhere else, so whatever the runtime does to
 * make a thread sleep shows in the trace. A scheduler that decides who runs next (for threads that share a few of the
 * kernel's, for replaying a schedule, for making a predicted deadlock happen) will stand at this door: it needs
 * to replace park_wait() and park_wake(), and nothing else in the runtime has to change.
 *
 * Any thread may call anything here, but not a signal handler. Not cancellation points. errno is kept. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "emit/emit.h"

#define PARK_FOREVER UINT64_MAX

/* What a thread waits for, as it will stand in the trace. */
struct park_reason {
        struct emit_site site;
        enum event_kind event; /* EV_LOCK_WAIT, EV_JOIN_WAIT, EV_SEND_WAIT, EV_RECV_WAIT */
        enum object_kind object_kind;
        unsigned flags;        /* enum record_flag */
        uint64_t object;
        uint32_t value;
        bool recorded;         /* a wait is one event, however often the kernel wakes it for nothing */
};

/* Sleeps while *word is `expected`, until woken or until `deadline_ns` on CLOCK_MONOTONIC. Returns 0, perhaps for
 * nothing: look again, and wait again; or -ETIMEDOUT. `reason` is recorded once; NULL for what no program can see,
 * such as the runtime's own short locks. */
int park_wait(uint32_t *word, uint32_t expected, uint64_t deadline_ns, struct park_reason *reason);

/* Wakes at most `n` of the threads that sleep on the word. */
void park_wake(uint32_t *word, int n);
#define PARK_ALL INT32_MAX

/* Records the reason if it has not been yet; for the one wait that cannot be on a word of ours, pthread_join. */
void park_tell(struct park_reason *reason);

/* CLOCK_MONOTONIC, and that time `timeout_ns` from now, PARK_FOREVER if that is beyond reckoning. */
uint64_t park_now_ns(void);
uint64_t park_deadline_ns(uint64_t timeout_ns);

/* Passes a moment before another look at something that is about to happen; longer each round. Returns false when it
 * has been long enough (some microseconds) and sleeping is better; at once where there is only one processor. */
bool park_spin(unsigned *round);
