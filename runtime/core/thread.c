/* Spawn, join, detach, and what a thread knows of itself.
 *
 * A heddle_thread is shared by the handle and the thread itself, and freed by the later of the two. */
#include <heddle/thread.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "park/atomic.h"
#include "core/self.h"
#include "park/park.h"

/* A thread's exit and the join that follows carry this number, its spawn and its start another; see emit/thread.c. */
#define SEQUENCE_EXIT 2

enum { RUNNING, FINISHED };

struct heddle_thread {
        uint32_t n_references;
        uint32_t state;  /* who joins sleeps on it until it is FINISHED, which publishes what follows */
        uint32_t serial; /* in the trace; 0: not recorded */
        bool panicked;
        pthread_t id;
        void *(*run)(void *);
        void *argument;
        char name[HEDDLE_NAME_BYTES];
        char message[HEDDLE_PANIC_BYTES];
};

__thread struct self heddle_self;

static void unref(heddle_thread *thread) {
        if (sub_acq_rel(&thread->n_references, 1) == 1)
                free(thread);
}

/* A thread that found no free ring is not in the trace, and neither is what is done to it. */
static void record(const heddle_thread *thread, struct emit_site site, enum event_kind event, uint32_t sequence) {
        if (thread->serial)
                emit(site, event, OBJECT_THREAD, 0, thread->serial, sequence, 0);
}

/* The kernel's name for the calling thread, for gdb and top. The interposer would record it, cut as it is. */
static void name_for_kernel(const char *name) {
        char short_name[16];

        if (!*name)
                return;
        snprintf(short_name, sizeof short_name, "%.15s", name);
        heddle_emit_quiet++;
        pthread_setname_np(pthread_self(), short_name);
        heddle_emit_quiet--;
}

/* Runs on return, on pthread_exit(), which is how a panic ends, and on cancellation. */
static void finish_thread(void *data) {
        heddle_thread *thread = data;

        heddle_self.thread = NULL;
        /* Pairs with load_acquire() in heddle_is_finished() and wait_for_end(). */
        store_release(&thread->state, FINISHED);
        park_wake(&thread->state, PARK_ALL);
        unref(thread);
}

static void *run_thread(void *data) {
        heddle_thread *thread = data;
        void *value;

        heddle_self.thread = thread;
        name_for_kernel(thread->name);
        pthread_cleanup_push(finish_thread, thread);
        value = thread->run(thread->argument);
        pthread_cleanup_pop(1);
        return value;
}

int heddle_spawn(const char *name, void *(*run)(void *), void *argument, heddle_thread **ret_thread) {
        heddle_thread *thread = calloc(1, sizeof *thread);
        struct emit_spawn spawn = { EMIT_SITE, pthread_create, run_thread, thread, run };
        int error;

        if (!thread)
                return -ENOMEM;
        *thread = (heddle_thread) { .n_references = 2, .run = run, .argument = argument };
        snprintf(thread->name, sizeof thread->name, "%s", name ? name : "");
        heddle_emit_quiet++;
        error = heddle_emit_spawn(&spawn, &thread->id, NULL, &thread->serial);
        heddle_emit_quiet--;
        if (error) {
                free(thread);
                return -error;
        }
        if (thread->serial && *thread->name)
                heddle_emit_name(OBJECT_THREAD, thread->serial, thread->name);
        *ret_thread = thread;
        return 0;
}

/* Waits at the door, and not in pthread_join(), so that a scheduler can stand there. What is left to wait for
 * afterwards are the thread's destructors. */
static void *wait_for_end(heddle_thread *thread, struct emit_site site) {
        struct park_reason reason = {
                .site = site, .event = EV_JOIN_WAIT, .object_kind = OBJECT_THREAD, .object = thread->serial,
                .recorded = thread->serial == 0,
        };
        void *value = NULL;

        if (pthread_tryjoin_np(thread->id, &value) == 0)
                return value;
        park_tell(&reason);
        while (load_acquire(&thread->state) != FINISHED)
                (void) park_wait(&thread->state, RUNNING, PARK_FOREVER, &reason);
        pthread_join(thread->id, &value);
        return value;
}

static int outcome_error(const heddle_thread *thread, const void *value) {
        if (thread->panicked)
                return -EOWNERDEAD;
        return value == PTHREAD_CANCELED ? -ECANCELED : 0;
}

/* The work of both joins. Hands the thread back still referenced, for what it has to say. */
static int join(heddle_thread *thread, struct emit_site site, void **ret_value) {
        if (thread == heddle_self.thread)
                return -EDEADLK;
        heddle_emit_quiet++;
        *ret_value = wait_for_end(thread, site);
        heddle_emit_quiet--;
        record(thread, site, EV_JOIN, SEQUENCE_EXIT);
        return outcome_error(thread, *ret_value);
}

int heddle_join(heddle_thread *thread, void **ret_value) {
        void *value = NULL;
        int error = join(thread, EMIT_SITE, &value);

        if (error == -EDEADLK)
                return error;
        if (ret_value)
                *ret_value = value;
        unref(thread);
        return error;
}

int heddle_join_outcome(heddle_thread *thread, struct heddle_outcome *ret_outcome) {
        void *value = NULL;
        int error = join(thread, EMIT_SITE, &value);

        if (error == -EDEADLK)
                return error;
        *ret_outcome = (struct heddle_outcome) { .panicked = thread->panicked, .value = value };
        memcpy(ret_outcome->message, thread->message, sizeof thread->message);
        unref(thread);
        return error;
}

void heddle_detach(heddle_thread *thread) {
        record(thread, EMIT_SITE, EV_DETACH, 0);
        heddle_emit_quiet++;
        pthread_detach(thread->id);
        heddle_emit_quiet--;
        unref(thread);
}

void thread_keep_panic(const char *message) {
        heddle_thread *thread = heddle_self.thread;

        if (!thread)
                return;
        thread->panicked = true;
        snprintf(thread->message, sizeof thread->message, "%s", message);
}

bool heddle_is_finished(const heddle_thread *thread) {
        return load_acquire(&thread->state) == FINISHED;
}

const char *heddle_thread_name(const heddle_thread *thread) {
        return thread->name;
}

heddle_thread *heddle_current(void) {
        return heddle_self.thread;
}

void heddle_yield(void) {
        sched_yield();
}

void heddle_sleep(uint64_t duration_ns) {
        uint64_t until_ns = park_deadline_ns(duration_ns);
        struct timespec until = { (time_t) (until_ns / HEDDLE_S), (long) (until_ns % HEDDLE_S) };

        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
                ;
}
