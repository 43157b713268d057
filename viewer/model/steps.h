/* From intervals that may overlap to a track of how many there are at each moment. Free of GTK. */
#pragma once

#include "model/track.h"

struct interval {
        uint64_t began_ns, ended_ns; /* ended_ns may be UINT64_MAX: never */
        uint64_t severe_ns;          /* since when it is part of a deadlock; UINT64_MAX: not */
        uint32_t item;
};

/* Adds spans in which nothing changes: their value is how many intervals there are, their item the interval's where
 * there is just one. `intervals` are ordered by their begin; all is cut at `end_ns`. 0 or -ENOMEM. */
int steps_to_track(const struct interval *intervals, size_t n, uint64_t end_ns, struct track *track);
