/* The arrows between lanes. Only what is in sight costs anything, and where there would be too many arrows to follow
 * any, those of messages are left out: the channels' lanes still show how many were on their way. */
#include "panes/lanes_draw.h"

#include <math.h>

#define ARROW_ROOM_PX 9
#define ARROWS_ANY 8 /* so few are always drawn */
#define LINKS_MAX 60 /* spawns and joins in sight */
#define RIMS_MAX 40  /* of more arrows, the rims would hide what they cross */

struct arrow {
        double x0, y0, x1, y1;
        bool lost; /* never received */
};

struct arrows {
        const struct lane_drawing *drawing;
        const struct lane **by_thread; /* NULL: folded away */
        double top, bottom;            /* in sight */
        GArray *items;
};

/* The middle of a thread's bar; false for a thread without a lane. */
static bool bar_y(const struct arrows *arrows, uint32_t thread, double *ret_y) {
        const struct lane *lane =
                thread < arrows->drawing->timeline->trace->catalog->n_threads ? arrows->by_thread[thread] : NULL;

        if (!lane)
                return false;
        *ret_y = lane->y + LANE_PAD_PX + LANE_BAR_PX / 2.0;
        return true;
}

static void add_arrow(struct arrows *arrows, uint64_t from_ns, uint32_t from, uint64_t to_ns, uint32_t to) {
        const struct view *view = &arrows->drawing->view;
        struct arrow arrow = { .x0 = view_x(view, from_ns), .lost = to_ns == NEVER };

        arrow.x1 = arrow.lost ? arrow.x0 + 14 : view_x(view, to_ns);
        if (fmax(arrow.x0, arrow.x1) < 0 || fmin(arrow.x0, arrow.x1) > view->width || !bar_y(arrows, from, &arrow.y0))
                return;
        if (arrow.lost)
                arrow.y1 = arrow.y0 + LANE_BAR_PX / 2.0 + 4;
        else if (!bar_y(arrows, to, &arrow.y1) || from == to)
                return;
        if (fmax(arrow.y0, arrow.y1) < arrows->top || fmin(arrow.y0, arrow.y1) > arrows->bottom)
                return;
        /* From edge to edge of the bars, so that what is written in them stays readable. */
        if (!arrow.lost) {
                arrow.y0 += arrow.y1 > arrow.y0 ? LANE_BAR_PX / 2.0 : -LANE_BAR_PX / 2.0;
                arrow.y1 += arrow.y1 > arrow.y0 ? -LANE_BAR_PX / 2.0 : LANE_BAR_PX / 2.0;
        }
        g_array_append_val(arrows->items, arrow);
}

/* Spawns and joins, of one thread or (0) of all. False when there are too many, and then none. */
static bool collect_links_of(struct arrows *arrows, uint32_t thread) {
        const struct trace *trace = arrows->drawing->timeline->trace;

        for (size_t i = 0; i < trace->n_links && arrows->items->len <= LINKS_MAX; i++) {
                const struct link *link = &trace->links[i];

                if (thread == 0 || link->from == thread || link->to == thread)
                        add_arrow(arrows, link->from_ns, link->from, link->to_ns, link->to);
        }
        if (arrows->items->len <= LINKS_MAX)
                return true;
        g_array_set_size(arrows->items, 0);
        return false;
}

/* A thread that spawns hundreds would bury its lanes under arrows; then those of the thread in focus are enough. */
static void collect_links(struct arrows *arrows) {
        if (!collect_links_of(arrows, 0) && arrows->drawing->focus->thread)
                (void) collect_links_of(arrows, arrows->drawing->focus->thread);
}

/* Index of the first message sent at `time_ns` or later. */
static size_t first_sent(const struct trace *trace, uint64_t time_ns) {
        size_t low = 0, high = trace->n_messages;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (trace->messages[middle].sent_ns < time_ns)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

/* Arrows from `first` on that nobody could follow any more. */
static bool too_dense(const struct arrows *arrows, size_t first) {
        double left = arrows->drawing->view.width, right = 0;

        for (size_t i = first; i < arrows->items->len; i++) {
                const struct arrow *arrow = &g_array_index(arrows->items, struct arrow, i);

                left = fmin(left, fmax(arrow->x0, 0));
                right = fmax(right, fmin(arrow->x1, arrows->drawing->view.width));
        }
        return arrows->items->len - first > ARROWS_MAX ||
               (double) (arrows->items->len - first) * ARROW_ROOM_PX > right - left + ARROWS_ANY * ARROW_ROOM_PX;
}

/* Those sent in sight or up to as long before. False when they are too many. */
static bool collect_messages(struct arrows *arrows) {
        const struct trace *trace = arrows->drawing->timeline->trace;
        const struct view *view = &arrows->drawing->view;
        uint64_t span = view->to_ns - view->from_ns;
        size_t before = arrows->items->len, first = first_sent(trace, view->from_ns > span ? view->from_ns - span : 0);

        for (size_t i = first; i < trace->n_messages && trace->messages[i].sent_ns < view->to_ns; i++) {
                const struct message *message = &trace->messages[i];

                add_arrow(arrows, message->sent_ns, message->sender, message->received_ns, message->receiver);
                if (i - first > 4 * ARROWS_MAX || arrows->items->len - before > ARROWS_MAX)
                        break;
        }
        if (!too_dense(arrows, before))
                return true;
        g_array_set_size(arrows->items, (guint) before);
        return false;
}

static void paint_arrows(struct lane_drawing *d, const struct arrows *arrows) {
        cairo_t *cairo = gtk_snapshot_append_cairo(d->snapshot,
                                                   &GRAPHENE_RECT_INIT(0, (float) arrows->top, (float) d->view.width,
                                                                       (float) (arrows->bottom - arrows->top)));

        cairo_set_line_width(cairo, 1.25);
        for (guint i = 0; i < arrows->items->len; i++) {
                const struct arrow *arrow = &g_array_index(arrows->items, struct arrow, i);

                /* A rim in the ground's colour keeps an arrow apart from the bars it crosses. */
                if (arrows->items->len <= RIMS_MAX) {
                        paint_source(cairo, COLOUR_GROUND);
                        cairo_set_line_width(cairo, 3.5);
                        cairo_move_to(cairo, arrow->x0, arrow->y0);
                        cairo_line_to(cairo, arrow->x1, arrow->y1);
                        cairo_stroke(cairo);
                }
                paint_source(cairo, COLOUR_LINK);
                cairo_set_line_width(cairo, 1.4);
                paint_arrow(cairo, arrow->x0, arrow->y0, arrow->x1, arrow->y1, 8);
                if (arrow->lost) {
                        cairo_arc(cairo, arrow->x0, arrow->y0, 2.5, 0, 2 * G_PI);
                        cairo_fill(cairo);
                }
        }
        cairo_destroy(cairo);
}

void draw_arrows_left_out(struct lane_drawing *d, const struct lane *lane) {
        if (lane->kind == LANE_HEADING && lane->section == SECTION_CHANNELS)
                paint_text(d->paint, d->snapshot, "zoom in to see the messages as arrows", TEXT_SMALL, COLOUR_DIM, 0,
                           lane->y + lane->height / 2, d->view.width);
}

gboolean draw_links(struct lane_drawing *d, const struct lane_list *list, double top, double bottom) {
        g_autofree const struct lane **by_thread = g_new0(const struct lane *, d->timeline->trace->catalog->n_threads);
        g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(struct arrow));
        struct arrows arrows = { d, by_thread, top, bottom, items };
        bool all;

        for (size_t i = 0; i < list->n; i++)
                if (list->items[i].kind == LANE_THREAD)
                        by_thread[list->items[i].id] = &list->items[i];
        collect_links(&arrows);
        all = collect_messages(&arrows);
        if (items->len > 0)
                paint_arrows(d, &arrows);
        return all;
}
