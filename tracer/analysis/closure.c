#include "analysis/closure.h"

#include <errno.h>
#include <stdlib.h>

#include "analysis/world_state.h"

struct closure_place {
        uint32_t thread, section;
};

/* The sections on one lock in the set that have not been told to end: the last write, and the reads after it. */
struct closure_lock {
        uint32_t round;
        uint32_t first_read; /* index in closure.reads; 0: none */
        struct closure_place write; /* of thread 0: none */
};

struct closure_read {
        struct closure_place place;
        uint32_t next;
};

int closure_init(struct closure *ret_closure, const struct history *history) {
        struct closure closure = { .history = history };
        uint32_t n = history->n_threads + 1;

        closure.threads = calloc(n, sizeof(*closure.threads));
        closure.queue = malloc(n * sizeof(*closure.queue));
        closure.touched = malloc(n * sizeof(*closure.touched));
        if (!closure.threads || !closure.queue || !closure.touched ||
            reach_index(&closure.locks, &closure.n_locks, &closure.size_locks, history->n_last, sizeof(*closure.locks)) < 0 ||
            reach_index(&closure.reads, &closure.n_reads, &closure.size_reads, 0, sizeof(*closure.reads)) < 0) {
                closure_finish(&closure);
                return -ENOMEM;
        }
        closure.round = 1;
        *ret_closure = closure;
        return 0;
}

void closure_finish(struct closure *closure) {
        free(closure->threads);
        free(closure->queue);
        free(closure->touched);
        free(closure->locks);
        free(closure->reads);
        *closure = (struct closure) { 0 };
}

void closure_reset(struct closure *closure) {
        for (uint32_t i = 0; i < closure->n_touched; i++)
                closure->threads[closure->touched[i]] = (struct closure_thread) { 0 };
        closure->n_touched = closure->n_queue = 0;
        closure->n_reads = 1;
        closure->round++;
        closure->impossible = false;
}

void closure_add(struct closure *closure, uint32_t thread, uint32_t event) {
        struct closure_thread *self;

        if (thread >= closure->history->n_threads)
                return;
        self = &closure->threads[thread];
        if (!self->touched)
                closure->touched[closure->n_touched++] = thread;
        self->touched = true;
        if (event <= self->prefix)
                return;
        self->prefix = event;
        if (!self->queued)
                closure->queue[closure->n_queue++] = thread;
        self->queued = true;
}

static const struct section *section_at(const struct closure *closure, struct closure_place place) {
        return &closure->history->threads[place.thread].sections[place.section];
}

/* A later section on its lock is in the set, so it has to be over. */
static void end_section(struct closure *closure, struct closure_place place) {
        uint32_t released = section_at(closure, place)->released;

        if (released == 0)
                closure->impossible = true;
        else
                closure_add(closure, place.thread, released);
}

static int add_read(struct closure *closure, struct closure_lock *lock, struct closure_place place) {
        uint32_t at = lock->first_read;
        int r;

        if (at > 0 && closure->reads[at].place.thread == place.thread) {
                uint32_t released = section_at(closure, closure->reads[at].place)->released;

                if (released > 0 && released < section_at(closure, place)->acquired) {
                        closure->reads[at].place = place; /* the one before is over by the thread's own order */
                        return 0;
                }
        }
        r = reach_index(&closure->reads, &closure->n_reads, &closure->size_reads, closure->n_reads, sizeof(*closure->reads));
        if (r < 0)
                return r;
        closure->reads[closure->n_reads - 1] = (struct closure_read) { place, at };
        lock->first_read = closure->n_reads - 1;
        return 0;
}

static int meet_read(struct closure *closure, struct closure_lock *lock, struct closure_place place) {
        const struct section *self = section_at(closure, place);

        if (lock->write.thread > 0 && section_at(closure, lock->write)->acquired > self->acquired) {
                end_section(closure, place);
                return 0;
        }
        if (lock->write.thread > 0)
                end_section(closure, lock->write);
        return add_read(closure, lock, place);
}

static void meet_write(struct closure *closure, struct closure_lock *lock, struct closure_place place) {
        const struct section *self = section_at(closure, place);
        uint32_t *link = &lock->first_read;

        while (*link > 0) {
                struct closure_read *read = &closure->reads[*link];

                if (section_at(closure, read->place)->acquired > self->acquired) {
                        end_section(closure, place);
                        link = &read->next;
                } else {
                        end_section(closure, read->place);
                        *link = read->next;
                }
        }
        if (lock->write.thread > 0 && section_at(closure, lock->write)->acquired > self->acquired) {
                end_section(closure, place);
                return;
        }
        if (lock->write.thread > 0)
                end_section(closure, lock->write);
        lock->write = place;
}

static int meet_section(struct closure *closure, struct closure_place place) {
        const struct section *self = section_at(closure, place);
        struct closure_lock *lock = &closure->locks[self->lock];

        if (lock->round != closure->round)
                *lock = (struct closure_lock) { .round = closure->round };
        if (self->reads)
                return meet_read(closure, lock, place);
        meet_write(closure, lock, place);
        return 0;
}

/* Looks at the sections and edges that a longer prefix of one thread brings in. */
static int follow(struct closure *closure, uint32_t thread) {
        const struct thread_history *history = &closure->history->threads[thread];
        struct closure_thread *self = &closure->threads[thread];
        int r = 0;

        for (; r == 0 && self->section < history->n_sections && history->sections[self->section].acquired <= self->prefix; self->section++) {
                r = meet_section(closure, (struct closure_place) { thread, self->section });
                closure->n_steps++;
        }
        for (; self->edge < history->n_edges && history->edges[self->edge].at <= self->prefix; self->edge++) {
                closure_add(closure, history->edges[self->edge].from_thread, history->edges[self->edge].from);
                closure->n_steps++;
        }
        return r;
}

int closure_run(struct closure *closure) {
        int r = 0;

        while (r == 0 && closure->n_queue > 0) {
                uint32_t thread = closure->queue[--closure->n_queue];

                closure->threads[thread].queued = false;
                r = follow(closure, thread);
        }
        return r;
}
