/* What one event looks like on its way from a thread to the collector.
 *
 *   0  time      8  clock ticks (see struct session_header)
 *   8  object    6  address of the object, or a thread's serial number
 *  14  kind      1  enum event_kind
 *  15  flags     1  low nibble: RECORD_…, high nibble: enum object_kind
 *  16  caller    6  return address of the call that is recorded
 *  22  stack     2  the thread's stack slot that holds the whole stack, 0: none; top bit: RECORD_SHARED
 *  24  sequence  4  the object's own order, or a message's number; 0: none. With RECORD_SHARED the page that the object lies
 *                   in: a hash of the file and the place in it, the same in all processes, never 0; 0: not known
 *  28  value     4  as events.def says
 *
 * A DATA record carries 24 bytes in place of time, caller…value; its object field is zero. */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

enum event_kind {
#define EVENT(code, id, name, phrase, effect, order) EV_##id = code,
#define META(code, id) EV_##id = code,
#include "wire/events.def"
#undef EVENT
#undef META
};

enum object_kind {
        OBJECT_NONE = 0,
#define OBJECT(code, id, name, words) OBJECT_##id = code,
#include "wire/objects.def"
#undef OBJECT
};

enum record_flag {
        RECORD_TIMED = 1, /* the wait ends by itself when its time is over */
        RECORD_TRY = 2,   /* the call does not block */
        RECORD_READ = 4,  /* a lock that is shared with other readers */
        RECORD_AGAIN = 8, /* a recursive lock that the thread already holds; not the last unlock of it */
        RECORD_SHARED = 16, /* the object may be used by other processes; beside the stack in a record, not in a trace's events */
};

/* The value of a PROCESS_EXIT that the process did not record itself: it was killed, or went on to another program. */
enum { PROCESS_CUT_OFF = 1 };
/* The value of a SPAWN: nobody has to join this one. */
enum { SPAWN_DETACHED = 1 };
/* The value of a mutex's LOCK_INIT: whoever locks it after its owner has ended is told so. */
enum { MUTEX_ROBUST = 1 };

struct record {
        uint64_t time;
        uint64_t what;  /* object | kind << 48 | flags << 56 */
        uint64_t where; /* caller | stack << 48 */
        uint32_t sequence;
        uint32_t value;
};
static_assert(sizeof(struct record) == 32, "ring format");

#define RECORD_ADDRESS_MASK ((UINT64_C(1) << 48) - 1)
#define RECORD_DATA_BYTES 24
#define RECORD_STACK_SLOTS 1024   /* slots are 1 … 1023 */
#define RECORD_BUILD_ID_BYTES 32  /* of a MODULE, at most */
#define RECORD_STACK_FRAMES 64    /* at most, deeper frames are cut */

static inline uint64_t record_what(uint64_t object, enum event_kind kind, enum object_kind object_kind, unsigned flags) {
        return (object & RECORD_ADDRESS_MASK) | (uint64_t) kind << 48 | (uint64_t) ((flags & 0xf) | (unsigned) object_kind << 4) << 56;
}

/* The stack slot is added once it is known. */
static inline uint64_t record_where(uint64_t caller, unsigned flags) {
        return (caller & RECORD_ADDRESS_MASK) | (uint64_t) (flags & RECORD_SHARED) << 59;
}

static inline uint64_t record_object(const struct record *r) {
        return r->what & RECORD_ADDRESS_MASK;
}

static inline enum event_kind record_kind(const struct record *r) {
        return (enum event_kind) (r->what >> 48 & 0xff);
}

static inline unsigned record_flags(const struct record *r) {
        return ((unsigned) (r->what >> 56) & 0xf) | ((unsigned) (r->where >> 59) & RECORD_SHARED);
}

/* Of an object whose sequence field says which memory it lies in; a message queue is no memory, and its messages have numbers. */
static inline bool record_is_shared(const struct record *r) {
        return record_flags(r) & RECORD_SHARED && (r->what >> 60) != OBJECT_QUEUE;
}

/* The sequence number, 0 where there is none. */
static inline uint32_t record_number(const struct record *r) {
        return record_is_shared(r) ? 0 : r->sequence;
}

static inline enum object_kind record_object_kind(const struct record *r) {
        return (enum object_kind) (r->what >> 60);
}

static inline uint64_t record_caller(const struct record *r) {
        return r->where & RECORD_ADDRESS_MASK;
}

static inline unsigned record_stack(const struct record *r) {
        return (unsigned) (r->where >> 48) & 0x7fff;
}
