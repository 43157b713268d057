#include "analysis/sides.h"

#include <errno.h>

/* Goes on to the first time that is not in the set. 1 when that is another one, 0 when it is the same, -ENOENT when
 * there is none. */
static int advance(struct closure *closure, struct side *side) {
        uint32_t before = side->at;

        while (side->at < side->n_events && side->events[side->at] <= closure->threads[side->thread].prefix) {
                side->at++;
                closure->n_steps++;
        }
        if (side->at == side->n_events)
                return -ENOENT;
        return side->at != before;
}

int sides_check(struct closure *closure, struct side *sides, uint32_t n) {
        bool moved = true;
        int r;

        closure_reset(closure);
        while (moved) {
                moved = false;
                for (uint32_t i = 0; i < n; i++)
                        closure_add(closure, sides[i].thread, sides[i].events[sides[i].at] - 1);
                r = closure_run(closure);
                if (r < 0)
                        return r;
                for (uint32_t i = 0; i < n; i++) {
                        r = closure->impossible ? -ENOENT : advance(closure, &sides[i]);
                        if (r < 0)
                                return 0;
                        moved |= r > 0;
                }
        }
        return 1;
}
