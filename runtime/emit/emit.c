/* Recording, off the hot path: room in the ring, meta records, names, and records that signal handlers left aside. */
#include "emit/emit.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "emit/internal.h"

#define NAME_BYTES_MAX 255
#define WAIT_FOR_ROOM_NS 100000000 /* between looks whether the collector is still there */
#define WAITS_FOR_A_BEAT 600       /* a minute: it may be writing to a slow disk */

struct heart {
        uint32_t beats, n_still;
};

static long futex(_Atomic uint32_t *word, int operation, uint32_t value, const struct timespec *timeout) {
        return syscall(SYS_futex, word, operation, value, timeout, NULL, 0);
}

bool emit_collector_is_gone(const struct session_header *session) {
        return atomic_load_explicit(&session->closed, memory_order_acquire) || (kill(session->collector_pid, 0) < 0 && errno == ESRCH);
}

/* A collector that was killed and that nobody has waited for still has its pid; but its heart does not beat. */
static bool has_beaten(const struct session_header *session, struct heart *heart) {
        uint32_t beats = atomic_load_explicit(&session->heartbeat, memory_order_relaxed);

        heart->n_still = beats == heart->beats ? heart->n_still + 1 : 0;
        heart->beats = beats;
        return heart->n_still < WAITS_FOR_A_BEAT;
}

void emit_ring_doorbell(struct session_header *session) {
        atomic_fetch_add_explicit(&session->doorbell, 1, memory_order_release);
        futex(&session->doorbell, FUTEX_WAKE, 1, NULL);
}

/* Not those that an instruction brings on: the kernel ends a process that has them blocked, whatever handler it has. */
void emit_block_signals(sigset_t *ret_before) {
        static const int brought_on[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS };
        sigset_t all;

        sigfillset(&all);
        for (size_t i = 0; i < sizeof(brought_on) / sizeof(*brought_on); i++)
                sigdelset(&all, brought_on[i]);
        pthread_sigmask(SIG_BLOCK, &all, ret_before);
}

/* Not clock_nanosleep(), which would be the end of a thread that is being cancelled. */
void emit_pause(long ns) {
        syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &(struct timespec) { .tv_nsec = ns }, NULL);
}

size_t emit_alternate_stack_left(const void *frame) {
        int saved_errno = errno;
        stack_t stack;
        bool is_on = syscall(SYS_sigaltstack, NULL, &stack) == 0 && (stack.ss_flags & SS_ONSTACK);

        errno = saved_errno;
        return is_on ? (size_t) ((const char *) frame - (const char *) stack.ss_sp) : SIZE_MAX;
}

static uint64_t n_free(const struct emit_thread *self) {
        /* Pairs with the collector's release: the slots below tail have been copied. */
        uint64_t tail = atomic_load_explicit(&self->ring->tail, memory_order_acquire);

        return self->mask + 1 - (self->next - tail);
}

/* Sleeps until the collector has taken something from the ring. False once it is gone. Signals wait meanwhile, as the
 * thread does: what their handlers recorded would have to be kept aside, where there is little room. */
static bool wait_for_room(struct emit_thread *self, struct session_header *session) {
        struct ring_header *ring = self->ring;
        uint32_t room = atomic_load_explicit(&ring->room, memory_order_acquire);
        uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
        sigset_t before;

        emit_block_signals(&before);
        /* The collector moves tail, then reads wants_room; we set wants_room, then read tail: one of us sees the other. */
        atomic_store_explicit(&ring->wants_room, 1, memory_order_seq_cst);
        emit_ring_doorbell(session);
        if (atomic_load_explicit(&ring->tail, memory_order_seq_cst) == tail)
                futex(&ring->room, FUTEX_WAIT, room, &(struct timespec) { .tv_nsec = WAIT_FOR_ROOM_NS });
        atomic_store_explicit(&ring->wants_room, 0, memory_order_relaxed);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        return !emit_collector_is_gone(session);
}

/* Stops recording in this process: the program goes on as if it had never begun. */
static void turn_off(struct emit_thread *self) {
        heddle_emit_opened = 0;
        __atomic_store_n(&heddle_emit_switch.on, EMIT_OFF, __ATOMIC_RELAXED);
        self->limit = self->next;
}

/* Up to here the hot path needs not ask: the ring's free part, but no further than the next half of the ring, so that
 * the collector is told in time. */
static void set_limit(struct emit_thread *self, uint64_t n_wanted, uint64_t n_room) {
        uint64_t half = (self->mask + 1) / 2;
        uint64_t to_boundary = half - self->next % half;
        uint64_t n = n_room < to_boundary ? n_room : to_boundary;

        self->limit = self->next + (n < n_wanted ? n_wanted : n);
}

/* Records that were dropped since the last look are told of as soon as there is room. */
static void tell_lost(struct emit_thread *self) {
        uint64_t n_lost = atomic_load_explicit(&self->ring->n_lost, memory_order_relaxed);
        uint32_t n_new = (uint32_t) (n_lost - self->n_lost_told);

        if (n_new == 0)
                return;
        self->n_lost_told = n_lost;
        emit_put(self, emit_now(), record_what(0, EV_LOST, OBJECT_NONE, 0), 0, 0, n_new);
}

static bool find_room(struct emit_thread *self, uint64_t n_wanted) {
        struct session_header *session = emit_session();
        struct heart heart = { 0 };

        if (!self->ring)
                return emit_attach(self) && find_room(self, n_wanted);
        if (atomic_load_explicit(&session->closed, memory_order_relaxed)) {
                turn_off(self);
                return false;
        }
        if (self->next % ((self->mask + 1) / 2) == 0)
                emit_ring_doorbell(session);
        while (n_free(self) < n_wanted + 1) { /* one more: for what tell_lost() has to say */
                if (session->when_full == SESSION_DROP) {
                        atomic_fetch_add_explicit(&self->ring->n_lost, 1, memory_order_relaxed);
                        self->limit = self->next;
                        return false;
                }
                if (!wait_for_room(self, session) || !has_beaten(session, &heart)) {
                        turn_off(self);
                        return false;
                }
        }
        tell_lost(self);
        set_limit(self, n_wanted, n_free(self));
        return true;
}

bool heddle_emit_make_room(struct emit_thread *self, uint64_t n_wanted) {
        int saved_errno = errno;
        bool ok;

        if (self->ring && self->limit - self->next >= n_wanted)
                return true;
        if (self->over && !self->ring)
                return false;
        ok = find_room(self, n_wanted);
        errno = saved_errno;
        return ok;
}

/* Copies up to RECORD_DATA_BYTES of `data` into a DATA record. */
static void put_data(struct emit_thread *self, const char *data, size_t n_bytes) {
        struct {
                uint64_t time, where;
                uint32_t sequence, value;
        } part = { 0 };

        memcpy(&part, data, n_bytes < RECORD_DATA_BYTES ? n_bytes : RECORD_DATA_BYTES);
        emit_put(self, part.time, record_what(0, EV_DATA, OBJECT_NONE, 0), part.where, part.sequence, part.value);
}

/* A meta record and the bytes that belong to it, whole or not at all. */
static bool put_meta(struct emit_thread *self, const struct record *meta, const char *data, size_t data_bytes) {
        size_t n_data = (data_bytes + RECORD_DATA_BYTES - 1) / RECORD_DATA_BYTES;

        if (!heddle_emit_make_room(self, 1 + n_data))
                return false;
        emit_put(self, emit_now(), meta->what, meta->where, meta->sequence, meta->value);
        for (size_t i = 0; i < data_bytes; i += RECORD_DATA_BYTES)
                put_data(self, data + i, data_bytes - i);
        return true;
}

bool emit_put_meta(struct emit_thread *self, enum event_kind kind, enum object_kind object_kind, uint64_t object, uint64_t where,
                   uint32_t value, const void *data, size_t data_bytes) {
        struct record meta = { .what = record_what(object, kind, object_kind, 0), .where = where, .value = value };

        return put_meta(self, &meta, data, data_bytes);
}

bool emit_begin(struct emit_thread *self, const void *frame) {
        if (!emit_is_on() || self->busy)
                return false;
        self->busy = (uintptr_t) frame;
        emit_signal_fence();
        if (heddle_emit_make_room(self, 1))
                return true;
        emit_end(self);
        return false;
}

void emit_end(struct emit_thread *self) {
        emit_signal_fence();
        self->busy = 0;
        emit_signal_fence();
        if (self->n_aside)
                heddle_emit_flush_aside(self);
}

static void put_name(const struct record *meta, const char *name) {
        struct emit_thread *self = &heddle_emit_self;
        size_t n_bytes = strnlen(name, NAME_BYTES_MAX);
        char text[NAME_BYTES_MAX + 1];

        if (!emit_begin(self, __builtin_frame_address(0)))
                return;
        memcpy(text, name, n_bytes);
        text[n_bytes] = 0;
        put_meta(self, meta, text, n_bytes + 1);
        emit_end(self);
}

void heddle_emit_name(enum object_kind kind, uint64_t object, const char *name) {
        enum event_kind event = kind == OBJECT_THREAD ? EV_THREAD_NAME : EV_OBJECT_NAME;

        put_name(&(struct record) { .what = record_what(object, event, kind, 0) }, name);
}

void heddle_emit_shared_name(enum object_kind kind, uint64_t object, const char *name) {
        struct record meta = { .what = record_what(object, EV_OBJECT_NAME, kind, 0) };
        unsigned flags = RECORD_SHARED;

        if (emit_is_on() && kind != OBJECT_QUEUE)
                flags = heddle_emit_shared(object, flags, &meta.sequence);
        meta.where = record_where(0, flags);
        put_name(&meta, name);
}

/* A handler's frames lie below those that it interrupted, unless it has a stack of its own. So one that is no deeper than the
 * busy one has come after a jump out of it (siglongjmp() out of a handler). The record that was being written is lost;
 * what was published is whole. */
bool heddle_emit_was_abandoned(struct emit_thread *self, const void *frame) {
        if ((uintptr_t) frame < self->busy || emit_alternate_stack_left(frame) != SIZE_MAX)
                return false;
        self->busy = 0;
        if (self->unwinding)
                heddle_emit_quiet--;
        self->unwinding = 0;
        return true;
}

/* Runs in a signal handler that came while this thread was writing a record. Its stack is not unwound. */
void heddle_emit_put_aside(struct emit_thread *self, const struct record *record) {
        uint32_t slot;

        if (self->over || !self->ring)
                return;
        slot = __atomic_fetch_add(&self->n_aside, 1, __ATOMIC_RELAXED); /* a handler may interrupt a handler */
        if (slot < EMIT_ASIDE && self->aside)
                self->aside[slot] = *record;
        else
                atomic_fetch_add_explicit(&self->ring->n_lost, 1, memory_order_relaxed);
}

/* Handlers go on adding behind while we write what is there; the list is empty again when none came in between. */
static void write_aside(struct emit_thread *self) {
        uint32_t i = 0, n = self->n_aside;

        for (;;) {
                if (i < n && i < EMIT_ASIDE && heddle_emit_make_room(self, 1)) {
                        const struct record *record = &self->aside[i++];

                        emit_put(self, record->time, record->what, record->where, record->sequence, record->value);
                        n = __atomic_load_n(&self->n_aside, __ATOMIC_RELAXED);
                } else if (__atomic_compare_exchange_n(&self->n_aside, &n, 0, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
                        return;
                }
        }
}

void heddle_emit_flush_aside(struct emit_thread *self) {
        while (self->n_aside > 0) {
                self->busy = (uintptr_t) __builtin_frame_address(0);
                emit_signal_fence();
                write_aside(self);
                emit_signal_fence();
                self->busy = 0;
                emit_signal_fence();
        }
}
