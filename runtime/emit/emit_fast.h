/* The hot path of recording, inlined into every recorded function. Included by emit.h only.
 *
 * What a record costs: the clock (by far the most), one look into the thread's stack cache, four stores,
 * and two compares for room and for signal handlers that came in between. No call, no atomic
 * read-modify-write, no system call. */
#pragma once

#include <time.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include "wire/session.h"

#define EMIT_STACK_CACHE 512  /* first places of stacks, by call site and frame */
#define EMIT_STACK_PROBES 8   /* places from the first on: a lock taken from many callers has as many stacks */
#define EMIT_STACKS (EMIT_STACK_CACHE + EMIT_STACK_PROBES - 1) /* in all; each is a stack slot of the thread */
#define EMIT_STACK_CHECKED 24 /* return addresses compared on a hit */
#define EMIT_PREFETCH 32      /* records ahead */
#define EMIT_ASIDE 256        /* records that signal handlers may leave while a record is being written */

/* A stack seen before. It is the same stack again when the same call site runs in a frame at the same place and each
 * return address still stands where it stood: exact without frame pointers, at a load and a compare a frame. */
struct emit_stack {
        const void *caller, *frame;
        uint32_t n_checked;
        uint32_t last;                                /* of those whose first place is this: how far behind the last one found lies */
        uint32_t offsets[EMIT_STACK_CHECKED];         /* of the return addresses, from `frame` upwards */
        const void *addresses[EMIT_STACK_CHECKED];
};

/* The recording state of one thread. Only that thread touches it, except `serial`, which a joining thread reads. */
struct emit_thread {
        struct ring_header *ring; /* NULL: not attached */
        struct record *records;
        uint64_t next;            /* where the next record goes */
        uint64_t limit;           /* at `next == limit` the slow path looks for room; equal while not attached */
        uint64_t mask;
        struct emit_stack *stacks; /* EMIT_STACKS of them, or NULL when there was no memory for them */
        uintptr_t busy;           /* the frame that is writing a record, or 0; a signal handler leaves its own aside */
        uint32_t n_aside;
        uint32_t serial;          /* 0: not recorded (yet) */
        uint32_t tid;
        uint32_t over;            /* the thread's exit has been recorded; nothing follows */
        uint32_t n_learned;       /* stacks, in all */
        uint32_t rounds;          /* of thread-specific destructors gone through */
        uint32_t n_forks;
        uint32_t unwinding;       /* heddle_emit_quiet is one higher for it */
        uint64_t n_lost_told;     /* of ring->n_lost, what the collector has been told */
        struct record *aside;     /* EMIT_ASIDE of them, or NULL as above */
};

extern HEDDLE_EXPORT __thread struct emit_thread heddle_emit_self __attribute__((tls_model("initial-exec")));

enum { EMIT_OFF, EMIT_CPU_CLOCK, EMIT_MONOTONIC };
/* Off, or on with that clock. Turned off for good when the collector leaves. A page of its own, which the kernel clears
 * in a child that was forked behind our back (_Fork(), a bare system call): it would write to its parent's rings. */
struct emit_switch {
        int on;
        char rest[SESSION_PAGE - sizeof(int)];
};
extern HEDDLE_EXPORT struct emit_switch heddle_emit_switch;
/* Not 0 in a process that has joined the session, and in the children it forked. Where the switch is off all the same, this is
 * such a child, and may join by itself: heddle_emit_join_again(), which says whether it records now. */
extern HEDDLE_EXPORT int heddle_emit_opened;
HEDDLE_EXPORT bool heddle_emit_join_again(void);

/* Makes room for `n_wanted` records, attaching the thread or waiting for the collector if need be. Returns false when
 * nothing can be recorded. Sets limit so that next + n_wanted <= limit. */
HEDDLE_EXPORT bool heddle_emit_make_room(struct emit_thread *self, uint64_t n_wanted);
/* The slot of a stack that is not where the last one with its first place was found. One that is in none is unwound, remembered and told to the
 * collector. 0: it cannot be had. */
HEDDLE_EXPORT unsigned heddle_emit_find_stack(struct emit_thread *self, struct emit_site site, unsigned first);
HEDDLE_EXPORT void heddle_emit_put_aside(struct emit_thread *self, const struct record *record);
HEDDLE_EXPORT void heddle_emit_flush_aside(struct emit_thread *self);
/* Of an object that may be used by other processes: the flags, without RECORD_SHARED where it cannot be, and what the record's
 * sequence says then (wire/record.h). */
HEDDLE_EXPORT unsigned heddle_emit_shared(uint64_t address, unsigned flags, uint32_t *ret_page);
/* The calling thread is busy. True when it no longer is: a handler jumped out of the frame that was. */
HEDDLE_EXPORT bool heddle_emit_was_abandoned(struct emit_thread *self, const void *frame);

static inline bool emit_is_on(void) {
        return __atomic_load_n(&heddle_emit_switch.on, __ATOMIC_RELAXED) != EMIT_OFF;
}

static inline uint64_t emit_now(void) {
        struct timespec now;

#if defined(__x86_64__)
        if (__builtin_expect(heddle_emit_switch.on == EMIT_CPU_CLOCK, 1))
                return __rdtsc();
#elif defined(__aarch64__)
        if (__builtin_expect(heddle_emit_switch.on == EMIT_CPU_CLOCK, 1)) {
                uint64_t ticks;
                __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
                return ticks;
        }
#endif
        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t) now.tv_sec * UINT64_C(1000000000) + (uint64_t) now.tv_nsec;
}

static inline bool emit_stack_is_same(const struct emit_stack *stack, struct emit_site site) {
        if (stack->caller != site.caller || stack->frame != site.frame)
                return false;
        for (uint32_t i = 0; i < stack->n_checked; i++)
                if (*(const void *const *) ((const char *) site.frame + stack->offsets[i]) != stack->addresses[i])
                        return false;
        return true;
}

/* The slot of the calling thread's stack, from 1; 0 when it cannot be had. */
static inline unsigned emit_stack_slot(struct emit_thread *self, struct emit_site site) {
        uintptr_t hash = (uintptr_t) site.caller ^ (uintptr_t) site.frame >> 4;
        unsigned first = (unsigned) ((hash * UINT64_C(0x9e3779b97f4a7c15)) >> 32) % EMIT_STACK_CACHE, at;

        if (__builtin_expect(!self->stacks || !site.frame, 0))
                return 0;
        at = first + self->stacks[first].last;
        if (__builtin_expect(emit_stack_is_same(&self->stacks[at], site), 1))
                return at + 1;
        return heddle_emit_find_stack(self, site, first);
}

/* Signal handlers run on this thread between any two instructions; this keeps the compiler's order. */
static inline void emit_signal_fence(void) {
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* Asks for a cache line to write to. The instruction is older than the compiler's default processor knows; where it is
 * unknown it does nothing. */
static inline void emit_prefetch(const struct record *record) {
#if defined(__x86_64__)
        __asm__ volatile("prefetchw %0" : : "m"(*record));
#else
        __builtin_prefetch(record, 1);
#endif
}

/* Writes at self->next, for which there is room, and publishes. Pairs with the collector's acquire of `head`. */
static inline void emit_put(struct emit_thread *self, uint64_t time, uint64_t what, uint64_t where, uint32_t sequence, uint32_t value) {
        struct record *record = &self->records[self->next & self->mask];

        /* The collector has read these lines since; asking for them early keeps the next atomic operation of the program,
         * which waits for every store before it, from waiting for them. */
        emit_prefetch(&self->records[(self->next + EMIT_PREFETCH) & self->mask]);
        record->time = time;
        record->what = what;
        record->where = where;
        record->sequence = sequence;
        record->value = value;
        self->next++;
        atomic_store_explicit(&self->ring->head, self->next, memory_order_release);
}

static inline void emit(struct emit_site site, enum event_kind kind, enum object_kind object_kind, unsigned flags,
                        uint64_t object, uint32_t sequence, uint32_t value) {
        struct emit_thread *self = &heddle_emit_self;
        uint64_t what, where;

        if (!emit_is_on())
                return;
        if (__builtin_expect(flags & RECORD_SHARED, 0) && object_kind != OBJECT_QUEUE)
                flags = heddle_emit_shared(object, flags, &sequence);
        what = record_what(object, kind, object_kind, flags);
        where = record_where((uint64_t) (uintptr_t) site.caller, flags);
        if (__builtin_expect(self->busy | self->n_aside, 0)) {
                if (self->busy && !heddle_emit_was_abandoned(self, __builtin_frame_address(0))) {
                        heddle_emit_put_aside(self, &(struct record) { emit_now(), what, where, sequence, value });
                        return;
                }
                heddle_emit_flush_aside(self); /* a handler, that came just before what it interrupted did this */
        }
        self->busy = (uintptr_t) __builtin_frame_address(0);
        emit_signal_fence();
        if (__builtin_expect(self->next < self->limit, 1) || heddle_emit_make_room(self, 1)) {
                where |= (uint64_t) emit_stack_slot(self, site) << 48;
                if (__builtin_expect(self->next < self->limit, 1) || heddle_emit_make_room(self, 1))
                        emit_put(self, emit_now(), what, where, sequence, value);
        }
        emit_signal_fence();
        self->busy = 0;
        emit_signal_fence();
        if (__builtin_expect(self->n_aside, 0))
                heddle_emit_flush_aside(self);
}

/* The clock is read in the processor's own order: ahead of an atomic operation before it that still waits for its cache
 * line. Behind this fence it is not. So an effect that is recorded with emit_after() has a later stamp than its cause,
 * without a number of its own: the cause's record is stored before the operation that it announces. For what is
 * seldom, since the fence costs as much as the record. */
static inline void emit_fence(void) {
#if defined(__x86_64__)
        _mm_lfence();
#elif defined(__aarch64__)
        __asm__ volatile("isb" : : : "memory");
#else
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

static inline void emit_after(struct emit_site site, enum event_kind kind, enum object_kind object_kind, unsigned flags,
                              uint64_t object, uint32_t sequence, uint32_t value) {
        if (!emit_is_on())
                return;
        emit_fence();
        emit(site, kind, object_kind, flags, object, sequence, value);
}
