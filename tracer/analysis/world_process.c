/* What a world knows of processes: what a child has from the process that it was forked from, and who is left when one ends.
 *
 * A fork copies memory, and with it the locks as they are, but only the thread that forks. So what another thread held
 * is locked in the child by nobody who exists there, and for good, unless the child makes it anew. What the forking thread held is
 * its copy's. Objects of the child are others than its parent's; they are known again by address when they are met. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/world_state.h"

/* Forks whose child has not been heard of. One that failed, or made a process that is not recorded, stays: the oldest go. */
#define FORKS_MAX 256

/* A process that has ended is known to have done so that long before another. When several are killed together, they end one
 * after the other, and what one had locked is no reason for the other's end. */
#define SURVIVED_NS UINT64_C(250000000)

void world_set_time(struct world *world, uint64_t now_ns) {
        world->now_ns = now_ns;
}

void world_finish_processes(struct world *world) {
        for (uint32_t i = 0; i < world->n_processes; i++)
                free(world->processes[i].inherited);
        for (uint32_t i = 0; i < world->n_forks; i++)
                free(world->forks[i].holds);
        free(world->forks);
        free(world->inherited);
}

/* ---- fork */

static uint32_t count_holds(const struct world *world, uint32_t process) {
        uint32_t n = 0;

        for (uint32_t i = world->processes[process].last_thread; i > 0; i = world->threads[i].next_of_process)
                n += world->threads[i].n_holds;
        return n;
}

static void remove_fork(struct world *world, uint32_t i) {
        memmove(world->forks + i, world->forks + i + 1, (world->n_forks - i - 1) * sizeof(*world->forks));
        world->n_forks--;
}

int world_apply_fork(struct world *world, const struct event *event) {
        uint32_t process = world->threads[event->thread].process, n_holds = count_holds(world, process), n = 0;
        struct holding *holds = n_holds > 0 ? malloc(n_holds * sizeof(*holds)) : NULL;

        if (n_holds == 0)
                return 0;
        if (world->n_forks == FORKS_MAX) {
                free(world->forks[0].holds);
                remove_fork(world, 0);
        }
        if (!holds || reach_index(&world->forks, &world->n_forks, &world->size_forks, world->n_forks, sizeof(*world->forks)) < 0) {
                free(holds);
                return -ENOMEM;
        }
        for (uint32_t i = world->processes[process].last_thread; i > 0; i = world->threads[i].next_of_process)
                for (uint32_t j = 0; j < world->threads[i].n_holds; j++)
                        if (!world->objects[world->threads[i].holds[j].object].shared)
                                holds[n++] = world->threads[i].holds[j];
        world->forks[world->n_forks - 1] = (struct fork_slot) { event->thread, event->sequence, holds, n };
        return 0;
}

int world_apply_process_start(struct world *world, const struct event *event) {
        struct process_slot *process = &world->processes[world->threads[event->thread].process];

        for (uint32_t i = 0; i < world->n_forks; i++) {
                struct fork_slot *fork = &world->forks[i];

                if (fork->thread != event->sequence || fork->number != event->value)
                        continue;
                free(process->inherited);
                process->inherited = fork->holds;
                process->n_inherited = fork->n_holds;
                process->forker = fork->thread;
                process->first_thread = event->thread;
                remove_fork(world, i);
                return 0;
        }
        return 0;
}

/* Takes out of what the process inherited the lock that this object is a copy of. */
static bool take_inherited(struct process_slot *process, const struct catalog *catalog, uint32_t object, struct holding *ret_holding) {
        const struct object *self = catalog_object(catalog, object);

        for (uint32_t i = 0; i < process->n_inherited; i++) {
                const struct object *other = catalog_object(catalog, process->inherited[i].object);

                if (other->address != self->address || other->kind != self->kind)
                        continue;
                *ret_holding = process->inherited[i];
                process->inherited[i] = process->inherited[--process->n_inherited];
                return true;
        }
        return false;
}

static int hold_on(struct world *world, uint32_t thread, const struct holding *holding) {
        struct thread_slot *slot = &world->threads[thread];
        struct object_slot *lock = &world->objects[holding->object];

        if (reach_index(&slot->holds, &slot->n_holds, &slot->size_holds, slot->n_holds, sizeof(*slot->holds)) < 0)
                return -ENOMEM;
        slot->holds[slot->n_holds - 1] = *holding;
        slot->holds[slot->n_holds - 1].thread = thread;
        if (holding->flags & RECORD_READ)
                lock->n_readers++;
        else
                lock->owner = thread;
        return 0;
}

/* What others only read is forgotten: to know that a writer waits for readers who do not exist is not worth the trouble. */
int world_inherit(struct world *world, const struct catalog *catalog, const struct event *event) {
        uint32_t process = catalog_object(catalog, event->object)->process;
        struct process_slot *slot = process < world->n_processes ? &world->processes[process] : &world->processes[0];
        struct holding holding;

        if (slot->n_inherited == 0 || !take_inherited(slot, catalog, event->object, &holding) || event->kind == EV_LOCK_INIT)
                return 0;
        holding.object = event->object;
        if (holding.thread == slot->forker)
                return hold_on(world, slot->first_thread, &holding);
        if (holding.flags & RECORD_READ)
                return 0;
        if (reach_index(&world->inherited, &world->n_inherited, &world->size_inherited, world->n_inherited, sizeof(*world->inherited)) < 0)
                return -ENOMEM;
        world->inherited[world->n_inherited - 1] = holding;
        world->objects[event->object].owner = holding.thread;
        world->objects[event->object].inherited = true;
        return 0;
}

/* ---- who is left */

/* The owner's process is gone, and the waiter's has outlived it. */
static bool has_outlived(const struct world *world, uint32_t waiter, uint32_t owner) {
        const struct process_slot *ours = &world->processes[world_thread_slot(world, waiter)->process];
        const struct process_slot *theirs = &world->processes[world_thread_slot(world, owner)->process];
        uint64_t until_ns = ours->ended_ns < world->now_ns ? ours->ended_ns : world->now_ns;

        return theirs->ended && ours != theirs && until_ns > theirs->ended_ns && until_ns - theirs->ended_ns >= SURVIVED_NS;
}

enum absence world_absence(const struct world *world, uint32_t waiter) {
        const struct object_slot *lock = world_object_slot(world, world_thread_slot(world, waiter)->state.object);

        if (lock->owner == 0)
                return ABSENT_NOT;
        if (lock->inherited)
                return ABSENT_SINCE_FORK;
        if (world_thread_slot(world, lock->owner)->state.doing == DOING_ENDED)
                return ABSENT_ENDED;
        return has_outlived(world, waiter, lock->owner) ? ABSENT_PROCESS_ENDED : ABSENT_NOT;
}

const struct holding *world_owners_holding(const struct world *world, uint32_t object) {
        const struct object_slot *lock = world_object_slot(world, object);
        const struct thread_slot *owner = world_thread_slot(world, lock->owner);

        for (uint32_t i = world->n_inherited; lock->inherited && i-- > 0;)
                if (world->inherited[i].object == object)
                        return &world->inherited[i];
        for (uint32_t i = 0; i < owner->n_holds; i++)
                if (owner->holds[i].object == object)
                        return &owner->holds[i];
        return NULL;
}
