/* What a program leaves behind: threads that nobody joined or detached, messages that nobody received, sends that came too late. */
#pragma once

#include "analysis/sightings.h"
#include "model/interval.h"

struct loose_ends {
        struct life {         /* of each thread */
                bool ended, taken_care_of; /* joined, or detached */
                struct finding_step spawn; /* event 0: not seen */
        } *lives;
        uint32_t n_lives, size_lives;
        struct finding_step *receiver_drops; /* of each object that is a channel; event 0: not yet */
        uint32_t n_receiver_drops, size_receiver_drops;
};

void loose_ends_finish(struct loose_ends *ends);
/* To be called before the event goes to world_apply(). 0 or -ENOMEM. */
int loose_ends_apply(struct loose_ends *ends, struct sightings *sightings, const struct event *event, uint64_t id);
/* At the end of the trace, of processes that ended by themselves: one that was stopped had no chance to tidy up. 0 or -ENOMEM. */
int loose_ends_tell(struct loose_ends *ends, struct sightings *sightings, const struct world *world, const struct message *messages, size_t n_messages);
