#include "analysis/blocked_forever.h"

#include <errno.h>
#include <stdlib.h>

#include "analysis/wait_for.h"
#include "analysis/words.h"
#include "analysis/world_state.h"

static void end_those_who_ended(struct world *world) {
        for (uint32_t i = 1; i < world->n_processes; i++) {
                struct process_slot *process = &world->processes[i];

                if (process->ended_by == 0 || world->threads[process->ended_by].state.doing != DOING_RUN)
                        continue;
                world->threads[process->ended_by].state.doing = DOING_ENDED;
                process->n_live -= process->n_live > 0;
        }
}

static bool is_told(const struct finding_list *findings, uint32_t thread) {
        for (size_t i = 0; i < findings->n; i++)
                for (size_t j = 0; findings->items[i].kind == FINDING_DEADLOCK && j < findings->items[i].n_threads; j++)
                        if (findings->items[i].threads[j] == thread)
                                return true;
        return false;
}

/* A wait that no program leaves behind on purpose. */
static bool is_of_interest(const struct world *world, const struct waiter *waiter) {
        const struct thread_slot *slot = world_thread_slot(world, waiter->thread);

        if (!waiter->stuck || !world_process_ended_itself(world, waiter->thread))
                return false;
        switch (slot->state.event) {
        case EV_LOCK_WAIT:
                return world_object_slot(world, slot->state.object)->owner != world->processes[slot->process].ended_by;
        case EV_JOIN_WAIT:
        case EV_BARRIER_WAIT:
                return true;
        case EV_RECV_WAIT:
        case EV_SEND_WAIT:
                return world_object_slot(world, slot->state.object)->kind == OBJECT_CHANNEL;
        default:
                return false;
        }
}

/* Takes out who waits for a worker with nothing to do. True when that was anybody. */
static bool take_out(const struct world *world, struct wait_for *graph) {
        bool any = false;

        for (uint32_t i = 0; i < graph->n_waiters; i++) {
                struct waiter *waiter = &graph->waiters[i];

                for (uint32_t j = 0; waiter->stuck && j < waiter->n_wakers; j++) {
                        const struct waiter *waker = wait_for_waiter(graph, world, graph->wakers[waiter->first_waker + j]);

                        waiter->stuck = !waker || waker->stuck;
                        any |= !waiter->stuck;
                }
        }
        return any;
}

static int tell(struct sightings *sightings, const struct world *world, const struct waiter *waiter) {
        const struct thread_slot *slot = world_thread_slot(world, waiter->thread);
        uint32_t ended_by = world->processes[slot->process].ended_by;
        struct finding_step step = { .role = STEP_WAITS, .thread = waiter->thread, .object = slot->state.object, .stack = slot->state.stack,
                                     .event_id = slot->state.event_id, .time_ns = slot->state.since_ns, .event = slot->state.event };
        struct finding *finding;
        int r = sightings_add(sightings, FINDING_BLOCKED_FOREVER, &step, 1, &finding);

        if (r < 0 || !finding)
                return r;
        return sightings_word(finding,
                              words_sentence(sightings->catalog, "%t still %s %o%w when %t ended the program, and nobody was left to wake it.",
                                             waiter->thread, event_info(slot->state.event)->phrase, slot->state.object, slot->state.stack, ended_by),
                              words_sentence(sightings->catalog, "What %t still had to do was not done. Let %t join it before the program ends, and end "
                                             "its wait first: unlock what it waits for, or drop the senders of what it receives from.",
                                             waiter->thread, ended_by));
}

int blocked_forever_tell(struct world *world, struct sightings *sightings, const struct finding_list *findings) {
        struct wait_for graph = { 0 };
        int r;

        end_those_who_ended(world);
        r = wait_for_find(world, &graph);
        for (uint32_t i = 0; r == 0 && i < graph.n_waiters; i++)
                graph.waiters[i].stuck = is_of_interest(world, &graph.waiters[i]);
        while (r == 0 && take_out(world, &graph))
                ;
        for (uint32_t i = 0; r == 0 && i < graph.n_waiters; i++)
                if (graph.waiters[i].stuck && !is_told(findings, graph.waiters[i].thread))
                        r = tell(sightings, world, &graph.waiters[i]);
        wait_for_finish(&graph);
        return r;
}
