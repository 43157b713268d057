#include "analysis/loose_ends.h"

#include <errno.h>
#include <stdlib.h>

#include "analysis/words.h"
#include "analysis/world_state.h"

#define REACH(ends, table, i) reach_index(&(ends)->table, &(ends)->n_##table, &(ends)->size_##table, (i), sizeof(*(ends)->table))

void loose_ends_finish(struct loose_ends *ends) {
        free(ends->receiver_drops);
        free(ends->lives);
        *ends = (struct loose_ends) { 0 };
}

/* Threads */

static int apply_thread(struct loose_ends *ends, const struct catalog *catalog, const struct event *event, uint64_t id) {
        uint32_t thread = catalog_object_thread(catalog, event->object);

        if (thread == 0)
                return 0;
        if (REACH(ends, lives, thread) < 0)
                return -ENOMEM;
        switch (event->kind) {
        case EV_SPAWN:
                ends->lives[thread].spawn = step_of_event(event, id);
                ends->lives[thread].taken_care_of |= event->value == SPAWN_DETACHED;
                return 0;
        case EV_SPAWN_FAIL:
        case EV_JOIN:
        case EV_DETACH:
                ends->lives[thread].taken_care_of = true;
                return 0;
        case EV_THREAD_EXIT:
                ends->lives[thread].ended = true;
                return 0;
        default:
                return 0;
        }
}

static int tell_thread(struct sightings *sightings, const struct life *life, uint32_t thread) {
        struct finding *finding;
        int r = sightings_add(sightings, FINDING_THREAD_LEAK, &life->spawn, 1, &finding);

        if (r < 0 || !finding)
                return r;
        return sightings_word(finding,
                              words_sentence(sightings->catalog, "%t has ended and was never joined and never detached.", thread),
                              words_sentence(sightings->catalog, "Its stack and its result are kept until the process ends. Join the thread, or detach "
                                             "it where it is spawned%w.", life->spawn.stack));
}

/* Channels */

static int tell_closed(struct sightings *sightings, const struct finding_step *drop, const struct event *event, uint64_t id) {
        struct finding_step steps[] = { step_of_event(event, id), *drop };
        struct finding *finding;
        int r = sightings_add(sightings, FINDING_SEND_TO_CLOSED, steps, 2, &finding);

        if (r < 0 || !finding)
                return r;
        return sightings_word(finding,
                              words_sentence(sightings->catalog, "%t sends on %o after %t dropped its receiver%w.", event->thread, event->object,
                                             drop->thread, drop->stack),
                              words_sentence(sightings->catalog, "The message stays with its sender. Let the receiver live until the last sender is "
                                             "dropped, or treat -EPIPE as the sign to stop."));
}

static int apply_channel(struct loose_ends *ends, struct sightings *sightings, const struct event *event, uint64_t id) {
        if (event->kind == EV_RECEIVER_DROP) {
                if (REACH(ends, receiver_drops, event->object) < 0)
                        return -ENOMEM;
                ends->receiver_drops[event->object] = step_of_event(event, id);
        }
        if (event->kind == EV_SEND_FAIL && event->object < ends->n_receiver_drops && ends->receiver_drops[event->object].event)
                return tell_closed(sightings, &ends->receiver_drops[event->object], event, id);
        return 0;
}

/* The first message that a channel never gave to anybody, and how many there were. */
struct leftover {
        const struct message *first;
        uint32_t n;
};

static int tell_messages(const struct loose_ends *ends, struct sightings *sightings, const struct leftover *leftover) {
        const struct message *first = leftover->first;
        const struct finding_step *drop = first->channel < ends->n_receiver_drops ? &ends->receiver_drops[first->channel] : NULL;
        struct finding_step steps[2] = { { .role = STEP_DOES, .thread = first->sender, .object = first->channel, .stack = first->stack,
                                           .event_id = first->sent_id, .time_ns = first->sent_ns, .event = EV_SEND } };
        struct finding *finding;
        size_t n_steps = 1;
        int r;

        if (drop && drop->event)
                steps[n_steps++] = *drop;
        r = sightings_add(sightings, FINDING_MESSAGE_NEVER_RECEIVED, steps, n_steps, &finding);
        if (r < 0 || !finding)
                return r;
        return sightings_word(finding,
                              words_sentence(sightings->catalog, leftover->n == 1 ? "%n message on %o was never received: %t sent it%w."
                                                                                  : "%n messages on %o were never received, the first of them sent by %t%w.",
                                             leftover->n, first->channel, first->sender, first->stack),
                              words_sentence(sightings->catalog, "What a message owns is lost with it. Receive until the channel is closed before the "
                                             "receiver is dropped or the program ends."));
}

/* Nobody takes it out any more. */
static bool is_over(const struct loose_ends *ends, const struct world *world, const struct message *message) {
        return (message->channel < ends->n_receiver_drops && ends->receiver_drops[message->channel].event) ||
               world_process_ended_itself(world, message->sender);
}

static int tell_all_messages(const struct loose_ends *ends, struct sightings *sightings, const struct world *world,
                             const struct message *messages, size_t n_messages) {
        struct leftover *leftovers = calloc(sightings->catalog->n_objects, sizeof(*leftovers));
        int r = leftovers ? 0 : -ENOMEM;

        for (size_t i = 0; leftovers && i < n_messages; i++) {
                struct leftover *leftover = &leftovers[messages[i].channel];

                if (messages[i].received_ns != NEVER || !is_over(ends, world, &messages[i]) ||
                    catalog_object(sightings->catalog, messages[i].channel)->kind != OBJECT_CHANNEL)
                        continue;
                if (leftover->n++ == 0)
                        leftover->first = &messages[i];
        }
        for (uint32_t i = 1; r == 0 && i < sightings->catalog->n_objects; i++)
                if (leftovers[i].n > 0)
                        r = tell_messages(ends, sightings, &leftovers[i]);
        free(leftovers);
        return r;
}

/* All together */

int loose_ends_apply(struct loose_ends *ends, struct sightings *sightings, const struct event *event, uint64_t id) {
        if (event->kind >= EV_THREAD_START && event->kind <= EV_PANIC)
                return apply_thread(ends, sightings->catalog, event, id);
        if (catalog_object(sightings->catalog, event->object)->kind == OBJECT_CHANNEL)
                return apply_channel(ends, sightings, event, id);
        return 0;
}

int loose_ends_tell(struct loose_ends *ends, struct sightings *sightings, const struct world *world, const struct message *messages, size_t n_messages) {
        int r = 0;

        for (uint32_t i = 1; r == 0 && i < ends->n_lives; i++)
                if (ends->lives[i].ended && !ends->lives[i].taken_care_of && ends->lives[i].spawn.event && world_process_ended_itself(world, i))
                        r = tell_thread(sightings, &ends->lives[i], i);
        return r == 0 ? tell_all_messages(ends, sightings, world, messages, n_messages) : r;
}
