#include "analysis/lost_wakeup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/words.h"
#include "analysis/world_state.h"

#define REACH(self, table, i) reach_index(&(self)->table, &(self)->n_##table, &(self)->size_##table, (i), sizeof(*(self)->table))

void lost_wakeup_finish(struct lost_wakeup *self) {
        free(self->conds);
        free(self->threads);
        *self = (struct lost_wakeup) { 0 };
}

/* Who took what */

static struct lock_taken *find_taken(struct thread_past *past, uint32_t lock) {
        for (uint32_t i = 0; i < past->n_taken; i++)
                if (past->taken[i].lock == lock)
                        return &past->taken[i];
        return NULL;
}

/* The oldest makes room. */
static void note_taken(struct thread_past *past, uint32_t lock, uint64_t id) {
        struct lock_taken *taken = find_taken(past, lock);

        if (taken) {
                taken->event_id = id;
                return;
        }
        if (past->n_taken == LOST_WAKEUP_LOCKS) {
                past->forgotten = past->taken[0].event_id > past->forgotten ? past->taken[0].event_id : past->forgotten;
                memmove(past->taken, past->taken + 1, sizeof(past->taken) - sizeof(past->taken[0]));
                past->n_taken--;
        }
        past->taken[past->n_taken++] = (struct lock_taken) { lock, id };
}

static void note_released(struct thread_past *past, uint32_t lock) {
        const struct lock_taken *taken = find_taken(past, lock);

        if (taken)
                past->released = *taken;
}

/* Signals and waits */

static void note_signal(struct cond_past *cond, struct thread_past *past, const struct event *event, uint64_t id) {
        if (cond->n_waiting == 0) {
                cond->unheard = step_of_event(event, id);
                cond->signal_before = past->last_signal;
        }
        past->last_signal = id;
}

/* Whether the thread that signalled may have changed the condition under this mutex; yes where it is not known. */
static bool may_have_told(struct lost_wakeup *self, const struct cond_past *cond, uint32_t mutex) {
        struct thread_past *signaller = &self->threads[cond->unheard.thread];
        const struct lock_taken *taken = find_taken(signaller, mutex);

        return (taken && taken->event_id > cond->signal_before) || signaller->forgotten > cond->signal_before;
}

static void begin_wait(struct lost_wakeup *self, struct cond_past *cond, struct thread_past *past, const struct event *event, uint64_t id) {
        cond->n_waiting++;
        past->signal.event = 0;
        if (cond->unheard.event && past->released.lock && cond->unheard.thread != event->thread) {
                past->had_looked = cond->unheard.event_id > past->released.event_id;
                if (!past->had_looked || !may_have_told(self, cond, past->released.lock)) {
                        past->signal = cond->unheard;
                        past->wait = step_of_event(event, id);
                        past->wait.role = STEP_WAITS;
                }
        }
        cond->unheard.event = 0;
}

static int tell(struct sightings *sightings, const struct thread_past *past, bool ended) {
        struct finding_step steps[] = { past->signal, past->wait };
        struct finding *finding;
        int r = sightings_add(sightings, FINDING_LOST_WAKEUP, steps, 2, &finding);

        if (r < 0 || !finding)
                return r;
        if (ended)
                finding->certainty = CERTAINTY_POSSIBLE;
        return sightings_word(finding,
                              words_sentence(sightings->catalog, ended ? "%t signals %o%w just before %t waits for it%w: nobody heard it, and the wait "
                                                                         "ended by its timeout."
                                                                       : "%t signals %o%w just before %t waits for it%w: nobody heard it, and the wait "
                                                                         "never ended.",
                                             past->signal.thread, past->signal.object, past->signal.stack, past->wait.thread, past->wait.stack),
                              words_sentence(sightings->catalog, "Change the condition and signal it while holding the mutex that the wait releases: "
                                             "then the signal cannot fall between looking at the condition and waiting."));
}

static int end_wait(struct sightings *sightings, struct cond_past *cond, struct thread_past *past, const struct event *event) {
        bool missed = past->signal.event && past->had_looked;
        int r = 0;

        cond->n_waiting -= cond->n_waiting > 0;
        if (missed && event->value == ETIMEDOUT)
                r = tell(sightings, past, true);
        past->signal.event = 0;
        return r;
}

static int apply_cond(struct lost_wakeup *self, struct sightings *sightings, const struct event *event, uint64_t id) {
        struct thread_past *past = &self->threads[event->thread];
        struct cond_past *cond;

        if (REACH(self, conds, event->object) < 0)
                return -ENOMEM;
        cond = &self->conds[event->object];
        switch (event->kind) {
        case EV_COND_SIGNAL:
        case EV_COND_BROADCAST:
                note_signal(cond, past, event, id);
                return 0;
        case EV_COND_WAIT:
                begin_wait(self, cond, past, event, id);
                return 0;
        case EV_COND_WAKE:
                return end_wait(sightings, cond, past, event);
        default:
                return 0;
        }
}

int lost_wakeup_apply(struct lost_wakeup *self, struct sightings *sightings, const struct event *event, uint64_t id) {
        unsigned kind = catalog_object(sightings->catalog, event->object)->kind;
        int r;

        if (!object_is_lock(kind) && kind != OBJECT_COND)
                return 0;
        if (REACH(self, threads, event->thread) < 0)
                return -ENOMEM;
        if (kind == OBJECT_COND) {
                r = apply_cond(self, sightings, event, id);
                self->threads[event->thread].released.lock = 0;
                return r;
        }
        self->threads[event->thread].released.lock = 0;
        if (event->kind == EV_LOCK && !(event->flags & RECORD_AGAIN))
                note_taken(&self->threads[event->thread], event->object, id);
        else if (event->kind == EV_UNLOCK)
                note_released(&self->threads[event->thread], event->object);
        return 0;
}

/* The end */

static struct finding *deadlock_with(const struct finding_list *findings, uint32_t thread) {
        for (size_t i = 0; i < findings->n; i++)
                for (size_t j = 0; findings->items[i].kind == FINDING_DEADLOCK && j < findings->items[i].n_threads; j++)
                        if (findings->items[i].threads[j] == thread)
                                return &findings->items[i];
        return NULL;
}

static int add_to_advice(struct finding *finding, const struct catalog *catalog, const struct thread_past *past) {
        char *advice = words_sentence(catalog, "%s %t signalled %o%w at %T, when nobody waited for it; %t has waited since %T.", finding->advice,
                                      past->signal.thread, past->signal.object, past->signal.stack, past->signal.time_ns, past->wait.thread,
                                      past->wait.time_ns);

        if (!advice)
                return -ENOMEM;
        free(finding->advice);
        finding->advice = advice;
        return 0;
}

int lost_wakeup_tell(const struct lost_wakeup *self, struct sightings *sightings, const struct world *world, struct finding_list *findings) {
        int r = 0;

        for (uint32_t i = 1; r == 0 && i < self->n_threads; i++) {
                const struct thread_past *past = &self->threads[i];
                const struct thread_state *state = world_thread(world, i);
                struct finding *deadlock;

                if (!past->signal.event || !state || state->doing != DOING_WAIT || state->timed)
                        continue;
                deadlock = deadlock_with(findings, i);
                if (deadlock)
                        r = add_to_advice(deadlock, sightings->catalog, past);
                else if (past->had_looked)
                        r = tell(sightings, past, false);
        }
        return r;
}
