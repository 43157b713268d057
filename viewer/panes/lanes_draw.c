#include "panes/lanes_draw.h"

#include <math.h>

#include "model/tell.h"

#define TEXT_PAD_PX 5
#define NAME_X_PX 12
#define HATCH_MIN_PX 6 /* narrower, no stripe could be told */
#define LABEL_MIN_PX 40

static const struct {
        enum colour ground, stripe, text;
} states[] = {
        [SPAN_PLAIN] = { COLOUR_WAIT, COLOUR_WAIT_STRIPE, COLOUR_ON_WAIT },
        [SPAN_WAITS] = { COLOUR_WAIT, COLOUR_WAIT_STRIPE, COLOUR_ON_WAIT },
        [SPAN_QUEUES] = { COLOUR_QUEUE, COLOUR_QUEUE_STRIPE, COLOUR_ON_QUEUE },
        [SPAN_DEADLOCKED] = { COLOUR_DEAD, COLOUR_DEAD_STRIPE, COLOUR_ON_DEAD },
};

/* ---- the gutter ---- */

static const char *const sections[N_SECTIONS] = { "Threads", "Locks", "Channels" };
static const char *const folded[N_SECTIONS] = { "threads", "locks", "channels" };

static void draw_heading(struct lane_drawing *d, const struct lane *lane) {
        paint_box(d->snapshot, COLOUR_BAND, 0, lane->y, d->width, lane->height);
        paint_text(d->paint, d->snapshot, sections[lane->section], TEXT_SMALL_BOLD, COLOUR_DIM, 12,
                   lane->y + lane->height / 2, d->gutter);
}

static void draw_fold(struct lane_drawing *d, const struct lane *lane) {
        g_autofree char *text = g_strdup_printf("+%u %s", lane->id, folded[lane->section]);
        double used = paint_text(d->paint, d->snapshot, text, TEXT_SMALL_BOLD, COLOUR_ACCENT, 12,
                                 lane->y + lane->height / 2, d->gutter);

        paint_text(d->paint, d->snapshot, "take no part · click or E to show", TEXT_SMALL, COLOUR_DIM,
                   MAX(12 + used + 10, d->gutter), lane->y + lane->height / 2, d->width - d->gutter - 20);
}

static void draw_names(struct lane_drawing *d, const struct lane *lane, const char *name, const char *state,
                       bool severe, bool in_focus) {
        double x = NAME_X_PX, width = d->gutter - x - 8, y = lane->y;

        paint_text(d->paint, d->snapshot, name, lane->kind == LANE_THREAD || in_focus ? TEXT_BOLD : TEXT_NORMAL,
                   COLOUR_TEXT, x, y + 13, width);
        if (lane->height >= 34)
                paint_text(d->paint, d->snapshot, state, TEXT_SMALL, severe ? COLOUR_DEAD_TEXT : COLOUR_DIM, x, y + 29,
                           width);
}

static bool is_in_focus(const struct lane_drawing *d, const struct lane *lane) {
        if (lane->kind == LANE_THREAD)
                return lane->id == d->focus->thread;
        return (lane->kind == LANE_LOCK || lane->kind == LANE_CHANNEL) && lane->id == d->focus->object;
}

void draw_lane_gutter(struct lane_drawing *d, const struct lane *lane) {
        const struct catalog *catalog = d->timeline->trace->catalog;
        bool in_focus = is_in_focus(d, lane), severe = false;
        enum span_state state = SPAN_PLAIN;
        const struct wait *wait;
        char buffer[CATALOG_LABEL_BYTES], words[TELL_BYTES];

        if (lane->kind == LANE_HEADING)
                return draw_heading(d, lane);
        if (in_focus)
                paint_box(d->snapshot, COLOUR_SELECTED, 0, lane->y, d->width, lane->height);
        if (lane->kind == LANE_FOLD)
                return draw_fold(d, lane);
        if (lane->kind == LANE_THREAD) {
                tell_thread(d->timeline, lane->id, d->focus->time_ns, words);
                wait = timeline_wait_at(d->timeline, lane->id, d->focus->time_ns, &state);
                severe = wait && state == SPAN_DEADLOCKED;
                if (wait && paint_text_width(d->paint, words, TEXT_SMALL) > d->gutter - 2 * NAME_X_PX)
                        tell_wait_short(d->timeline->trace, wait, words);
                draw_names(d, lane, catalog_thread_label(catalog, lane->id, buffer), words, severe, in_focus);
        } else {
                tell_object(d->timeline, lane->id, d->focus->time_ns, words);
                draw_names(d, lane, catalog_object_name(catalog, lane->id, buffer), words, false, in_focus);
        }
        paint_box(d->snapshot, COLOUR_LINE, 0, lane->y + lane->height - 1, d->width, 1);
        if (in_focus)
                paint_box(d->snapshot, COLOUR_ACCENT, 0, lane->y, 3, lane->height);
}

/* ---- threads ---- */

/* The part of a piece that can be seen. */
static void visible(const struct lane_drawing *d, double *x0, double *x1) {
        *x0 = fmax(*x0, 0);
        *x1 = fmin(*x1, d->view.width);
}

/* A text on a plate of its own: nobody should have to read across stripes. Returns where the plate ends. */
static double draw_plate(struct lane_drawing *d, const char *text, enum text_style style, enum colour ground,
                         enum colour colour, double x0, double x1, double y, double height) {
        double room = x1 - x0 - 2 * TEXT_PAD_PX, width = paint_text_width(d->paint, text, style);

        if (room < width && room < 60)
                return x0;
        width = fmin(width, room);
        paint_box(d->snapshot, ground, x0, y, width + 2 * TEXT_PAD_PX, height);
        paint_text(d->paint, d->snapshot, text, style, colour, x0 + TEXT_PAD_PX, y + height / 2, room);
        return x0 + width + 2 * TEXT_PAD_PX;
}

static void wait_label(const struct lane_drawing *d, const struct span *span, double room,
                       char text[static TELL_BYTES]) {
        const struct trace *trace = d->timeline->trace;
        const struct wait *wait = &trace->waits[span->item];

        tell_wait(trace, wait, text);
        if (weight_state(span->weight) == SPAN_QUEUES)
                g_strlcat(text, " · behind the deadlock", TELL_BYTES);
        if (paint_text_width(d->paint, text, TEXT_SMALL_BOLD) > room - 2 * TEXT_PAD_PX)
                tell_wait(trace, wait, text);
        if (paint_text_width(d->paint, text, TEXT_SMALL_BOLD) > room - 2 * TEXT_PAD_PX) {
                char *owner = strstr(text, " · ");

                if (owner)
                        *owner = 0;
        }
        if (paint_text_width(d->paint, text, TEXT_SMALL_BOLD) > room - 2 * TEXT_PAD_PX)
                tell_wait_short(trace, wait, text);
}

static void draw_wait(struct lane_drawing *d, const struct piece *piece, const struct span *span, double y) {
        enum span_state state = weight_state(span->weight);
        double x0 = piece->x0, x1 = piece->x1;
        char text[TELL_BYTES];

        visible(d, &x0, &x1);
        if (x1 - x0 < HATCH_MIN_PX) {
                paint_box(d->snapshot, state == SPAN_DEADLOCKED ? states[state].ground : states[state].stripe, x0, y,
                          x1 - x0, LANE_BAR_PX);
                return;
        }
        paint_hatch(d->paint, d->snapshot, states[state].ground, states[state].stripe, x0, y, x1 - x0, LANE_BAR_PX);
        paint_box(d->snapshot, COLOUR_GROUND, x0, y, 1, LANE_BAR_PX); /* tells it from the one before */
        if (x1 - x0 < LABEL_MIN_PX)
                return;
        wait_label(d, span, x1 - x0, text);
        draw_plate(d, text, state == SPAN_WAITS ? TEXT_SMALL : TEXT_SMALL_BOLD, states[state].ground,
                   states[state].text, x0 + 1, x1, y, LANE_BAR_PX);
}

/* Many waits in little room: as much of the height as they take of the time, the worst of them all of it. */
static void draw_merged_waits(struct lane_drawing *d, const struct piece *piece, double y) {
        enum span_state state = weight_state(piece->weight);
        double height = state == SPAN_DEADLOCKED ? LANE_BAR_PX : fmax(3, ceil(piece->covered * 8) / 8 * LANE_BAR_PX);

        paint_box(d->snapshot, states[state].ground, piece->x0, y + LANE_BAR_PX - height, piece->x1 - piece->x0,
                  height);
        paint_box(d->snapshot, states[state].stripe, piece->x0, y + LANE_BAR_PX - height, piece->x1 - piece->x0, 1);
}

static void draw_running(struct lane_drawing *d, const struct thread_rows *rows, double y) {
        double x0 = view_x(&d->view, rows->began_ns), x1 = view_x(&d->view, rows->ended_ns);

        visible(d, &x0, &x1);
        if (x1 - x0 < 1 && x0 < d->view.width)
                x1 = x0 + 1;
        paint_box(d->snapshot, COLOUR_RUN, x0, y, x1 - x0, LANE_BAR_PX);
}

/* A bar with a name inside: a held lock below a thread, or a lock's owner. */
static void draw_named_bar(struct lane_drawing *d, const struct piece *piece, enum colour colour, const char *name,
                           double y, double height) {
        double x0 = piece->x0, x1 = piece->x1;

        visible(d, &x0, &x1);
        paint_box(d->snapshot, colour, x0, y, fmax(x1 - x0 - 1, 1), height);
        if (x1 - x0 > 34)
                paint_text(d->paint, d->snapshot, name, TEXT_SMALL, COLOUR_ON_LOCK, x0 + TEXT_PAD_PX, y + height / 2,
                           x1 - x0 - 2 * TEXT_PAD_PX);
}

static void draw_holds(struct lane_drawing *d, const struct track *track, double y) {
        const struct trace *trace = d->timeline->trace;
        char buffer[CATALOG_LABEL_BYTES];

        if (track_pieces(track, &d->view, &d->pieces) < 0)
                return;
        for (size_t i = 0; i < d->pieces.n; i++) {
                const struct piece *piece = &d->pieces.items[i];
                const struct hold *hold = &trace->holds[track->spans[piece->first].item];
                enum colour colour = palette_of_object(timeline_object(d->timeline, hold->object)->colour);
                double height = fmax(2, ceil(piece->covered * 4) / 4 * (LANE_HOLD_PX - 1));

                if (piece->n == 1)
                        draw_named_bar(d, piece, colour, catalog_object_name(trace->catalog, hold->object, buffer), y,
                                       LANE_HOLD_PX);
                else
                        paint_box(d->snapshot, COLOUR_EDGE, piece->x0, y + LANE_HOLD_PX - height, piece->x1 - piece->x0,
                                  height);
        }
}

static void draw_thread(struct lane_drawing *d, const struct lane *lane) {
        const struct thread_rows *rows = timeline_thread(d->timeline, lane->id);
        double y = lane->y + LANE_PAD_PX;

        draw_running(d, rows, y);
        if (track_pieces(&rows->waits, &d->view, &d->pieces) < 0)
                return;
        for (unsigned severe = 0; severe < 2; severe++) /* what is severe lies on top */
                for (size_t i = 0; i < d->pieces.n; i++) {
                        const struct piece *piece = &d->pieces.items[i];

                        if ((weight_state(piece->weight) == SPAN_DEADLOCKED) != severe)
                                continue;
                        if (piece->n == 1)
                                draw_wait(d, piece, &rows->waits.spans[piece->first], y);
                        else
                                draw_merged_waits(d, piece, y);
                }
        for (unsigned row = 0; row < rows->n_hold_rows; row++)
                draw_holds(d, &rows->holds[row], y + LANE_BAR_PX + 1 + row * (LANE_HOLD_PX + 1));
}

/* ---- locks and channels ---- */

static void draw_queue(struct lane_drawing *d, const struct track *track, double y) {
        if (track_pieces(track, &d->view, &d->pieces) < 0)
                return;
        for (unsigned severe = 0; severe < 2; severe++)
                for (size_t i = 0; i < d->pieces.n; i++) {
                        const struct piece *piece = &d->pieces.items[i];
                        enum span_state state = weight_state(piece->weight);
                        double x0 = piece->x0, x1 = piece->x1,
                               height = fmin(weight_value(piece->weight) + 2, LANE_QUEUE_PX);

                        if ((state == SPAN_DEADLOCKED) != severe)
                                continue;
                        visible(d, &x0, &x1);
                        paint_box(d->snapshot, state == SPAN_DEADLOCKED ? COLOUR_DEAD : COLOUR_LINE_UP, x0,
                                  y + LANE_QUEUE_PX - height, x1 - x0, height);
                }
}

static void draw_lock(struct lane_drawing *d, const struct lane *lane) {
        const struct object_rows *rows = timeline_object(d->timeline, lane->id);
        const struct trace *trace = d->timeline->trace;
        enum colour colour = palette_of_object(rows->colour);
        double y = lane->y + 4 + LANE_QUEUE_PX + 1, height = LANE_BAR_PX - 2;

        draw_queue(d, &rows->queue, lane->y + 4);
        if (track_pieces(&rows->held, &d->view, &d->pieces) < 0)
                return;
        for (size_t i = 0; i < d->pieces.n; i++) {
                const struct piece *piece = &d->pieces.items[i];
                const struct span *span = &rows->held.spans[piece->first];
                double covered = fmax(2, ceil(piece->covered * 8) / 8 * height);
                char buffer[CATALOG_LABEL_BYTES];

                if (piece->n > 1)
                        paint_box(d->snapshot, colour, piece->x0, y + height - covered, piece->x1 - piece->x0, covered);
                else if (span->item != NO_ITEM)
                        draw_named_bar(d, piece, colour,
                                       catalog_thread_label(trace->catalog, trace->holds[span->item].thread, buffer), y,
                                       height);
                else {
                        g_snprintf(buffer, sizeof(buffer), "%u readers", weight_value(span->weight));
                        draw_named_bar(d, piece, colour, buffer, y, height);
                }
        }
}

static void draw_channel(struct lane_drawing *d, const struct lane *lane) {
        const struct object_rows *rows = timeline_object(d->timeline, lane->id);
        double bottom = lane->y + lane->height - 5, height = lane->height - 10 - LANE_QUEUE_PX;

        draw_queue(d, &rows->queue, lane->y + 3);
        paint_box(d->snapshot, COLOUR_LINE, 0, bottom, d->view.width, 1);
        if (rows->value_max == 0 || track_pieces(&rows->held, &d->view, &d->pieces) < 0)
                return;
        for (size_t i = 0; i < d->pieces.n; i++) {
                const struct piece *piece = &d->pieces.items[i];
                double x0 = piece->x0, x1 = piece->x1,
                       depth = fmax(3, height * weight_value(piece->weight) / rows->value_max);

                visible(d, &x0, &x1);
                paint_box(d->snapshot, COLOUR_FLOW, x0, bottom - depth, x1 - x0, depth);
                paint_box(d->snapshot, COLOUR_LINK, x0, bottom - depth, x1 - x0, 1);
        }
}

void draw_lane_axis(struct lane_drawing *d, const struct lane *lane) {
        if (lane->kind == LANE_THREAD)
                draw_thread(d, lane);
        else if (lane->kind == LANE_LOCK)
                draw_lock(d, lane);
        else if (lane->kind == LANE_CHANNEL)
                draw_channel(d, lane);
}
