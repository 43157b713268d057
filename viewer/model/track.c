#include "track.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FANOUT 16

int track_add(struct track *track, uint64_t began_ns, uint64_t ended_ns, uint32_t item, uint32_t weight) {
        if (track->n == track->size) {
                size_t size = track->size ? track->size * 2 : 8;
                struct span *moved = reallocarray(track->spans, size, sizeof(*moved));

                if (!moved)
                        return -ENOMEM;
                track->spans = moved;
                track->size = size;
        }
        track->spans[track->n++] = (struct span) { began_ns, ended_ns < began_ns ? began_ns : ended_ns, item, weight };
        return 0;
}

/* The largest of every FANOUT weights of the level below. */
static int add_level(struct track *track, size_t level, size_t n_below) {
        size_t n = (n_below + FANOUT - 1) / FANOUT;
        uint32_t *peaks = calloc(n ? n : 1, sizeof(*peaks));

        if (!peaks)
                return -ENOMEM;
        for (size_t i = 0; i < n_below; i++) {
                uint32_t weight = level == 0 ? track->spans[i].weight : track->peaks[level - 1][i];

                if (weight > peaks[i / FANOUT])
                        peaks[i / FANOUT] = weight;
        }
        track->peaks[level] = peaks;
        track->n_peaks[level] = n;
        return 0;
}

int track_close(struct track *track) {
        struct span *fitting = track->n > 0 ? reallocarray(track->spans, track->n, sizeof(*fitting)) : NULL;
        size_t n = track->n;

        if (fitting) { /* gives back what growing by doubling had taken in advance */
                track->spans = fitting;
                track->size = track->n;
        }
        track->covered = calloc(track->n + 1, sizeof(*track->covered));
        if (!track->covered)
                return -ENOMEM;
        for (size_t i = 0; i < track->n; i++)
                track->covered[i + 1] = track->covered[i] + track->spans[i].ended_ns - track->spans[i].began_ns;
        for (size_t level = 0; level < TRACK_LEVELS && n > FANOUT; level++) {
                if (add_level(track, level, n) < 0)
                        return -ENOMEM;
                n = track->n_peaks[level];
        }
        return 0;
}

void track_finish(struct track *track) {
        free(track->spans);
        free(track->covered);
        for (size_t level = 0; level < TRACK_LEVELS; level++)
                free(track->peaks[level]);
        *track = (struct track) { 0 };
}

size_t track_find(const struct track *track, uint64_t time_ns) {
        size_t low = 0, high = track->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (track->spans[middle].ended_ns > time_ns)
                        high = middle;
                else
                        low = middle + 1;
        }
        return low;
}

const struct span *track_at(const struct track *track, uint64_t time_ns) {
        size_t i = track_find(track, time_ns);

        return i < track->n && track->spans[i].began_ns <= time_ns ? &track->spans[i] : NULL;
}

/* Index of the first span from `from` on that begins at `time_ns` or later. Gallops, since it is usually near. */
static size_t first_beginning(const struct track *track, size_t from, uint64_t time_ns) {
        size_t low = from, step = 1, high;

        while (low + step < track->n && track->spans[low + step].began_ns < time_ns)
                step *= 2;
        high = low + step < track->n ? low + step : track->n;
        low += step / 2;
        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (track->spans[middle].began_ns < time_ns)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

uint32_t track_peak(const struct track *track, size_t first, size_t n) {
        size_t end = first + n;
        uint32_t peak = 0;

        while (first < end) {
                uint32_t weight = track->spans[first].weight;
                size_t next = first + 1, size = FANOUT;

                for (size_t level = 0; level < TRACK_LEVELS && track->peaks[level]; level++, size *= FANOUT) {
                        if (first % size != 0 || first + size > end)
                                break;
                        weight = track->peaks[level][first / size];
                        next = first + size;
                }
                if (weight > peak)
                        peak = weight;
                first = next;
        }
        return peak;
}

static int add_piece(struct piece_list *list, const struct piece *piece) {
        if (list->n == list->size) {
                size_t size = list->size ? list->size * 2 : 64;
                struct piece *moved = reallocarray(list->items, size, sizeof(*moved));

                if (!moved)
                        return -ENOMEM;
                list->items = moved;
                list->size = size;
        }
        list->items[list->n++] = *piece;
        return 0;
}

/* Columns that look the same become one: coverage in eighths is as fine as a bar of a few pixels can show. */
static int add_column(struct piece_list *list, const struct piece *column) {
        struct piece *last = list->n > 0 ? &list->items[list->n - 1] : NULL;

        if (last && last->n > 1 && last->x1 == column->x0 && last->weight == column->weight &&
            ceil(last->covered * 8) == ceil(column->covered * 8)) {
                last->x1 = column->x1;
                last->n += column->n;
                return 0;
        }
        return add_piece(list, column);
}

/* A span too narrow to see, and all that begin in the same column with it. */
static struct piece column_from(const struct track *track, const struct view *view, size_t first) {
        double x0 = floor(view_x(view, track->spans[first].began_ns) / PIECE_COLUMN_PX) * PIECE_COLUMN_PX;
        double x1 = x0 + PIECE_COLUMN_PX, ns = view_ns_per_px(view) * PIECE_COLUMN_PX;
        size_t end = first_beginning(track, first + 1, view_time(view, x1));
        const struct span *last = &track->spans[end - 1];

        /* The last to begin in here may reach far out of it: that one is drawn by itself. */
        if (end - 1 > first && view_x(view, last->ended_ns) - view_x(view, last->began_ns) >= PIECE_COLUMN_PX)
                end--;
        return (struct piece) { x0,
                               x1,
                               first,
                               end - first,
                               fmin(1, (double) (track->covered[end] - track->covered[first]) / ns),
                               track_peak(track, first, end - first) };
}

/* A deadlock is wide enough to be seen, also where it lies at the very end. */
static void widen_severe(struct piece *piece, double width) {
        if (weight_state(piece->weight) != SPAN_DEADLOCKED || piece->x1 - piece->x0 >= PIECE_SEVERE_PX)
                return;
        piece->x1 = fmin(piece->x0 + PIECE_SEVERE_PX, fmax(width, piece->x1));
        piece->x0 = fmin(piece->x0, piece->x1 - PIECE_SEVERE_PX);
        piece->covered = 1;
}

int track_pieces(const struct track *track, const struct view *view, struct piece_list *list) {
        size_t i = track_find(track, view->from_ns);

        list->n = 0;
        while (i < track->n && track->spans[i].began_ns < view->to_ns) {
                const struct span *span = &track->spans[i];
                struct piece piece = {
                        view_x(view, span->began_ns), view_x(view, span->ended_ns), i, 1, 1, span->weight
                };
                int r;

                if (piece.x1 - piece.x0 < PIECE_COLUMN_PX)
                        piece = column_from(track, view, i);
                i += piece.n;
                widen_severe(&piece, view->width);
                r = piece.n > 1 ? add_column(list, &piece) : add_piece(list, &piece);
                if (r < 0)
                        return r;
        }
        return 0;
}

void piece_list_finish(struct piece_list *list) {
        free(list->items);
        *list = (struct piece_list) { 0 };
}
