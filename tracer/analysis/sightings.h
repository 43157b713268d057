/* Findings that one or two steps tell: misuse of a lock, a leak, a loose end. Each is told once for its places in the source,
 * however often it was seen. */
#pragma once

#include "analysis/site_key.h"
#include "analysis/world.h"
#include "model/finding.h"

struct sightings {
        const struct catalog *catalog;
        struct finding_list list;
        struct site_keys keys;
};

void sightings_init(struct sightings *sightings, const struct catalog *catalog);
void sightings_finish(struct sightings *sightings);

/* What was seen; `ret_new` is the finding to be given its words, or NULL where the same was seen before. 0 or -ENOMEM. */
int sightings_add(struct sightings *sightings, enum finding_kind kind, const struct finding_step *steps, size_t n_steps,
                  struct finding **ret_new);

/* Title and advice as words_sentence() has them, once each. 0 or -ENOMEM. */
int sightings_word(struct finding *finding, char *title, char *advice);

/* Moves them all to the end of `list`. Where the trace is not complete, what is seen may rest on what is missing. 0 or -ENOMEM. */
int sightings_move(struct sightings *sightings, struct finding_list *list, bool is_complete);

/* Steps from what is at hand. */
struct finding_step step_of_event(const struct event *event, uint64_t id);
struct finding_step step_of_holding(const struct holding *holding);
