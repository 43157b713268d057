/* Deadlocks as they form. The world says which threads can never run again, if what has been merged is all that has happened; that
 * it is, is what this makes sure of before anybody is told: two looks at least LIVE_CONFIRM_NS apart that give the same set,
 * no record of any of these threads in between nor one on its way, and the kernel finds each of them asleep; and where one waits
 * for anybody to wake it, the kernel knows of nobody else, be it a thread that is not recorded or a signal's handler. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analysis/world.h"
#include "collect/merge.h"

#define LIVE_LOOK_NS UINT64_C(50000000)
#define LIVE_CONFIRM_NS UINT64_C(100000000)

struct live {
        uint64_t next_look_ns;
        uint64_t since_ns;      /* when the suspects were first seen like this */
        uint32_t *suspects;     /* threads of the last look, in the finding's order */
        uint64_t *n_events;     /* what each had recorded by then */
        size_t n_suspects;
        bool *told;             /* by thread: it has been in a confirmed ring */
        uint32_t n_told;
};

void live_finish(struct live *live);
/* Looks, if it is time to. Notes in the catalog's processes what of it can be known later no more. 1 with the finding in `ret_findings` when a deadlock is certain that has not been told yet, 0 when not,
 * or a negative errno. `now_ns` is any clock that goes on. */
int live_look(struct live *live, const struct world *world, struct catalog *catalog, const struct merge *merge,
              uint64_t now_ns, struct finding_list *ret_findings);
