#include "model/steps.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

/* Something begins or ends to count. */
struct point {
        uint64_t time_ns;
        uint32_t item;
        int8_t change, severe; /* +1, 0 or -1 to how many there are, and to how many of these are deadlocked */
};

static uint64_t earlier(uint64_t a, uint64_t b) {
        return a < b ? a : b;
}

static bool overlap(const struct interval *intervals, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (intervals[i].severe_ns != UINT64_MAX ||
                    (i + 1 < n && intervals[i].ended_ns > intervals[i + 1].began_ns))
                        return true;
        return false;
}

/* What a lock's holders are, nearly always: one after the other, with nothing to count. */
static int add_each(const struct interval *intervals, size_t n, uint64_t end_ns, struct track *track) {
        int r = 0;

        for (size_t i = 0; i < n && r >= 0; i++)
                r = track_add(track, earlier(intervals[i].began_ns, end_ns), earlier(intervals[i].ended_ns, end_ns),
                              intervals[i].item, span_weight(SPAN_PLAIN, 1));
        return r;
}

static int compare_points(const void *left, const void *right) {
        const struct point *a = left, *b = right;

        return a->time_ns < b->time_ns ? -1 : a->time_ns > b->time_ns;
}

static struct point *points_of(const struct interval *intervals, size_t n, uint64_t end_ns, size_t *ret_n) {
        struct point *points = calloc(n * 3 + 1, sizeof(*points));
        size_t n_points = 0;

        for (size_t i = 0; points && i < n; i++) {
                const struct interval *interval = &intervals[i];
                bool severe = interval->severe_ns != UINT64_MAX;

                points[n_points++] = (struct point) { earlier(interval->began_ns, end_ns), interval->item, 1, 0 };
                if (severe)
                        points[n_points++] =
                                (struct point) { earlier(interval->severe_ns, end_ns), interval->item, 0, 1 };
                points[n_points++] =
                        (struct point) { earlier(interval->ended_ns, end_ns), interval->item, -1, severe ? -1 : 0 };
        }
        if (points)
                qsort(points, n_points, sizeof(*points), compare_points);
        *ret_n = n_points;
        return points;
}

static int add_counted(const struct point *points, size_t n, struct track *track) {
        uint64_t since_ns = 0;
        int count = 0, severe = 0, r = 0;
        uint32_t items = 0; /* all those that count, xor-ed: when it is one, this is it */

        for (size_t i = 0; i < n && r >= 0;) {
                uint64_t now_ns = points[i].time_ns;

                if (count > 0 && now_ns > since_ns)
                        r = track_add(track, since_ns, now_ns, count == 1 ? items : NO_ITEM,
                                      span_weight(severe > 0 ? SPAN_DEADLOCKED : SPAN_PLAIN, (uint32_t) count));
                for (; i < n && points[i].time_ns == now_ns; i++) {
                        count += points[i].change;
                        severe += points[i].severe;
                        if (points[i].change != 0)
                                items ^= points[i].item;
                }
                since_ns = now_ns;
        }
        return r;
}

int steps_to_track(const struct interval *intervals, size_t n, uint64_t end_ns, struct track *track) {
        struct point *points;
        size_t n_points;
        int r;

        if (!overlap(intervals, n))
                return add_each(intervals, n, end_ns, track);
        points = points_of(intervals, n, end_ns, &n_points);
        if (!points)
                return -ENOMEM;
        r = add_counted(points, n_points, track);
        free(points);
        return r;
}
