/* What the files of this folder share. */
#pragma once

#include "emit/emit.h"

/* The session this process records to, opened by a constructor; NULL when there is none. */
struct session_header *emit_session(void);

/* False in a pid namespace that the collector does not see into. */
bool emit_pid_is_the_collectors(void);
/* Claims a free ring; NULL when there is none. `thread` is the serial of the thread it is for. */
struct ring_header *emit_claim_ring(uint32_t thread);
/* Gives a ring back that its thread is done with; the collector drains it and frees it. */
void emit_close_ring(struct ring_header *ring);

/* Makes `self` the calling thread's, recording to `ring`. */
void emit_attach_ring(struct emit_thread *self, struct ring_header *ring);
/* Attaches a thread that nobody was seen to spawn: a process's first, or one made by other means. */
bool emit_attach(struct emit_thread *self);

uint32_t emit_os_thread_id(void);

/* Writes a meta record and the bytes that belong to it, whole or not at all. Room is made; the caller holds self->busy. */
bool emit_put_meta(struct emit_thread *self, enum event_kind kind, enum object_kind object_kind, uint64_t object, uint64_t where,
                   uint32_t value, const void *data, size_t data_bytes);

/* Tells the collector of every loaded file, when there are others than at the last call. */
void emit_modules_if_changed(struct emit_thread *self);
/* After fork: the child has told nothing yet. */
void emit_modules_forget(void);
