/* Traces that other tools logged, in the STD format (see std.c): `THREAD|OPERATION(WHAT)|PLACE`, one event a line.
 *
 *   acq(L) rel(L)      a lock; a thread may take one again that it has
 *   req(L)             it asks for the lock; what waits at the end waits for ever
 *   fork(T) join(T)    a thread
 *   r(V) w(V)          a variable; counted only
 *   begin end branch   of no meaning here; counted only
 *
 * Blank lines, and those that begin with #, are passed over. There are no times in it: events are a
 * millisecond apart, so that one sees which came first. */
#pragma once

#include <stdio.h>

#include "model/catalog.h"
#include "model/event.h"
#include "model/fault.h"

struct import {
        struct catalog *catalog; /* filled */
        int (*take)(void *data, const struct event *events, size_t n, struct fault *ret_fault); /* 0 or a negative errno */
        void *data;
        uint64_t n_events;   /* made so far */
        uint64_t n_accesses; /* reads and writes that were passed over */
        uint64_t n_others;   /* what else was */
};

/* Reads all of `in`, which messages call `path`. Memory grows with names, not with lines. 0, or a negative errno with a
 * sentence that has the number of the line. */
int import_std(struct import *import, FILE *in, const char *path, struct fault *ret_fault);
