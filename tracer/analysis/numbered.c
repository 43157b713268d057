#include "analysis/numbered.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/world_state.h"

#define MOST_DEAD 1024      /* points to keep before it is worth moving the others */
#define MOST_GAP (1u << 20) /* numbers farther apart than this are damage */

void numbered_finish(struct numbered *numbered) {
        free(numbered->points);
        *numbered = (struct numbered) { 0 };
}

int numbered_put(struct numbered *numbered, uint32_t number, struct point point) {
        int r;

        if (numbered->n_points == 0)
                numbered->first = number;
        if (number < numbered->first || number - numbered->first > (uint64_t) numbered->n_points + MOST_GAP)
                return 0;
        r = reach_index(&numbered->points, &numbered->n_points, &numbered->size_points, number - numbered->first, sizeof(*numbered->points));
        if (r < 0)
                return r;
        numbered->points[number - numbered->first] = point;
        return 0;
}

struct point numbered_get(const struct numbered *numbered, uint32_t number) {
        if (number < numbered->first || number - numbered->first >= numbered->n_points)
                return (struct point) { 0 };
        return numbered->points[number - numbered->first];
}

void numbered_forget(struct numbered *numbered, uint32_t number) {
        if (number < numbered->first || number - numbered->first >= numbered->n_points)
                return;
        numbered->n_dead = number - numbered->first + 1;
        if (numbered->n_dead < MOST_DEAD || numbered->n_dead < numbered->n_points / 2)
                return;
        numbered->n_points -= numbered->n_dead;
        numbered->first += numbered->n_dead;
        memmove(numbered->points, numbered->points + numbered->n_dead, numbered->n_points * sizeof(*numbered->points));
        numbered->n_dead = 0;
}
