/* The smallest collector there can be: takes records out of the rings and shows each to a function. For tests of what is
 * emitted, and so that what recording costs the program can be measured apart from what the collector does. */
#pragma once

#include "wire/session.h"

struct drain {
        int fd;
        struct session_header *header;
        char path[64]; /* for HEDDLE_SESSION */
        uint64_t n_records;
        uint32_t rung;
        uint64_t sum;
        /* Called with each record; drain_init() sets one that reads it and no more. */
        void (*visit)(const struct ring_header *ring, const struct record *record, void *data);
        void *data;
};

/* 0 or a negative errno. */
int drain_init(struct drain *drain);
/* Sleeps until a ring is half full, a millisecond at most. */
void drain_wait(struct drain *drain);
/* Empties every ring once. */
void drain_round(struct drain *drain);
void drain_finish(struct drain *drain);
