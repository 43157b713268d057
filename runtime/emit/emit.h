/* How the runtime and the interposer record an event. Everything here is safe in signal handlers and after
 * fork, allocates nothing, keeps errno, and costs a load and a branch while nothing records.
 *
 * Threads attach by themselves with their first event. Spawned threads go through emit_spawn…(). */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/session.h"

#define HEDDLE_EXPORT __attribute__((visibility("default")))

/* Where a recorded call came from. The function that is recorded (an interposed one, or one of the public API)
 * must not be inlined, and takes it itself:  struct emit_site site = EMIT_SITE;  */
struct emit_site {
        const void *caller; /* its return address */
        const void *frame;  /* its canonical frame address */
};
#define EMIT_SITE ((struct emit_site) { __builtin_return_address(0), __builtin_dwarf_cfa() })

/* True while a collector listens:  static inline bool emit_is_on(void);  (emit_fast.h)
 *
 * Records one event of this thread, stamped now:
 *
 *     static inline void emit(struct emit_site site, enum event_kind kind, enum object_kind object_kind, unsigned flags,
 *                             uint64_t object, uint32_t sequence, uint32_t value);
 *
 * emit_after() is the same for what can happen only after another thread's event and carries no sequence: it is stamped later.
 *
 * `object` is an address, or a thread's serial for OBJECT_THREAD.
 * An acquire is recorded after it succeeded, a release before it happens; `sequence` as events.def says. */

/* Names an object, or (OBJECT_THREAD, serial) a thread. At most 255 bytes are kept. */
HEDDLE_EXPORT void heddle_emit_name(enum object_kind kind, uint64_t object, const char *name);
/* The same for one that other processes use, recorded with RECORD_SHARED. */
HEDDLE_EXPORT void heddle_emit_shared_name(enum object_kind kind, uint64_t object, const char *name);

/* The program is about to wait, called from `caller`, by means that are not recorded. Told once for each place. */
HEDDLE_EXPORT void heddle_emit_unseen_wait(const void *caller);

/* The process is about to execute the program of that path or name, which may be one that cannot be recorded. */
HEDDLE_EXPORT void heddle_emit_exec(const char *path);

/* The calling thread's serial, attaching it if need be; 0 while nothing records. */
HEDDLE_EXPORT uint32_t heddle_emit_thread_serial(void);

/* The serial of a thread of this process that has not been joined or detached yet. Waits, a second at most, for one that
 * has been created and has not run yet. 0 for one that is not recorded. */
HEDDLE_EXPORT uint32_t heddle_emit_serial_of(pthread_t thread);

/* This memory is about to be unmapped: objects that other processes use may lie in it. */
HEDDLE_EXPORT void heddle_emit_unmapped(const void *memory, size_t n_bytes);

/* A thread to be spawned. */
struct emit_spawn {
        struct emit_site site;
        int (*create)(pthread_t *, const pthread_attr_t *, void *(*) (void *), void *); /* the real pthread_create */
        void *(*start)(void *);
        void *argument;
        void *(*routine)(void *); /* the function it is known by, where `start` only leads there; NULL: start */
};

/* Creates a pthread that records its start and its exit, and records the spawn. The same result as `create`; while nothing
 * records it is just that call. `ret_serial` (may be NULL) is the child's, written before the child runs; 0 when it is
 * not recorded. */
HEDDLE_EXPORT int heddle_emit_spawn(const struct emit_spawn *spawn, pthread_t *ret_thread, const pthread_attr_t *attributes,
                                    uint32_t *ret_serial);

/* The process is about to limit its address space to so many bytes: rings that it does not use, and that would take up much of it,
 * are given back. */
HEDDLE_EXPORT void heddle_emit_limit_memory(uint64_t address_space);

/* The calling thread is about to forbid itself nearly every system call: nothing more of it is recorded, which is counted. */
HEDDLE_EXPORT void heddle_emit_leave(void);

/* Set while the runtime calls pthread functions for purposes of its own, so that the interposer lets them through
 * unrecorded: heddle_emit_quiet++ … heddle_emit_quiet--. */
extern HEDDLE_EXPORT __thread unsigned heddle_emit_quiet __attribute__((tls_model("initial-exec")));

/* Where the unwinder's library lies, its variables included. It takes a lock of its own where code was registered by hand
 * (__register_frame(), as compilers at run time do), and so it does for us, to learn a stack: what is done with that lock must not
 * be recorded, or the thread would wait for itself. */
struct emit_memory {
        uint64_t from, n_bytes;
};
extern HEDDLE_EXPORT struct emit_memory heddle_emit_unwinder;

static inline bool emit_is_unwinders(const void *address) {
        return (uintptr_t) address - heddle_emit_unwinder.from < heddle_emit_unwinder.n_bytes;
}

#include "emit/emit_fast.h"
