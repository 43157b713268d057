/* The one pass over a trace in which everything is found. */
#include "analysis/analysis.h"

#include <errno.h>
#include <stdlib.h>

#include "analysis/derive.h"
#include "analysis/lock_order.h"
#include "analysis/world.h"

struct pass {
        const struct catalog *catalog;
        struct world *world;
        struct derive derive;
        struct lock_order lock_order;
};

static int apply(struct pass *pass, const struct event *event, uint64_t id) {
        int r;

        r = derive_apply(&pass->derive, pass->world, pass->catalog, event, id);
        if (r == 0)
                r = lock_order_apply(&pass->lock_order, pass->catalog, event, id);
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

/* Deadlocks first: what has happened is not predicted as well. */
static int find_all(struct pass *pass, struct derived *derived, struct finding_list *findings) {
        int r;

        r = world_deadlock(pass->world, pass->catalog, findings);
        if (r >= 0)
                r = lock_order_find(&pass->lock_order, pass->catalog, &lock_order_default_limits, findings, &derived->n_unchecked_cycles);
        if (r >= 0)
                r = dependencies_edges(&pass->lock_order.dependencies, &derived->edges, &derived->n_edges);
        if (r >= 0)
                finding_list_sort(findings);
        return r;
}

int analyse(struct event_source *source, const struct catalog *catalog, bool with_holds,
            struct derived *ret_derived, struct finding_list *ret_findings) {
        struct pass pass = { .catalog = catalog, .world = world_new(), .derive.with_holds = with_holds };
        struct finding_list findings = { 0 };
        struct derived derived = { 0 };
        int r;

        r = pass.world ? read_all(&pass, source) : -ENOMEM;
        if (r == 0)
                r = find_all(&pass, &derived, &findings);
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
