/* From the rings to the merge's streams: one look at every ring that is in use, taking out what is there.
 *
 * A ring that its thread has closed, or whose process is gone, is given back once it is empty. When the spool is full, records
 * stay in the rings, and the program waits (or drops) until there is room.
 *
 * Nothing in the shared memory is believed that can be known otherwise, since the program can write over all of it:
 *   a claim is read once; whose ring it is, and how far it has been read, stay as they were whatever the ring says later
 *   a serial that was never drawn, or drawn for another ring, is nobody's: what the ring holds is given up and counted
 *   a head that makes no sense costs what the ring held; it goes on from there
 *   a tail, or the state of a ring that is in use, is put right: a thread would wait for ever, or two would share a ring */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "collect/merge.h"
#include "collect/processes.h"
#include "collect/session.h"

/* What the collector knows of a ring. */
struct source {
        struct stream *stream; /* NULL: nothing has come of this claim yet */
        struct watch *watch;   /* NULL: not claimed, as far as seen */
        uint32_t pid, thread;
        uint64_t tail;         /* ours; the one in the ring is for its thread to read */
        uint64_t n_lost;       /* of the ring's, accounted for */
        bool orphan;           /* its process has gone on to another program */
        bool nobodys;          /* its serial cannot be: whatever comes is given up */
        bool fresh;            /* found in this round */
};

struct drain {
        struct session *session;
        struct merge *merge;
        struct processes *processes;
        struct source *sources; /* one for each ring */
        uint32_t n_rings;       /* no ring from there on has ever been claimed */
        uint32_t next_free;     /* of the rings that nobody has: the one to be looked into next */
        uint8_t *drawn;         /* a bit for each serial that has been seen */
        uint32_t n_drawn_bytes;
        uint64_t n_lost;        /* records that were dropped because a ring was full */
        uint64_t n_damaged;     /* records given up, and rings found in disorder */
};

struct drain_round {
        uint64_t n_records; /* taken out */
        uint64_t limit;     /* stamp of the first that had to be left in a ring; UINT64_MAX: none was */
};

int drain_init(struct drain *drain, struct session *session, struct merge *merge, struct processes *processes);
void drain_finish(struct drain *drain);
/* 0 or -ENOMEM. */
int drain_round(struct drain *drain, struct drain_round *ret_round);
/* Gives every stream up as it is, because recording ends here. */
void drain_abandon(struct drain *drain);
