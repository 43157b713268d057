/* The trace file: one SQLite database. This folder is the one place that knows how events lie in it
 * and the only one with SQL. DESIGN: tables and views are a contract, and change only by growing. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model/catalog.h"
#include "model/event.h"
#include "model/fault.h"
#include "model/finding.h"
#include "model/interval.h"

#define STORE_APPLICATION_ID 0x4845444C /* "HEDL" */
#define STORE_VERSION 1
#define STORE_PLAIN_EVENTS_MAX 1000000 /* up to here events and holds are plain tables too */

/* How a recording went; rows of `meta`. */
struct recording {
        char *command;        /* the words of the command line, joined by blanks */
        char *directory;      /* where it ran */
        char *host;           /* kernel, machine */
        uint64_t began_unix_ns;
        uint64_t duration_ns; /* from the first look of the collector to the last */
        bool finished;        /* the collector came to its end */
        uint64_t n_lost;      /* records dropped or damaged: complete means finished and none lost */
        int exit_status;      /* of `heddle run`; -1 not known */
        char *ended;          /* in words: "exited with status 0", "stopped by Heddle: deadlock" */
        char *remarks;        /* what of the recording was lost, one sentence a line; NULL: nothing */
        char *unseen;         /* what the program did that is never recorded, likewise */
};
void recording_finish(struct recording *recording);

/* Writing. One writer for each file; not thread-safe. After a failure (a full disk) the file keeps
 * what was committed, and every further call fails in the same way. */
struct store_writer;

/* Creates `path`; -EEXIST where there is a file already (the command has moved it away). */
int store_writer_new(const char *path, struct store_writer **ret_writer, struct fault *ret_fault);
/* Appends events in merged order, numbered from 1; kept back until a chunk is full or store_writer_commit(). */
int store_writer_add_events(struct store_writer *writer, const struct event *events, size_t n, struct fault *ret_fault);
/* Makes everything so far durable: the events added, and the rows of `catalog` and `recording` as they are now
 * (new ones are inserted, changed ones replaced). Cheap when nothing changed. */
int store_writer_commit(struct store_writer *writer, const struct catalog *catalog, const struct recording *recording, struct fault *ret_fault);
/* Rows of what was found and derived. Each may be called again with more. */
int store_writer_add_findings(struct store_writer *writer, const struct finding_list *findings, struct fault *ret_fault);
int store_writer_add_waits(struct store_writer *writer, const struct wait *waits, size_t n, struct fault *ret_fault);
int store_writer_add_messages(struct store_writer *writer, const struct message *messages, size_t n, struct fault *ret_fault);
int store_writer_add_lock_edges(struct store_writer *writer, const struct lock_edge *edges, size_t n, struct fault *ret_fault);
/* Writes the rest, the plain tables where the trace is small, leaves one file with nothing beside it, and
 * closes the database. The writer itself is still to be freed. A failure to write the plain tables alone leaves a trace
 * that is whole otherwise. They take a second and 45 MB for a million events. */
int store_writer_finish(struct store_writer *writer, const struct catalog *catalog, const struct recording *recording, struct fault *ret_fault);
/* A source over all that has been added so far, for the analyses that run before the file is finished. Free it with
 * store_source_free() before store_writer_finish(). */
int store_writer_source(struct store_writer *writer, struct event_source **ret_source, struct fault *ret_fault);
void store_writer_free(struct store_writer *writer);

/* Reading. Many readers for each file; one thread a reader. */
struct store_reader;

/* -ENOENT, -EISDIR, -EACCES, -EBADMSG (foreign, empty, damaged), -EPROTO (newer): each with its sentence. */
int store_reader_new(const char *path, struct store_reader **ret_reader, struct fault *ret_fault);
void store_reader_free(struct store_reader *reader);
const struct catalog *store_reader_catalog(const struct store_reader *reader);
/* The same, for filling in what its recorder did not come to: what addresses mean. */
struct catalog *store_reader_unfinished_catalog(struct store_reader *reader);
const struct recording *store_reader_recording(const struct store_reader *reader);
uint64_t store_reader_n_events(const struct store_reader *reader);
/* True when it was finished, nothing was lost and nothing is known to be damaged: that of a chunk of events shows only when it
 * is read, so ask after reading. */
bool store_reader_is_complete(const struct store_reader *reader);
/* What could not be read so far of a damaged file, in one sentence, or NULL. Valid until the next call that reads. */
const char *store_reader_damage(const struct store_reader *reader);

/* Events from id `first_id` (from 1) on. Free with store_source_free() before the reader. Whole chunks are decoded, nothing is
 * copied twice. Chunks that are damaged are passed over, so that ids jump: the source's first_id has the true one. */
int store_reader_source(struct store_reader *reader, uint64_t first_id, struct event_source **ret_source, struct fault *ret_fault);
void store_source_free(struct event_source *source);
/* Reads one event. -ENOENT where there is none with that id. */
int store_reader_event(struct store_reader *reader, uint64_t id, struct event *ret_event, struct fault *ret_fault);

/* Arrays on the heap, ordered by begin; for the caller to free(). */
int store_reader_findings(struct store_reader *reader, struct finding_list *ret_findings, struct fault *ret_fault);
int store_reader_waits(struct store_reader *reader, struct wait **ret_waits, size_t *ret_n, struct fault *ret_fault);
int store_reader_messages(struct store_reader *reader, struct message **ret_messages, size_t *ret_n, struct fault *ret_fault);
int store_reader_lock_edges(struct store_reader *reader, struct lock_edge **ret_edges, size_t *ret_n, struct fault *ret_fault);

/* Runs the user's SQL, one statement or several (read-only; virtual tables `event` and `hold` are there) and prints the rows to `out`, in columns
 * with a header on a terminal, tab-separated otherwise. -EINVAL with SQLite's message for a query that is wrong. */
int store_reader_sql(struct store_reader *reader, const char *query, FILE *out, struct fault *ret_fault);
