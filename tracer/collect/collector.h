/* The collector: everything between the rings and the trace file. `heddle run` makes one, starts the program, steps
 * it until the program has ended, and finishes it. One thread; nothing here prints. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analysis/world.h"
#include "collect/drain.h"
#include "collect/intern.h"
#include "collect/live.h"
#include "collect/merge.h"
#include "collect/processes.h"
#include "collect/session.h"
#include "collect/spool.h"
#include "model/catalog.h"
#include "model/fault.h"
#include "store/store.h"

#define COLLECTOR_BATCH 4096 /* events handed to the store at once */

struct collector {
        struct session session;
        struct spool spool;
        struct merge merge;
        struct processes processes;
        struct drain drain;
        struct intern intern;
        struct live live;
        struct world *world;
        struct store_writer *writer;
        struct catalog catalog;
        struct recording recording;
        struct event *batch;
        size_t n_batch;
        uint64_t n_events;         /* merged, in all */
        uint64_t n_committed;      /* of those, durable */
        uint64_t next_commit_ns;
        uint64_t sleep_ns;
        uint32_t n_blocked;        /* threads that wait */
        bool *blocked;             /* by thread */
        uint32_t size_blocked;
        bool busy;                 /* the last round left something that could have been merged */
        bool dirty;                /* something came since the last commit */
        int error;                 /* negative errno: recording has come to an end before its time */
        struct fault fault;        /* its sentence */
};

/* Creates the shared memory and the trace file, which must not exist yet. */
int collector_init(struct collector *collector, const char *trace, enum session_when_full when_full, struct fault *ret_fault);
/* The same on shared memory that is there already, which becomes the collector's, also on failure. Without a `trace` nothing is
 * stored: for what has to do with the rings alone. */
int collector_init_on(struct collector *collector, const struct session *session, const char *trace, struct fault *ret_fault);
void collector_finish(struct collector *collector);

/* One round: takes records out of the rings, merges, stores, and sleeps for up to 20 ms if there was little to do. Returns 1 with
 * a finding in `ret_deadlock` (for the caller to finish) when a deadlock has formed that was not told before, else 0. A failure
 * (a full disk) ends recording, lets the program go on, and stays in collector->error. */
int collector_step(struct collector *collector, struct finding_list *ret_deadlock);
/* The same without a sleep, and with any clock for the live look; a failure is also returned. */
int collector_round(struct collector *collector, uint64_t now_ns, struct finding_list *ret_deadlock);
/* False once nobody is left who records. */
bool collector_has_program(const struct collector *collector);
/* Ends every process of the session that is still there. Again with each step, until there are none. */
void collector_kill(struct collector *collector);

/* Adds a sentence, or several lines of them, about what this trace could not see. */
void collector_remark(struct collector *collector, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* No more records are wanted: merges and stores all that there are. `progress` may be NULL; it is called now and then with the part
 * that is done. 0, or the negative errno that collector->fault tells of. */
int collector_complete(struct collector *collector, void (*progress)(void *data, double done), void *data);
