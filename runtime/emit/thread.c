/* Threads: how one comes to be recorded, and how its record ends.
 *
 * A spawned thread's ring is claimed by its parent and carries the start routine to it, so that spawning allocates
 * nothing. A thread's exit is recorded by a thread-specific destructor in its last round, after the program's own
 * destructors: it runs on return, on pthread_exit() and on cancellation alike. */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "emit/internal.h"

__thread struct emit_thread heddle_emit_self;
__thread unsigned heddle_emit_quiet;

static pthread_key_t exit_key;
static bool have_exit_key;

/* What a thread remembers, on pages of its own: most of them are never touched. */
struct memory {
        struct emit_stack stacks[EMIT_STACKS];
        struct record aside[EMIT_ASIDE];
};

enum { SEQUENCE_START = 1, SEQUENCE_EXIT = 2 }; /* SPAWN -> START and EXIT -> JOIN of one thread are told apart by them */

static const struct emit_site no_site;

/* Threads that have a ring and do not know it yet. */
static _Atomic uint32_t n_starting;

/* Nothing that the calling thread does from here on is recorded. Its locks do not count on either: a number that nobody
 * recorded would be waited for. */
static void stay_unseen(struct emit_thread *self) {
        self->over = 1;
        heddle_emit_quiet++;
}

/* Ends the calling thread's record. */
static void detach_self(struct emit_thread *self) {
        struct ring_header *ring = self->ring;

        stay_unseen(self);
        self->busy = (uintptr_t) __builtin_frame_address(0);
        emit_signal_fence();
        self->ring = NULL;
        self->next = self->limit = 0;
        if (self->stacks)
                munmap(self->stacks, sizeof(struct memory));
        self->stacks = NULL;
        self->aside = NULL;
        emit_close_ring(ring);
        emit_signal_fence();
        self->busy = 0;
}

void heddle_emit_leave(void) {
        struct emit_thread *self = &heddle_emit_self;

        if (!emit_is_on() || self->busy || self->over)
                return;
        atomic_fetch_add_explicit(&emit_session()->n_sealed_threads, 1, memory_order_relaxed);
        if (self->ring)
                detach_self(self);
        else
                stay_unseen(self);
}

/* Thread-specific destructors go round until none sets a value, PTHREAD_DESTRUCTOR_ITERATIONS times at most; the last
 * round is ours, so that destructors of the program that lock are still seen. */
static void on_exit_key(void *value) {
        struct emit_thread *self = value;

        if (++self->rounds < PTHREAD_DESTRUCTOR_ITERATIONS && pthread_setspecific(exit_key, self) == 0)
                return;
        if (!self->ring)
                return;
        emit(no_site, EV_THREAD_EXIT, OBJECT_THREAD, 0, self->serial, SEQUENCE_EXIT, 0);
        detach_self(self);
}

void emit_attach_ring(struct emit_thread *self, struct ring_header *ring) {
        struct memory *memory = mmap(NULL, sizeof(*memory), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        self->stacks = memory == MAP_FAILED ? NULL : memory->stacks;
        self->aside = memory == MAP_FAILED ? NULL : memory->aside;
        self->records = ring_records(ring);
        self->mask = emit_session()->ring_records - 1;
        self->next = atomic_load_explicit(&ring->head, memory_order_relaxed);
        self->limit = self->next; /* the first record looks for room */
        self->tid = emit_os_thread_id();
        self->rounds = 0;
        self->n_lost_told = atomic_load_explicit(&ring->n_lost, memory_order_relaxed);
        atomic_store_explicit(&ring->tid, self->tid, memory_order_release);
        self->ring = ring;
        __atomic_store_n(&self->serial, ring->thread, __ATOMIC_RELEASE);
        if (have_exit_key)
                pthread_setspecific(exit_key, self);
}

/* In the child of a fork, until it has said so: the thread that it is a copy of, and which of its forks it was. */
static uint32_t forked_by, forked_as;

static void tell_start(struct emit_thread *self) {
        if (heddle_emit_make_room(self, 1))
                emit_put(self, emit_now(), record_what(0, EV_PROCESS_START, OBJECT_PROCESS, 0), 0, forked_by, forked_as);
        forked_by = forked_as = 0;
}

static bool attach(struct emit_thread *self) {
        struct ring_header *ring;
        bool is_first = self->tid == 0 && (pid_t) emit_os_thread_id() == getpid();

        if (self->over)
                return false;
        ring = emit_claim_ring();
        if (!ring) {
                stay_unseen(self);
                return false;
        }
        emit_attach_ring(self, ring);
        if (is_first)
                tell_start(self);
        emit_put_meta(self, EV_THREAD_START, OBJECT_THREAD, self->serial, 0, 0, NULL, 0);
        emit_modules_tell_all(self);
        return true;
}

/* Signals wait: a handler that jumped out of here would leave the loader locked, and a ring to nobody. */
bool emit_attach(struct emit_thread *self) {
        sigset_t before;
        bool ok;

        emit_block_signals(&before);
        ok = attach(self);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        return ok;
}

uint32_t heddle_emit_thread_serial(void) {
        struct emit_thread *self = &heddle_emit_self;

        if (!emit_is_on())
                return 0;
        if (!self->ring && !self->busy && !self->over) {
                self->busy = (uintptr_t) __builtin_frame_address(0);
                emit_signal_fence();
                heddle_emit_make_room(self, 1);
                emit_signal_fence();
                self->busy = 0;
        }
        return self->serial;
}

/* A thread's own record lies at a fixed distance from its pthread_t, which glibc lets point at the thread's control
 * block: so the serial of any thread that is not gone yet is one load away, and no table has to be kept. */
static const uint32_t *serial_of(pthread_t thread) {
        ptrdiff_t distance = (char *) &heddle_emit_self.serial - (char *) pthread_self();

        return (const uint32_t *) ((char *) thread + distance);
}

uint32_t heddle_emit_serial_of(pthread_t thread) {
        const uint32_t *serial = serial_of(thread);
        uint32_t value = __atomic_load_n(serial, __ATOMIC_ACQUIRE);

        if (!emit_is_on())
                return 0;
        for (unsigned i = 0; value == 0 && i < 20000 && atomic_load_explicit(&n_starting, memory_order_acquire) > 0; i++) {
                if (i < 100)
                        sched_yield();
                else
                        emit_pause(50000);
                value = __atomic_load_n(serial, __ATOMIC_ACQUIRE);
        }
        return __atomic_load_n(serial, __ATOMIC_ACQUIRE);
}

static void *run_recorded(void *argument) {
        struct ring_header *ring = argument;
        struct emit_thread *self = &heddle_emit_self;
        void *(*start)(void *) = ring->start;
        void *start_argument = ring->start_argument;
        struct emit_site site = { .caller = (const char *) (uintptr_t) ring->routine + 1 }; /* as if it had been called from within */

        emit_attach_ring(self, ring);
        atomic_fetch_sub_explicit(&n_starting, 1, memory_order_release); /* pairs with heddle_emit_serial_of() */
        emit(site, EV_THREAD_START, OBJECT_THREAD, 0, self->serial, SEQUENCE_START, ring->parent);
        return start(start_argument);
}

/* What a thread for which there is no ring has to know, on a page that it gives back. */
struct unseen {
        void *(*start)(void *);
        void *argument;
};

static void *run_unseen(void *data) {
        struct unseen unseen = *(struct unseen *) data;

        munmap(data, sizeof(unseen));
        stay_unseen(&heddle_emit_self);
        return unseen.start(unseen.argument);
}

/* It stays without a ring, also when there is one later: half a thread's story is worth less than none, and it has been counted. */
static int spawn_unseen(const struct emit_spawn *spawn, pthread_t *ret_thread, const pthread_attr_t *attributes) {
        struct unseen *unseen = mmap(NULL, sizeof(*unseen), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        int result;

        if (unseen == MAP_FAILED)
                return spawn->create(ret_thread, attributes, spawn->start, spawn->argument);
        *unseen = (struct unseen) { spawn->start, spawn->argument };
        result = spawn->create(ret_thread, attributes, run_unseen, unseen);
        if (result != 0)
                munmap(unseen, sizeof(*unseen));
        return result;
}

/* Claims the child's ring and leaves in it what the child has to know. NULL when there is none. */
static struct ring_header *prepare_child(const struct emit_spawn *spawn, uint32_t parent) {
        struct ring_header *ring = emit_claim_ring();

        if (!ring)
                return NULL;
        ring->start = spawn->start;
        ring->start_argument = spawn->argument;
        ring->routine = spawn->routine ? spawn->routine : spawn->start;
        ring->parent = parent;
        return ring;
}

static bool is_detached(const pthread_attr_t *attributes) {
        int state = PTHREAD_CREATE_JOINABLE;

        return attributes && pthread_attr_getdetachstate(attributes, &state) == 0 && state == PTHREAD_CREATE_DETACHED;
}

int heddle_emit_spawn(const struct emit_spawn *spawn, pthread_t *ret_thread, const pthread_attr_t *attributes, uint32_t *ret_serial) {
        uint32_t parent = heddle_emit_thread_serial();
        struct ring_header *ring = parent ? prepare_child(spawn, parent) : NULL;
        uint32_t serial = ring ? ring->thread : 0;
        int result;

        if (ret_serial)
                *ret_serial = serial;
        if (!parent)
                return spawn->create(ret_thread, attributes, spawn->start, spawn->argument);
        if (!ring)
                return spawn_unseen(spawn, ret_thread, attributes);
        emit((struct emit_site) { .caller = (const void *) (uintptr_t) ring->routine }, EV_START_ROUTINE, OBJECT_THREAD, 0, serial, 0, 0);
        emit(spawn->site, EV_SPAWN, OBJECT_THREAD, 0, serial, SEQUENCE_START, is_detached(attributes) ? SPAWN_DETACHED : 0);
        atomic_fetch_add_explicit(&n_starting, 1, memory_order_relaxed);
        result = spawn->create(ret_thread, attributes, run_recorded, ring);
        if (result == 0)
                return 0;
        atomic_fetch_sub_explicit(&n_starting, 1, memory_order_relaxed);
        emit(spawn->site, EV_SPAWN_FAIL, OBJECT_THREAD, 0, serial, 0, (uint32_t) result);
        emit_close_ring(ring);
        if (ret_serial)
                *ret_serial = 0;
        return result;
}

/* The owner that the C library writes into a lock. In a child that was cloned behind its back that is still the parent. */
static uint32_t library_thread_id(void) {
        pthread_mutex_t probe = PTHREAD_MUTEX_INITIALIZER;
        uint32_t owner;

        heddle_emit_quiet++;
        pthread_mutex_lock(&probe);
        owner = (uint32_t) probe.__data.__owner;
        pthread_mutex_unlock(&probe);
        heddle_emit_quiet--;
        return owner;
}

/* The child of a fork has one thread and shares its parent's ring by mapping only, and leaves it alone; it goes on as a process of its own. */
static void begin_child(bool records) {
        struct emit_thread *self = &heddle_emit_self;

        if (self->stacks)
                munmap(self->stacks, sizeof(struct memory));
        if (self->unwinding)
                heddle_emit_quiet--;
        *self = (struct emit_thread) { .over = self->over };
        atomic_store_explicit(&n_starting, 0, memory_order_relaxed);
        emit_shared_after_fork();
        emit_modules_forget();
        emit_modules_release();
        if (!records || emit_is_elsewhere())
                return;
        emit_switch_on();
        heddle_emit_thread_serial();
}

/* Fork handlers run one fork at a time. */
static bool on_before_fork;

static void after_fork_in_child(void) {
        forked_by = heddle_emit_self.serial;
        forked_as = heddle_emit_self.n_forks;
        heddle_emit_opened = 0;
        heddle_emit_switch.on = EMIT_OFF; /* where the kernel does not clear it */
        begin_child(on_before_fork);
}

/* Its first recorded call: nobody told us of the fork. */
bool heddle_emit_join_again(void) {
        int saved_errno = errno;

        if (!__atomic_exchange_n(&heddle_emit_opened, 0, __ATOMIC_RELAXED) || emit_is_on())
                return emit_is_on();
        begin_child(true);
        heddle_emit_self.tid = library_thread_id();
        errno = saved_errno;
        return emit_is_on();
}

/* A child of clone(), which nobody told us of either, may well do nothing before it forks. */
static void before_fork(void) {
        if (heddle_emit_opened && !emit_is_on())
                (void) heddle_emit_join_again();
        emit(no_site, EV_FORK, OBJECT_PROCESS, 0, 0, ++heddle_emit_self.n_forks, 0);
        emit_modules_hold(&heddle_emit_self);
        on_before_fork = emit_is_on();
}

__attribute__((constructor(102))) static void prepare_threads(void) {
        if (!emit_is_on())
                return;
        have_exit_key = pthread_key_create(&exit_key, on_exit_key) == 0;
        if (have_exit_key && heddle_emit_self.ring)
                pthread_setspecific(exit_key, &heddle_emit_self);
        pthread_atfork(before_fork, emit_modules_release, after_fork_in_child);
}

__attribute__((destructor)) static void end_process(void) {
        emit(no_site, EV_PROCESS_EXIT, OBJECT_PROCESS, 0, 0, 0, 0);
}
