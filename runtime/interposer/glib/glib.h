/* GLib's own locks, threads and queues, which do not go through pthreads, or only far inside. We are built without GLib and
 * run in programs that have none: its functions are looked up when one of ours is first called, and the little that has
 * to be known of its types is said here and in the files beside.
 *
 * GLib is linked so that its calls to itself stay inside it (-Bsymbolic-functions). Where it is not, what its functions
 * do to carry out a call that we have recorded must not be recorded again: GLIB_INSIDE. */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "interposer/real.h"

#define EXPORT __attribute__((visibility("default")))

/* Returned where GLib's function returns nothing. A program's own function of that name may return something. */
typedef uintptr_t glib_void;

struct glib {
#define WRAP(name, version, result, parameters, model)
#define WRAP_GLIB(name, result, parameters, model) result(*name) parameters;
#include "interposer/functions.def"
#undef WRAP
#undef WRAP_GLIB
        bool is_glib; /* and not functions of the program's own that have these names */
        bool ready;
};

extern struct glib heddle_glib;

/* The wrappers. */
#define WRAP(name, version, result, parameters, model)
#define WRAP_GLIB(name, result, parameters, model) EXPORT result name parameters;
#include "interposer/functions.def"
#undef WRAP
#undef WRAP_GLIB

/* Finds GLib's functions as `caller` would have found them without us. */
const struct glib *glib_look_up(const void *caller);

/* In a wrapper: the real functions. */
#define GLIB (__builtin_expect(__atomic_load_n(&heddle_glib.ready, __ATOMIC_ACQUIRE), 1) ? &heddle_glib : glib_look_up(__builtin_return_address(0)))

static inline bool glib_records(const struct glib *glib) {
        return wrapper_records() && glib->is_glib;
}

static inline void glib_come_out(const unsigned *quiet) {
        heddle_emit_quiet = *quiet;
}
/* Nothing is recorded to the end of the block, however it is left. */
#define GLIB_INSIDE __attribute__((cleanup(glib_come_out), unused)) unsigned glib_quiet = heddle_emit_quiet++

/* A cause: before the real call. */
static inline void glib_record(struct emit_site site, enum event_kind event, enum object_kind kind, unsigned flags, const void *object) {
        emit(site, event, kind, flags, (uint64_t) (uintptr_t) object, 0, 0);
}

/* An effect: after it. Locks of GLib have no room for a number of their own that every version of it would leave alone, so
 * their order is that of the fenced stamps. */
static inline void glib_record_after(struct emit_site site, enum event_kind event, enum object_kind kind, unsigned flags, const void *object) {
        emit_after(site, event, kind, flags, (uint64_t) (uintptr_t) object, 0, 0);
}

static inline void glib_record_refused(struct emit_site site, enum event_kind event, enum object_kind kind, unsigned flags, const void *object, int error) {
        emit_after(site, event, kind, flags, (uint64_t) (uintptr_t) object, 0, (uint32_t) error);
}

/* Takes a lock: one record when it is free, one more before the thread waits. */
static inline glib_void glib_take(struct emit_site site, enum object_kind kind, unsigned flags, void *lock, int (*try)(void *), glib_void (*wait)(void *)) {
        GLIB_INSIDE;

        if (!try(lock)) {
                glib_record(site, EV_LOCK_WAIT, kind, flags, lock);
                wait(lock);
        }
        glib_record_after(site, EV_LOCK, kind, flags, lock);
        return 0;
}

static inline int glib_record_tried(struct emit_site site, enum object_kind kind, unsigned flags, const void *lock, int taken) {
        if (taken)
                glib_record_after(site, EV_LOCK, kind, flags | RECORD_TRY, lock);
        else
                glib_record_refused(site, EV_LOCK_FAIL, kind, flags | RECORD_TRY, lock, EBUSY);
        return taken;
}
