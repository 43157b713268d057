#include "analysis/sightings.h"

#include <errno.h>
#include <stdlib.h>

#include "analysis/hash.h"
#include "analysis/words.h"

void sightings_init(struct sightings *sightings, const struct catalog *catalog) {
        *sightings = (struct sightings) { .catalog = catalog };
        site_keys_init(&sightings->keys, catalog);
}

void sightings_finish(struct sightings *sightings) {
        finding_list_finish(&sightings->list);
        site_keys_finish(&sightings->keys);
}

struct finding_step step_of_event(const struct event *event, uint64_t id) {
        return (struct finding_step) {
                .role = STEP_DOES,
                .thread = event->thread,
                .object = event->object,
                .stack = event->stack,
                .event_id = id,
                .time_ns = event->time_ns,
                .event = event->kind,
        };
}

struct finding_step step_of_holding(const struct holding *holding) {
        return (struct finding_step) {
                .role = STEP_HOLDS,
                .thread = holding->thread,
                .object = holding->object,
                .stack = holding->stack,
                .event_id = holding->event_id,
                .time_ns = holding->since_ns,
                .event = EV_LOCK,
        };
}

static uint64_t key_of(struct sightings *sightings, enum finding_kind kind, const struct finding_step *steps, size_t n_steps) {
        uint64_t key = hash_mix(5, kind);

        /* The end of a thread has no place of its own. */
        for (size_t i = 0; i < n_steps; i++)
                if (steps[i].event != EV_THREAD_EXIT)
                        key = hash_mix(key, site_keys_site(&sightings->keys, steps[i].stack, steps[i].object));
        return key | 1;
}

static int fill(struct finding *finding, const struct finding_step *steps, size_t n_steps) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < n_steps; i++) {
                struct finding_step *step = finding_add_step(finding);

                if (!step)
                        return -ENOMEM;
                *step = steps[i];
                r = steps[i].thread > 0 ? finding_add_thread(finding, steps[i].thread) : 0;
                if (r == 0 && steps[i].object > 0)
                        r = finding_add_object(finding, steps[i].object);
        }
        return r;
}

int sightings_add(struct sightings *sightings, enum finding_kind kind, const struct finding_step *steps, size_t n_steps,
                  struct finding **ret_new) {
        uint64_t key = key_of(sightings, kind, steps, n_steps);
        uint32_t *known = site_keys_find(&sightings->keys, key);
        struct finding *finding;
        int r;

        *ret_new = NULL;
        if (known) {
                sightings->list.items[*known].n_seen++;
                return 0;
        }
        finding = finding_list_add(&sightings->list);
        if (!finding)
                return -ENOMEM;
        finding->kind = kind;
        finding->certainty = CERTAINTY_OBSERVED;
        finding->n_seen = 1;
        finding->time_ns = steps[0].time_ns;
        r = fill(finding, steps, n_steps);
        if (r == 0)
                r = site_keys_put(&sightings->keys, key, (uint32_t) sightings->list.n - 1);
        if (r == 0)
                *ret_new = finding;
        return r;
}

int sightings_word(struct finding *finding, char *title, char *advice) {
        finding->title = title;
        finding->advice = advice;
        return title && advice ? 0 : -ENOMEM;
}

static int doubt(struct finding *finding, const struct catalog *catalog) {
        char *advice = words_sentence(catalog, "Records are missing from this trace, so this may be no mistake. %s", finding->advice);

        if (!advice)
                return -ENOMEM;
        free(finding->advice);
        finding->advice = advice;
        finding->certainty = CERTAINTY_POSSIBLE;
        return 0;
}

/* That a lock was left locked is told by the deadlock of whoever waits for it. */
static bool is_told(const struct finding *finding, const struct finding_list *list) {
        for (size_t i = 0; i < list->n; i++)
                for (size_t j = 0; list->items[i].kind == FINDING_DEADLOCK && j < list->items[i].n_steps; j++)
                        if (finding->kind == FINDING_LOCK_LEAK && list->items[i].steps[j].role == STEP_HOLDS &&
                            list->items[i].steps[j].event_id == finding->steps[0].event_id)
                                return true;
        return false;
}

int sightings_move(struct sightings *sightings, struct finding_list *list, bool is_complete) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < sightings->list.n; i++) {
                struct finding *moved;

                if (is_told(&sightings->list.items[i], list))
                        continue;
                moved = finding_list_add(list);
                if (!moved)
                        return -ENOMEM;
                *moved = sightings->list.items[i];
                sightings->list.items[i] = (struct finding) { 0 };
                r = is_complete ? 0 : doubt(moved, sightings->catalog);
        }
        return r;
}
