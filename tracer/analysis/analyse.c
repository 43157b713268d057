/* The one pass over a trace in which everything is found. */
#include "analysis/analysis.h"

#include <errno.h>
#include <stdlib.h>

#include "analysis/blocked_forever.h"
#include "analysis/communication.h"
#include "analysis/derive.h"
#include "analysis/lock_order.h"
#include "analysis/loose_ends.h"
#include "analysis/lost_wakeup.h"
#include "analysis/misuse.h"
#include "analysis/world_state.h"

struct pass {
        const struct catalog *catalog;
        struct world *world;
        struct derive derive;
        struct lock_order lock_order;
        struct communication communication;
        struct sightings sightings;
        struct misuse misuse;
        struct loose_ends loose_ends;
        struct lost_wakeup lost_wakeup;
};

/* What the threads of a process do while it is torn down is no misuse. */
static int look(struct pass *pass, const struct event *event, uint64_t id) {
        int r;

        if (world_process_has_ended(pass->world, event->thread))
                return 0;
        r = misuse_apply(&pass->misuse, &pass->sightings, pass->world, event, id);
        if (r == 0)
                r = loose_ends_apply(&pass->loose_ends, &pass->sightings, event, id);
        return r < 0 ? r : lost_wakeup_apply(&pass->lost_wakeup, &pass->sightings, event, id);
}

static int apply(struct pass *pass, const struct event *event, uint64_t id) {
        int r;

        if (event->thread == 0 || event->thread >= pass->catalog->n_threads || event->object >= pass->catalog->n_objects)
                return 0; /* of a damaged trace */
        r = look(pass, event, id);
        if (r < 0)
                return r;
        r = derive_apply(&pass->derive, pass->world, pass->catalog, event, id);
        if (r == 0)
                r = lock_order_apply(&pass->lock_order, pass->catalog, event, id);
        if (r == 0)
                r = communication_apply(&pass->communication, &pass->lock_order, pass->catalog, event, id);
        return r < 0 ? r : world_apply(pass->world, pass->catalog, event, id);
}

static int read_all(struct pass *pass, struct event_source *source) {
        const struct event *events;
        int n, r = 0;

        while (r == 0 && (n = source->next(source, &events)) != 0) {
                if (n < 0)
                        return n;
                for (int i = 0; r == 0 && i < n; i++)
                        r = apply(pass, &events[i], source->first_id + (uint64_t) i);
        }
        return r;
}

/* What only the end of the trace shows. */
static int look_at_the_end(struct pass *pass, struct finding_list *findings) {
        int r = lost_wakeup_tell(&pass->lost_wakeup, &pass->sightings, pass->world, findings);

        if (r == 0)
                r = loose_ends_tell(&pass->loose_ends, &pass->sightings, pass->world, pass->derive.messages, pass->derive.n_messages);
        if (r == 0)
                r = blocked_forever_tell(pass->world, &pass->sightings, findings);
        return r;
}

/* Deadlocks first: what has happened is not predicted as well, nor told a second time in other words. */
static int find_all(struct pass *pass, unsigned what, struct derived *derived, struct finding_list *findings) {
        struct lock_order_counts counts = { 0 };
        int r;

        r = world_deadlock(pass->world, pass->catalog, findings);
        if (r >= 0)
                r = look_at_the_end(pass, findings);
        if (r >= 0)
                r = lock_order_find(&pass->lock_order, pass->catalog, &lock_order_default_limits, what & ANALYSE_ALL, findings, &counts);
        derived->n_unchecked_cycles = counts.n_unchecked;
        derived->n_doubtful_cycles = counts.n_doubtful;
        if (r >= 0)
                r = communication_find(&pass->communication, &pass->lock_order, pass->catalog, &lock_order_default_limits, findings,
                                       &derived->n_unchecked_cycles);
        if (r >= 0)
                r = sightings_move(&pass->sightings, findings, !(what & ANALYSE_INCOMPLETE));
        if (r >= 0)
                r = dependencies_edges(&pass->lock_order.dependencies, &derived->edges, &derived->n_edges);
        if (r >= 0)
                finding_list_sort(findings);
        return r;
}

int analyse(struct event_source *source, const struct catalog *catalog, unsigned what,
            struct derived *ret_derived, struct finding_list *ret_findings) {
        struct pass pass = { .catalog = catalog, .world = world_new(), .derive.with_holds = what & ANALYSE_HOLDS };
        struct finding_list findings = { 0 };
        struct derived derived = { 0 };
        int r;

        sightings_init(&pass.sightings, catalog);
        r = pass.world ? read_all(&pass, source) : -ENOMEM;
        if (r == 0)
                r = find_all(&pass, what, &derived, &findings);
        if (r >= 0) {
                derive_take(&pass.derive, &derived);
                *ret_derived = derived;
                *ret_findings = findings;
        } else {
                derived_finish(&derived);
                finding_list_finish(&findings);
        }
        derive_finish(&pass.derive);
        lock_order_finish(&pass.lock_order);
        communication_finish(&pass.communication);
        misuse_finish(&pass.misuse);
        loose_ends_finish(&pass.loose_ends);
        lost_wakeup_finish(&pass.lost_wakeup);
        sightings_finish(&pass.sightings);
        world_free(pass.world);
        return r < 0 ? r : 0;
}

void derived_finish(struct derived *derived) {
        free(derived->waits);
        free(derived->holds);
        free(derived->messages);
        free(derived->edges);
        *derived = (struct derived) { 0 };
}
