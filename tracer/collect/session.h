/* The collector's side of the shared memory (wire/session.h): makes it, and knows its clock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/fault.h"
#include "wire/session.h"

struct session {
        int fd;
        struct session_header *header; /* all of it is mapped, header and rings */
        uint64_t n_bytes;
        /* As in the header, which the program may have written over since. */
        uint32_t ring_records;
        uint32_t clock;
        uint64_t began;                /* ticks; time 0 of the trace */
        uint64_t ticks_per_second;
        uint64_t ns_per_tick;          /* times 2^32 */
        uint32_t n_given_back;         /* rings that were freed, in all */
        bool left;
        char path[64];                 /* what HEDDLE_SESSION has to say */
};

/* Takes about 10 ms, most of it to measure the clock. `ring_records` is a power of two. */
int session_init(struct session *session, enum session_when_full when_full, uint32_t ring_records, struct fault *ret_fault);
/* Leaves the session: whoever records to it stops, and whoever waits for room goes on. May be called again. */
void session_leave(struct session *session);
/* Leaves and unmaps it. */
void session_finish(struct session *session);

/* In ticks, as the records' stamps. */
uint64_t session_now(const struct session *session);
/* From ticks to nanoseconds since the session began; 0 for what lies before it. */
uint64_t session_ns(const struct session *session, uint64_t ticks);

/* Threads that found no ring, 0 where the program has written over the header. */
uint32_t session_n_unrecorded(const struct session *session);
/* Threads that stopped recording, since they forbade themselves system calls. */
uint32_t session_n_sealed(const struct session *session);
/* Whether a process was not recorded, since its pids mean other processes here. */
bool session_any_elsewhere(const struct session *session);
/* Whether any thread ever had a ring. */
bool session_was_joined(const struct session *session);
bool session_is_damaged(const struct session *session);

static inline struct ring_header *session_ring(const struct session *session, uint32_t i) {
        return (struct ring_header *) ((char *) session->header + session_ring_offset(session->ring_records, i));
}

/* A thread's serial is drawn with a ring: so there are no more than rings that have been given back and those there are. */
static inline bool session_may_have_drawn(const struct session *session, uint64_t serial) {
        return serial > 0 && serial < atomic_load_explicit(&session->header->next_thread, memory_order_relaxed) &&
               serial <= (uint64_t) session->n_given_back + SESSION_RINGS;
}

/* Tells a ring's thread that there is room again, if it waits for some. After tail has been moved. */
void session_wake(struct ring_header *ring);
/* Sleeps until the doorbell has been rung since it read `seen`, a signal comes, or the time is over. */
void session_sleep(struct session *session, uint32_t seen, uint64_t timeout_ns);
