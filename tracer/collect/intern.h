/* From records to events: what a record calls by address, pid and slot, an event calls by its number in the catalog. Fills the
 * catalog as it learns. Records come in merged order, so that "the lock at this address" is always the one that was there
 * at that moment: locks freed and made again at the same address are different objects. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "collect/merge.h"
#include "collect/processes.h"
#include "collect/session.h"
#include "collect/table.h"
#include "collect/unseen.h"
#include "model/catalog.h"
#include "model/event.h"

struct intern {
        struct catalog *catalog;
        const struct session *session;
        const struct processes *processes;
        struct table objects;      /* (image, kind and address), or (SHARED_BY_ALL, kind and place) -> object, and its last sequence number above it */
        struct table stacks;       /* (hash, process) -> stack */
        struct table modules;      /* (hash, process) -> module */
        uint32_t *process_of;      /* by image: catalog id, 0 while it has not been needed */
        uint32_t size_process_of;
        uint32_t *object_of;       /* by thread: the object that it is, or 0 */
        uint32_t size_object_of;
        struct unseen unseen;      /* what the processes did without being recorded */
        uint64_t n_lost;           /* as the threads told it */
        uint64_t n_damaged;        /* records that made no sense */
};

void intern_init(struct intern *intern, struct catalog *catalog, const struct session *session, const struct processes *processes);
void intern_finish(struct intern *intern);

/* One record, as merge_visitor.visit gets it. Returns 1 with an event in `ret_event`, 0 where the record is none (it said
 * something about others, or made no sense), or -ENOMEM. */
int intern_record(struct intern *intern, struct stream *stream, const struct record *record, uint64_t time, struct event *ret_event);
/* As merge_visitor.end: the thread is over. */
void intern_end(struct stream *stream);
/* The last thread of its program is over, which was killed, ended without a word, or executed another one. True with the event of
 * that, at `time_ns`, where it has not said so itself. */
bool intern_end_process(struct intern *intern, const struct stream *stream, uint64_t time_ns, struct event *ret_event);
