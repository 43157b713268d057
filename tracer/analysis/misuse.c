#include "analysis/misuse.h"

#include <errno.h>
#include <stdlib.h>

#include "analysis/words.h"
#include "analysis/world_state.h"

#define REACH(misuse, table, i) \
        reach_index(&(misuse)->table, &(misuse)->n_##table, &(misuse)->size_##table, (i), sizeof(*(misuse)->table))

void misuse_finish(struct misuse *misuse) {
        free(misuse->locks);
        *misuse = (struct misuse) { 0 };
}

static const struct holding *find_holding(const struct world *world, uint32_t thread, uint32_t object) {
        const struct thread_slot *slot = world_thread_slot(world, thread);

        for (uint32_t i = slot->n_holds; i-- > 0;)
                if (slot->holds[i].object == object)
                        return &slot->holds[i];
        return NULL;
}

/* Who holds the lock: its owner, or one of its readers. NULL for nobody. */
static const struct holding *find_any_holding(const struct world *world, uint32_t object) {
        const struct object_slot *lock = world_object_slot(world, object);
        const struct holding *holding = NULL;

        if (lock->owner > 0)
                return find_holding(world, lock->owner, object);
        for (uint32_t i = 1; lock->n_readers > 0 && !holding && i < world->n_threads; i++)
                holding = find_holding(world, i, object);
        return holding;
}

/* Unlocking */

static int tell_not_owner(struct sightings *sightings, const struct event *event, uint64_t id, const struct holding *holding) {
        struct finding_step steps[] = { step_of_event(event, id), step_of_holding(holding) };
        struct finding *finding;
        int r = sightings_add(sightings, FINDING_UNLOCK_NOT_OWNER, steps, 2, &finding);

        if (r < 0 || !finding)
                return r;
        return sightings_word(finding,
                              words_sentence(sightings->catalog, "%t unlocks %o, which %t holds since %T.", event->thread, event->object,
                                             holding->thread, holding->since_ns),
                              words_sentence(sightings->catalog, "A lock is to be unlocked by the thread that locked it%w: what it guards is not "
                                             "guarded from here on. To let another thread go on, use a semaphore or a condition variable.",
                                             holding->stack));
}

static int tell_not_held(struct sightings *sightings, const struct event *event, uint64_t id, const struct finding_step *last) {
        struct finding_step steps[] = { step_of_event(event, id), *last };
        struct finding *finding;
        int r = sightings_add(sightings, FINDING_UNLOCK_NOT_HELD, steps, last->event ? 2 : 1, &finding);
        char *title;

        if (r < 0 || !finding)
                return r;
        if (last->event)
                title = words_sentence(sightings->catalog, "%t unlocks %o, which nobody holds: %t has unlocked it already%w.", event->thread,
                                       event->object, last->thread, last->stack);
        else
                title = words_sentence(sightings->catalog, "%t unlocks %o, which nobody holds.", event->thread, event->object);
        return sightings_word(finding, title,
                              words_sentence(sightings->catalog, "Look for a way through this function that unlocks %o twice, or that never "
                                             "locked it. A second unlock can free a lock that another thread has just taken.", event->object));
}

static int check_unlock(struct misuse *misuse, struct sightings *sightings, const struct world *world, const struct event *event, uint64_t id) {
        struct lock_past *lock = &misuse->locks[event->object];
        const struct holding *other;
        int r = 0;

        if (event->flags & RECORD_AGAIN)
                return 0;
        if (lock->was_locked && !find_holding(world, event->thread, event->object)) {
                other = find_any_holding(world, event->object);
                r = other ? tell_not_owner(sightings, event, id, other) : tell_not_held(sightings, event, id, &lock->last);
        }
        if (event->kind == EV_UNLOCK)
                lock->last = step_of_event(event, id);
        return r;
}

/* Destroying */

static int check_destroy(struct sightings *sightings, const struct world *world, const struct event *event, uint64_t id) {
        const struct holding *holding = find_any_holding(world, event->object);
        struct finding_step steps[2] = { step_of_event(event, id) };
        struct finding *finding;
        int r;

        if (!holding)
                return 0;
        steps[1] = step_of_holding(holding);
        r = sightings_add(sightings, FINDING_DESTROY_LOCKED, steps, 2, &finding);
        if (r < 0 || !finding)
                return r;
        return sightings_word(finding,
                              holding->thread == event->thread
                                      ? words_sentence(sightings->catalog, "%t destroys %o, which it holds itself.", event->thread, event->object)
                                      : words_sentence(sightings->catalog, "%t destroys %o, which %t holds.", event->thread, event->object, holding->thread),
                              words_sentence(sightings->catalog, "Destroy a lock once no thread can use it any more: unlock it, and join the threads "
                                             "that use it, first."));
}

/* Ending */

static int tell_left_locked(struct sightings *sightings, const struct holding *holding, const struct event *event, uint64_t id) {
        struct finding_step steps[] = { step_of_holding(holding), step_of_event(event, id) };
        struct finding *finding;
        int r = sightings_add(sightings, FINDING_LOCK_LEAK, steps, 2, &finding);

        if (r < 0 || !finding)
                return r;
        return sightings_word(finding,
                              words_sentence(sightings->catalog, "%t has ended and left %o locked.", holding->thread, holding->object),
                              words_sentence(sightings->catalog, "Whoever locks %o next waits for ever. Unlock it on every way out of the function "
                                             "that locks it%w, also when the thread is cancelled (pthread_cleanup_push).",
                                             holding->object, holding->stack));
}

static int check_exit(const struct misuse *misuse, struct sightings *sightings, const struct world *world, const struct event *event, uint64_t id) {
        const struct thread_slot *slot = world_thread_slot(world, event->thread);
        int r = 0;

        for (uint32_t i = 0; r == 0 && i < slot->n_holds; i++)
                if (slot->holds[i].object >= misuse->n_locks || !misuse->locks[slot->holds[i].object].is_robust)
                        r = tell_left_locked(sightings, &slot->holds[i], event, id);
        return r;
}

int misuse_apply(struct misuse *misuse, struct sightings *sightings, const struct world *world, const struct event *event, uint64_t id) {
        if (event->kind == EV_THREAD_EXIT)
                return check_exit(misuse, sightings, world, event, id);
        if (!object_is_lock(catalog_object(sightings->catalog, event->object)->kind))
                return 0;
        if (REACH(misuse, locks, event->object) < 0)
                return -ENOMEM;
        switch (event->kind) {
        case EV_LOCK_INIT:
                misuse->locks[event->object].is_robust = catalog_object(sightings->catalog, event->object)->kind == OBJECT_MUTEX && event->value & MUTEX_ROBUST;
                return 0;
        case EV_LOCK:
                misuse->locks[event->object].was_locked = true;
                return 0;
        case EV_UNLOCK:
        case EV_UNLOCK_FAIL:
                return check_unlock(misuse, sightings, world, event, id);
        case EV_LOCK_DESTROY:
        case EV_DESTROY_FAIL:
                return check_destroy(sightings, world, event, id);
        default:
                return 0;
        }
}
