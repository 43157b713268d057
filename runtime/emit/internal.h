/* What the files of this folder share. */
#pragma once

#include <signal.h>

#include "emit/emit.h"

/* The session this process records to, opened by a constructor; NULL when there is none. */
struct session_header *emit_session(void);

/* Turns recording on, with the session's clock. */
void emit_switch_on(void);
/* Whether this is a pid namespace that the collector does not see into; which it is then told of. */
bool emit_is_elsewhere(void);
/* Claims a free ring, for a thread with a new serial. NULL, and the thread is counted as one that is not recorded, when there is none. */
struct ring_header *emit_claim_ring(void);
/* Gives a ring back that its thread is done with; the collector drains it and frees it. */
void emit_close_ring(struct ring_header *ring);

/* Makes `self` the calling thread's, recording to `ring`. */
void emit_attach_ring(struct emit_thread *self, struct ring_header *ring);
/* Attaches a thread that nobody was seen to spawn: a process's first, or one made by other means. */
bool emit_attach(struct emit_thread *self);

uint32_t emit_os_thread_id(void);

void emit_pause(long ns);
/* Wakes the collector. */
void emit_ring_doorbell(struct session_header *session);
bool emit_collector_is_gone(const struct session_header *session);

void emit_block_signals(sigset_t *ret_before);
/* How much of the alternate signal stack is left below `frame`; SIZE_MAX when the thread does not run on one. */
size_t emit_alternate_stack_left(const void *frame);

/* Around emit_put_meta() by a thread that is not writing a record already: false then, and where nothing can be recorded. `frame` is
 * the caller's. */
bool emit_begin(struct emit_thread *self, const void *frame);
void emit_end(struct emit_thread *self);
/* Writes a meta record and the bytes that belong to it, whole or not at all. Room is made; the caller holds self->busy. */
bool emit_put_meta(struct emit_thread *self, enum event_kind kind, enum object_kind object_kind, uint64_t object, uint64_t where,
                   uint32_t value, const void *data, size_t data_bytes);

/* After fork, in the child. */
void emit_shared_after_fork(void);

/* Tells the collector of every loaded file, once in a process. */
void emit_modules_tell_all(struct emit_thread *self);
/* Tells it of those that the addresses lie in, where it has not been told. */
void emit_modules_tell(struct emit_thread *self, const void *const *addresses, size_t n);
/* Around fork: the loader's lock, which telling takes, must not be held by a thread that the child does not have. */
void emit_modules_hold(struct emit_thread *self);
void emit_modules_release(void);
/* After fork: the child has told nothing yet. */
void emit_modules_forget(void);
