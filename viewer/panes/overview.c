#include "panes/overview.h"

#include <math.h>

#include "model/tell.h"
#include "paint.h"
#include "panes/lanes.h"

#define STRIP_PX 54
#define RULER_PX 28
#define BAR_PX 4 /* of the strip */

struct _HeddleOverview {
        GtkWidget parent;
        HeddleFocus *focus;
        struct paint *paint;
        struct view dragged; /* the range when a drag in the strip began */
};

G_DEFINE_FINAL_TYPE(HeddleOverview, heddle_overview, GTK_TYPE_WIDGET)

static double axis_width(HeddleOverview *overview) {
        return MAX(gtk_widget_get_width(GTK_WIDGET(overview)) - GUTTER_PX - MARGIN_PX, 1);
}

static struct view whole(HeddleOverview *overview) {
        return (struct view) { 0, heddle_focus_trace(overview->focus)->end_ns, axis_width(overview) };
}

/* ---- the strip ---- */

/* Events in the bins that lie below one bar. */
static uint64_t bar_events(const struct trace *trace, size_t bar, size_t n_bars) {
        size_t from = bar * TRACE_BINS / n_bars, to = MAX((bar + 1) * TRACE_BINS / n_bars, from + 1);
        uint64_t n = 0;

        for (size_t i = from; i < MIN(to, TRACE_BINS); i++)
                n += trace->activity[i];
        return n;
}

/* By the square root: a quiet second beside a busy one still shows that something happened. */
static void draw_activity(HeddleOverview *overview, GtkSnapshot *snapshot) {
        const struct trace *trace = heddle_focus_trace(overview->focus);
        size_t n_bars = (size_t) MAX(MIN(axis_width(overview) / BAR_PX, TRACE_BINS), 1);
        double bar_px = axis_width(overview) / (double) n_bars, height = STRIP_PX - 16;
        uint64_t most = 1;

        for (size_t i = 0; i < n_bars; i++)
                most = MAX(most, bar_events(trace, i, n_bars));
        for (size_t i = 0; i < n_bars; i++) {
                uint64_t n = bar_events(trace, i, n_bars);
                double bar = n ? fmax(2, sqrt((double) n / (double) most) * height) : 0;

                paint_box(snapshot, COLOUR_ACTIVITY, GUTTER_PX + (double) i * bar_px, STRIP_PX - 7 - bar,
                          fmax(bar_px - 1, 1), bar);
        }
}

/* From when a deadlock was there to the end; other findings where they are. */
static void draw_findings(HeddleOverview *overview, GtkSnapshot *snapshot) {
        const struct trace *trace = heddle_focus_trace(overview->focus);
        struct view view = whole(overview);

        for (size_t i = trace->findings.n; i-- > 0;) {
                const struct finding *finding = &trace->findings.items[i];
                double x = view_x(&view, finding->time_ns), width = fmax(view.width - x, 6);

                if (finding->kind == FINDING_DEADLOCK)
                        paint_hatch(overview->paint, snapshot, COLOUR_DEAD, COLOUR_DEAD_STRIPE,
                                    GUTTER_PX + view.width - width, 9, width, STRIP_PX - 16);
                else
                        paint_box(snapshot, COLOUR_WARN_TEXT, GUTTER_PX + x - 1, 9, 2, STRIP_PX - 16);
        }
}

static void draw_window(HeddleOverview *overview, GtkSnapshot *snapshot) {
        const struct focus *focus = heddle_focus_get(overview->focus);
        struct view view = whole(overview);
        double x0 = view_x(&view, focus->from_ns), x1 = view_x(&view, focus->to_ns),
               cursor = view_x(&view, focus->time_ns);

        paint_box(snapshot, COLOUR_ACCENT, GUTTER_PX + round(cursor) - 1, 4, 2, STRIP_PX - 8);
        if (x1 - x0 < 10) {
                x0 = fmax(0, fmin((x0 + x1) / 2 - 5, view.width - 10));
                x1 = x0 + 10;
        }
        paint_outline(snapshot, COLOUR_ACCENT, GUTTER_PX + x0 - 2, 4, x1 - x0 + 4, STRIP_PX - 8, 4, 2);
}

/* ---- the ruler ---- */

/* Where the cursor's flag is: its left edge and width; false when the cursor is not in view. At the edges it stays
 * whole. */
static bool flag_place(HeddleOverview *overview, char text[static TIME_TEXT_BYTES], double *ret_left,
                       double *ret_width) {
        const struct focus *focus = heddle_focus_get(overview->focus);
        struct view view = { focus->from_ns, focus->to_ns, axis_width(overview) };
        double x = view_x(&view, focus->time_ns);

        if (x < 0 || x > view.width)
                return false;
        tell_time(heddle_focus_trace(overview->focus), focus->time_ns, text);
        *ret_width = paint_text_width(overview->paint, text, TEXT_SMALL_BOLD) + 16;
        *ret_left = GUTTER_PX + fmax(0, fmin(x - *ret_width / 2, view.width + MARGIN_PX - *ret_width - 2));
        return true;
}

static void draw_ticks(HeddleOverview *overview, GtkSnapshot *snapshot) {
        const struct focus *focus = heddle_focus_get(overview->focus);
        struct view view = { focus->from_ns, focus->to_ns, axis_width(overview) };
        uint64_t tick_ns = view_tick_ns(&view, 110);
        double left = 0, width = 0;
        char flag[TIME_TEXT_BYTES];
        bool has_flag = flag_place(overview, flag, &left, &width);

        for (uint64_t at = (view.from_ns + tick_ns - 1) / tick_ns * tick_ns; at <= view.to_ns; at += tick_ns) {
                double x = GUTTER_PX + round(view_x(&view, at));
                char text[TIME_TEXT_BYTES];

                time_text(at, tick_ns, view.to_ns, text);
                paint_box(snapshot, COLOUR_DIM, x, STRIP_PX + RULER_PX - 7, 1, 6);
                if (x + 4 + paint_text_width(overview->paint, text, TEXT_SMALL) > GUTTER_PX + view.width + MARGIN_PX)
                        continue;
                if (has_flag && x + 4 < left + width + 4 &&
                    x + 4 + paint_text_width(overview->paint, text, TEXT_SMALL) > left - 4)
                        continue;
                paint_text(overview->paint, snapshot, text, TEXT_SMALL, COLOUR_DIM, x + 4,
                           STRIP_PX + RULER_PX / 2.0 + 1, GUTTER_PX + view.width - x + MARGIN_PX);
        }
}

static void draw_flag(HeddleOverview *overview, GtkSnapshot *snapshot) {
        const struct focus *focus = heddle_focus_get(overview->focus);
        struct view view = { focus->from_ns, focus->to_ns, axis_width(overview) };
        double left, width;
        char text[TIME_TEXT_BYTES];

        if (!flag_place(overview, text, &left, &width))
                return;
        paint_round_box(snapshot, COLOUR_ACCENT, left, STRIP_PX + 4, width, 20, 4);
        paint_box(snapshot, COLOUR_ACCENT, GUTTER_PX + round(view_x(&view, focus->time_ns)) - 1, STRIP_PX + 22, 2,
                  RULER_PX - 22);
        paint_text(overview->paint, snapshot, text, TEXT_SMALL_BOLD, COLOUR_ON_ACCENT, left + 8, STRIP_PX + 14, width);
}

static void draw_gutter(HeddleOverview *overview, GtkSnapshot *snapshot) {
        const struct focus *focus = heddle_focus_get(overview->focus);
        char text[TIME_TEXT_BYTES];
        g_autofree char *shown = NULL;

        paint_text(overview->paint, snapshot, "Overview", TEXT_SMALL_BOLD, COLOUR_DIM, 12, 19, GUTTER_PX - 20);
        duration_text(heddle_focus_trace(overview->focus)->end_ns, text);
        paint_text(overview->paint, snapshot, text, TEXT_SMALL, COLOUR_DIM, 12, 36, GUTTER_PX - 20);
        duration_text(focus->to_ns - focus->from_ns, text);
        shown = g_strdup_printf("%s in view", text);
        paint_text(overview->paint, snapshot, shown, TEXT_SMALL, COLOUR_DIM, 12, STRIP_PX + RULER_PX / 2.0,
                   GUTTER_PX - 20);
}

static void heddle_overview_snapshot(GtkWidget *widget, GtkSnapshot *snapshot) {
        HeddleOverview *overview = HEDDLE_OVERVIEW(widget);
        int width = gtk_widget_get_width(widget);

        paint_box(snapshot, COLOUR_GROUND, 0, 0, width, STRIP_PX + RULER_PX);
        if (!heddle_focus_trace(overview->focus))
                return;
        gtk_snapshot_push_clip(snapshot, &GRAPHENE_RECT_INIT(0, 0, (float) width, STRIP_PX + RULER_PX));
        draw_gutter(overview, snapshot);
        draw_activity(overview, snapshot);
        draw_findings(overview, snapshot);
        draw_window(overview, snapshot);
        paint_box(snapshot, COLOUR_LINE, 0, STRIP_PX, width, 1);
        draw_ticks(overview, snapshot);
        paint_box(snapshot, COLOUR_LINE, 0, STRIP_PX + RULER_PX - 1, width, 1);
        draw_flag(overview, snapshot);
        gtk_snapshot_pop(snapshot);
}

/* ---- pointer ---- */

/* In the strip the visible range moves to the pointer, on the ruler the cursor. */
static void on_drag_begin(GtkGestureDrag *gesture, double x, double y, HeddleOverview *overview) {
        const struct focus *focus = heddle_focus_get(overview->focus);
        struct view view;
        uint64_t at;

        if (!heddle_focus_trace(overview->focus))
                return;
        if (y >= STRIP_PX) {
                view = (struct view) { focus->from_ns, focus->to_ns, axis_width(overview) };
                heddle_focus_set_time(overview->focus, view_time(&view, x - GUTTER_PX));
                gtk_gesture_set_state(GTK_GESTURE(gesture), GTK_EVENT_SEQUENCE_DENIED);
                return;
        }
        view = whole(overview);
        at = view_time(&view, x - GUTTER_PX);
        overview->dragged = (struct view) { focus->from_ns, focus->to_ns, 1 };
        if (at < focus->from_ns || at > focus->to_ns) {
                double middle = (double) focus->from_ns / 2 + (double) focus->to_ns / 2;

                view_pan(&overview->dragged, (double) at - middle, heddle_focus_trace(overview->focus)->end_ns);
                heddle_focus_set_range(overview->focus, overview->dragged.from_ns, overview->dragged.to_ns);
        }
}

static void on_drag_update(GtkGestureDrag *gesture, double dx, double dy, HeddleOverview *overview) {
        struct view moved = overview->dragged, view;

        if (!heddle_focus_trace(overview->focus))
                return;
        view = whole(overview);
        view_pan(&moved, dx * view_ns_per_px(&view), heddle_focus_trace(overview->focus)->end_ns);
        heddle_focus_set_range(overview->focus, moved.from_ns, moved.to_ns);
}

static gboolean on_scroll(GtkEventControllerScroll *scroll, double dx, double dy, HeddleOverview *overview) {
        const struct focus *focus = heddle_focus_get(overview->focus);

        if (gtk_event_controller_get_current_event_state(GTK_EVENT_CONTROLLER(scroll)) & GDK_SHIFT_MASK || dx != 0)
                heddle_focus_pan(overview->focus, (dx != 0 ? dx : dy) * 0.1);
        else
                heddle_focus_zoom(overview->focus, pow(1.25, dy), focus->from_ns / 2 + focus->to_ns / 2);
        return TRUE;
}

/* ---- the widget ---- */

static void heddle_overview_measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum,
                                    int *natural, int *minimum_baseline, int *natural_baseline) {
        *minimum = *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 320 : STRIP_PX + RULER_PX;
}

static void heddle_overview_dispose(GObject *object) {
        HeddleOverview *overview = HEDDLE_OVERVIEW(object);

        g_clear_pointer(&overview->paint, paint_free);
        if (overview->focus)
                g_signal_handlers_disconnect_by_data(overview->focus, overview);
        g_clear_object(&overview->focus);
        G_OBJECT_CLASS(heddle_overview_parent_class)->dispose(object);
}

static void heddle_overview_class_init(HeddleOverviewClass *class) {
        G_OBJECT_CLASS(class)->dispose = heddle_overview_dispose;
        GTK_WIDGET_CLASS(class)->snapshot = heddle_overview_snapshot;
        GTK_WIDGET_CLASS(class)->measure = heddle_overview_measure;
        gtk_widget_class_set_accessible_role(GTK_WIDGET_CLASS(class), GTK_ACCESSIBLE_ROLE_IMG);
}

static void heddle_overview_init(HeddleOverview *overview) {
        GtkGesture *drag = gtk_gesture_drag_new();
        GtkEventController *scroll = gtk_event_controller_scroll_new(GTK_EVENT_CONTROLLER_SCROLL_BOTH_AXES);

        overview->paint = paint_new(GTK_WIDGET(overview));
        g_signal_connect(drag, "drag-begin", G_CALLBACK(on_drag_begin), overview);
        g_signal_connect(drag, "drag-update", G_CALLBACK(on_drag_update), overview);
        g_signal_connect(scroll, "scroll", G_CALLBACK(on_scroll), overview);
        gtk_widget_add_controller(GTK_WIDGET(overview), GTK_EVENT_CONTROLLER(drag));
        gtk_widget_add_controller(GTK_WIDGET(overview), scroll);
        gtk_accessible_update_property(GTK_ACCESSIBLE(overview), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                       "Overview of the whole trace", -1);
}

GtkWidget *heddle_overview_new(HeddleFocus *focus) {
        HeddleOverview *overview = g_object_new(HEDDLE_TYPE_OVERVIEW, NULL);

        overview->focus = g_object_ref(focus);
        g_signal_connect_swapped(focus, "changed", G_CALLBACK(gtk_widget_queue_draw), overview);
        return GTK_WIDGET(overview);
}
