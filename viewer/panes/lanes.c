#include "panes/lanes.h"

#include <math.h>

#include "model/tell.h"
#include "paint.h"
#include "panes/lanes_draw.h"

struct _HeddleLanes {
        GtkWidget parent;
        HeddleFocus *focus;
        struct paint *paint;
        struct lane_list list;
        bool unfolded[N_SECTIONS];
        double pointer_x;                     /* on the axis; negative: not over it */
        GtkAdjustment *horizontal, *vertical; /* the horizontal one is there for the interface only */
        struct focus dragged;                 /* the focus when a drag began */
        double dragged_scroll;
        GskRenderNode *kept; /* what lies on the axis, without the cursor: it holds as long as these do */
        struct kept_for {
                uint64_t from_ns, to_ns;
                double scroll;
                int width, height;
                struct scheme scheme;
        } kept_for;
};

enum { PROPERTY_HADJUSTMENT = 1, PROPERTY_VADJUSTMENT, PROPERTY_HSCROLL_POLICY, PROPERTY_VSCROLL_POLICY };

G_DEFINE_FINAL_TYPE_WITH_CODE(HeddleLanes, heddle_lanes, GTK_TYPE_WIDGET,
                              G_IMPLEMENT_INTERFACE(GTK_TYPE_SCROLLABLE, NULL))

/* ---- geometry ---- */

static double scroll_of(HeddleLanes *lanes) {
        return lanes->vertical ? round(gtk_adjustment_get_value(lanes->vertical)) : 0;
}

static struct view view_of(HeddleLanes *lanes) {
        const struct focus *focus = heddle_focus_get(lanes->focus);

        return (struct view) { focus->from_ns, MAX(focus->to_ns, focus->from_ns + 1),
                              MAX(gtk_widget_get_width(GTK_WIDGET(lanes)) - GUTTER_PX - MARGIN_PX, 1) };
}

static void configure_scrolling(HeddleLanes *lanes) {
        int height = gtk_widget_get_height(GTK_WIDGET(lanes));

        if (lanes->vertical)
                gtk_adjustment_configure(lanes->vertical, gtk_adjustment_get_value(lanes->vertical), 0,
                                         MAX(lanes->list.height, height), 40, height * 0.9, height);
}

static void forget_kept(HeddleLanes *lanes) {
        g_clear_pointer(&lanes->kept, gsk_render_node_unref);
}

/* ---- drawing ---- */

static void draw_in_sight(HeddleLanes *lanes, struct lane_drawing *drawing, double scroll, int height,
                          void (*draw)(struct lane_drawing *, const struct lane *)) {
        for (size_t i = 0; i < lanes->list.n; i++) {
                const struct lane *lane = &lanes->list.items[i];

                if (lane->y + lane->height >= scroll && lane->y <= scroll + height)
                        draw(drawing, lane);
        }
}

static struct lane_drawing drawing_on(HeddleLanes *lanes, GtkSnapshot *snapshot) {
        return (struct lane_drawing) { snapshot,
                                      lanes->paint,
                                      heddle_focus_timeline(lanes->focus),
                                      heddle_focus_get(lanes->focus),
                                      view_of(lanes),
                                      gtk_widget_get_width(GTK_WIDGET(lanes)),
                                      GUTTER_PX,
                                      { 0 } };
}

/* Names and bands are few and change with every move of the cursor: they are drawn anew each time. */
static void draw_gutter(HeddleLanes *lanes, GtkSnapshot *snapshot, const struct kept_for *now) {
        struct lane_drawing drawing = drawing_on(lanes, snapshot);

        gtk_snapshot_save(snapshot);
        gtk_snapshot_translate(snapshot, &GRAPHENE_POINT_INIT(0, (float) -now->scroll));
        draw_in_sight(lanes, &drawing, now->scroll, now->height, draw_lane_gutter);
        gtk_snapshot_restore(snapshot);
}

static void draw_axis(HeddleLanes *lanes, GtkSnapshot *snapshot, const struct kept_for *now) {
        struct lane_drawing drawing = drawing_on(lanes, snapshot);

        gtk_snapshot_save(snapshot);
        gtk_snapshot_translate(snapshot, &GRAPHENE_POINT_INIT(0, (float) -now->scroll));
        gtk_snapshot_push_clip(snapshot, &GRAPHENE_RECT_INIT(GUTTER_PX, (float) now->scroll, (float) drawing.view.width,
                                                             (float) now->height));
        gtk_snapshot_translate(snapshot, &GRAPHENE_POINT_INIT(GUTTER_PX, 0));
        draw_in_sight(lanes, &drawing, now->scroll, now->height, draw_lane_axis);
        if (!draw_links(&drawing, &lanes->list, now->scroll, now->scroll + now->height))
                draw_in_sight(lanes, &drawing, now->scroll, now->height, draw_arrows_left_out);
        gtk_snapshot_pop(snapshot);
        gtk_snapshot_restore(snapshot);
        piece_list_finish(&drawing.pieces);
}

static void draw_cursor(HeddleLanes *lanes, GtkSnapshot *snapshot, int height) {
        struct view view = view_of(lanes);
        double x = view_x(&view, heddle_focus_get(lanes->focus)->time_ns);

        if (x >= 0 && x <= view.width)
                paint_box(snapshot, COLOUR_ACCENT, GUTTER_PX + round(x) - 1, 0, 2, height);
}

static bool same_drawing(const struct kept_for *a, const struct kept_for *b) {
        return a->from_ns == b->from_ns && a->to_ns == b->to_ns && a->scroll == b->scroll && a->width == b->width &&
               a->height == b->height && a->scheme.dark == b->scheme.dark &&
               a->scheme.high_contrast == b->scheme.high_contrast;
}

static void heddle_lanes_snapshot(GtkWidget *widget, GtkSnapshot *snapshot) {
        HeddleLanes *lanes = HEDDLE_LANES(widget);
        const struct focus *focus = heddle_focus_get(lanes->focus);
        struct kept_for now = { focus->from_ns,
                                focus->to_ns,
                                scroll_of(lanes),
                                gtk_widget_get_width(widget),
                                gtk_widget_get_height(widget),
                                paint_scheme() };

        paint_box(snapshot, COLOUR_GROUND, 0, 0, now.width, now.height);
        if (!heddle_focus_trace(lanes->focus))
                return;
        if (lanes->kept && !same_drawing(&now, &lanes->kept_for))
                forget_kept(lanes);
        if (!lanes->kept) {
                GtkSnapshot *own = gtk_snapshot_new();

                draw_axis(lanes, own, &now);
                lanes->kept = gtk_snapshot_free_to_node(own);
                lanes->kept_for = now;
        }
        gtk_snapshot_push_clip(snapshot, &GRAPHENE_RECT_INIT(0, 0, (float) now.width, (float) now.height));
        draw_gutter(lanes, snapshot, &now);
        if (lanes->kept)
                gtk_snapshot_append_node(snapshot, lanes->kept);
        draw_cursor(lanes, snapshot, now.height);
        gtk_snapshot_pop(snapshot);
}

/* ---- following the focus ---- */

static void arrange(HeddleLanes *lanes) {
        const struct trace *trace = heddle_focus_trace(lanes->focus);
        const struct focus *focus = heddle_focus_get(lanes->focus);

        lanes->list.n = 0;
        lanes->list.height = 0;
        if (trace && lanes_arrange(heddle_focus_timeline(lanes->focus), trace_finding(trace, focus->finding),
                                   lanes->unfolded, &lanes->list) < 0)
                g_error("Out of memory");
        forget_kept(lanes);
        configure_scrolling(lanes);
}

static const struct lane *focused_lane(HeddleLanes *lanes) {
        const struct focus *focus = heddle_focus_get(lanes->focus);

        if (focus->thread)
                return lanes_of_thread(&lanes->list, focus->thread);
        return focus->object ? lanes_of_object(&lanes->list, focus->object) : NULL;
}

/* What is in focus is not left folded away or out of sight. */
static void reveal_focus(HeddleLanes *lanes) {
        const struct focus *focus = heddle_focus_get(lanes->focus);
        const struct lane *lane = focused_lane(lanes);

        if (!lane && (focus->thread || focus->object) && heddle_focus_trace(lanes->focus)) {
                const struct catalog *catalog = heddle_focus_trace(lanes->focus)->catalog;

                lanes->unfolded[focus->thread                                                    ? SECTION_THREADS
                                : trace_is_channel(catalog_object(catalog, focus->object)->kind) ? SECTION_CHANNELS
                                                                                                 : SECTION_LOCKS] =
                        true;
                arrange(lanes);
                lane = focused_lane(lanes);
        }
        if (lane && lanes->vertical && gtk_widget_get_height(GTK_WIDGET(lanes)) > 0) {
                bool below_heading = lane > lanes->list.items && lane[-1].kind == LANE_HEADING;

                gtk_adjustment_clamp_page(lanes->vertical, below_heading ? lane[-1].y : lane->y,
                                          lane->y + lane->height);
        }
}

/* A screen reader hears of the lane in focus what can be seen of it. */
static void describe(HeddleLanes *lanes) {
        const struct trace *trace = heddle_focus_trace(lanes->focus);
        const struct timeline *timeline = heddle_focus_timeline(lanes->focus);
        const struct focus *focus = heddle_focus_get(lanes->focus);
        const struct finding *finding = trace ? trace_finding(trace, focus->finding) : NULL;
        char words[TELL_BYTES] = "", name[CATALOG_LABEL_BYTES], time[TIME_TEXT_BYTES];
        g_autofree char *text = NULL;

        if (!trace)
                return;
        tell_time(trace, focus->time_ns, time);
        if (focus->thread)
                tell_thread(timeline, focus->thread, focus->time_ns, words);
        else if (focus->object)
                tell_object(timeline, focus->object, focus->time_ns, words);
        text = g_strdup_printf("At %s: %s %s%s%s", time,
                               focus->thread   ? catalog_thread_label(trace->catalog, focus->thread, name)
                               : focus->object ? catalog_object_name(trace->catalog, focus->object, name)
                                               : "no lane selected",
                               words, finding && finding->title ? ". " : "",
                               finding && finding->title ? finding->title : "");
        gtk_accessible_update_property(GTK_ACCESSIBLE(lanes), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                       "Lanes of threads, locks and channels", GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                       text, -1);
}

static void on_changed(HeddleFocus *focus, unsigned changes, HeddleLanes *lanes) {
        if (changes & FOCUS_TRACE)
                memset(lanes->unfolded, 0, sizeof(lanes->unfolded));
        if (changes & (FOCUS_TRACE | FOCUS_FINDING)) {
                arrange(lanes);
                if (lanes->vertical)
                        gtk_adjustment_set_value(lanes->vertical, 0);
        }
        if (changes & (FOCUS_THREAD | FOCUS_OBJECT))
                reveal_focus(lanes);
        if (changes & (FOCUS_TRACE | FOCUS_TIME | FOCUS_THREAD | FOCUS_OBJECT | FOCUS_FINDING))
                describe(lanes);
        gtk_widget_queue_draw(GTK_WIDGET(lanes));
}

void heddle_lanes_step(HeddleLanes *lanes, int direction) {
        const struct lane *lane = focused_lane(lanes);
        size_t n = lanes->list.n, at = lane ? (size_t) (lane - lanes->list.items) : direction > 0 ? n - 1 : 0;

        for (size_t i = 0; i < n; i++) {
                at = direction > 0 ? (at + 1) % n : (at + n - 1) % n;
                lane = &lanes->list.items[at];
                if (lane->kind == LANE_THREAD)
                        return heddle_focus_select_thread(lanes->focus, lane->id);
                if (lane->kind == LANE_LOCK || lane->kind == LANE_CHANNEL)
                        return heddle_focus_select_object(lanes->focus, lane->id);
        }
}

void heddle_lanes_unfold(HeddleLanes *lanes) {
        bool all = true;

        for (unsigned i = 0; i < N_SECTIONS; i++)
                all = all && lanes->unfolded[i];
        for (unsigned i = 0; i < N_SECTIONS; i++)
                lanes->unfolded[i] = !all;
        arrange(lanes);
        gtk_widget_queue_draw(GTK_WIDGET(lanes));
}

uint64_t heddle_lanes_pointed_ns(HeddleLanes *lanes) {
        struct view view = view_of(lanes);
        const struct focus *focus = heddle_focus_get(lanes->focus);

        if (lanes->pointer_x >= 0)
                return view_time(&view, lanes->pointer_x);
        return focus->time_ns >= focus->from_ns && focus->time_ns <= focus->to_ns
                       ? focus->time_ns
                       : focus->from_ns / 2 + focus->to_ns / 2;
}

/* ---- pointer ---- */

/* The lane in focus with its thread or object, at the time that was clicked; a bar takes the event that began it along.
 */
static void click_lane(HeddleLanes *lanes, const struct lane *lane, double x) {
        struct focus wanted = *heddle_focus_get(lanes->focus);
        const struct timeline *timeline = heddle_focus_timeline(lanes->focus);
        struct view view = view_of(lanes);
        enum span_state state;

        wanted.thread = lane->kind == LANE_THREAD ? lane->id : 0;
        wanted.object = lane->kind == LANE_THREAD ? 0 : lane->id;
        if (x >= GUTTER_PX) {
                const struct span *span = NULL;
                const struct wait *wait = NULL;

                wanted.time_ns = MIN(view_time(&view, x - GUTTER_PX), timeline->trace->end_ns);
                wanted.event = 0;
                if (lane->kind == LANE_THREAD)
                        wait = timeline_wait_at(timeline, lane->id, wanted.time_ns, &state);
                else if (lane->kind == LANE_LOCK)
                        span = track_at(&timeline_object(timeline, lane->id)->held, wanted.time_ns);
                if (wait)
                        wanted.event = wait->event_id;
                else if (span && span->item != NO_ITEM)
                        wanted.event = timeline->trace->holds[span->item].event_id;
        }
        heddle_focus_set(lanes->focus, &wanted);
}

static void on_pressed(GtkGestureClick *gesture, int n, double x, double y, HeddleLanes *lanes) {
        const struct lane *lane = lanes_at(&lanes->list, y + scroll_of(lanes));

        gtk_widget_grab_focus(GTK_WIDGET(lanes));
        if (!lane || lane->kind == LANE_HEADING)
                return;
        if (lane->kind == LANE_FOLD) {
                lanes->unfolded[lane->section] = true;
                arrange(lanes);
                gtk_widget_queue_draw(GTK_WIDGET(lanes));
        } else {
                click_lane(lanes, lane, x);
        }
        if (n == 2)
                heddle_focus_frame(lanes->focus);
}

static void on_drag_begin(GtkGestureDrag *gesture, double x, double y, HeddleLanes *lanes) {
        lanes->dragged = *heddle_focus_get(lanes->focus);
        lanes->dragged_scroll = scroll_of(lanes);
}

static void on_drag_update(GtkGestureDrag *gesture, double dx, double dy, HeddleLanes *lanes) {
        struct view view = view_of(lanes);

        if (!heddle_focus_trace(lanes->focus) || (fabs(dx) < 3 && fabs(dy) < 3))
                return;
        view.from_ns = lanes->dragged.from_ns;
        view.to_ns = lanes->dragged.to_ns;
        view_pan(&view, -dx * view_ns_per_px(&view), heddle_focus_trace(lanes->focus)->end_ns);
        heddle_focus_set_range(lanes->focus, view.from_ns, view.to_ns);
        if (lanes->vertical)
                gtk_adjustment_set_value(lanes->vertical, lanes->dragged_scroll - dy);
}

static void on_motion(GtkEventControllerMotion *motion, double x, double y, HeddleLanes *lanes) {
        lanes->pointer_x = x - GUTTER_PX;
}

static void on_leave(GtkEventControllerMotion *motion, HeddleLanes *lanes) {
        lanes->pointer_x = -1;
}

static gboolean on_scroll(GtkEventControllerScroll *scroll, double dx, double dy, HeddleLanes *lanes) {
        GdkModifierType state = gtk_event_controller_get_current_event_state(GTK_EVENT_CONTROLLER(scroll));

        if (state & GDK_CONTROL_MASK)
                heddle_focus_zoom(lanes->focus, pow(1.25, dy), heddle_lanes_pointed_ns(lanes));
        else if (state & GDK_SHIFT_MASK || (dx != 0 && dy == 0))
                heddle_focus_pan(lanes->focus, (dx != 0 ? dx : dy) * 0.1);
        else
                return FALSE; /* the scrolled window's */
        return TRUE;
}

static void on_zoom(GtkGestureZoom *gesture, double scale, HeddleLanes *lanes) {
        const struct focus *focus = heddle_focus_get(lanes->focus);
        double began = (double) (lanes->dragged.to_ns - lanes->dragged.from_ns),
               now = (double) (focus->to_ns - focus->from_ns);

        if (scale > 0 && now > 0)
                heddle_focus_zoom(lanes->focus, began / scale / now, heddle_lanes_pointed_ns(lanes));
}

static void on_zoom_begin(GtkGesture *gesture, GdkEventSequence *sequence, HeddleLanes *lanes) {
        lanes->dragged = *heddle_focus_get(lanes->focus);
}

/* ---- the widget ---- */

static gboolean on_tooltip(GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip, void *data) {
        HeddleLanes *lanes = HEDDLE_LANES(widget);
        const struct timeline *timeline = heddle_focus_timeline(lanes->focus);
        const struct lane *lane = keyboard ? NULL : lanes_at(&lanes->list, y + scroll_of(lanes));
        struct view view = view_of(lanes);
        char words[TELL_BYTES], name[CATALOG_LABEL_BYTES], time[TIME_TEXT_BYTES];
        uint64_t time_ns;
        g_autofree char *text = NULL;

        if (!lane || !timeline || lane->kind == LANE_HEADING || lane->kind == LANE_FOLD)
                return FALSE;
        time_ns = x < GUTTER_PX ? heddle_focus_get(lanes->focus)->time_ns
                                : MIN(view_time(&view, x - GUTTER_PX), timeline->trace->end_ns);
        tell_time(timeline->trace, time_ns, time);
        if (lane->kind == LANE_THREAD)
                tell_thread(timeline, lane->id, time_ns, words);
        else
                tell_object(timeline, lane->id, time_ns, words);
        text = g_strdup_printf("%s at %s: %s",
                               lane->kind == LANE_THREAD
                                       ? catalog_thread_label(timeline->trace->catalog, lane->id, name)
                                       : catalog_object_name(timeline->trace->catalog, lane->id, name),
                               time, words);
        gtk_tooltip_set_text(tooltip, text);
        return TRUE;
}

static void heddle_lanes_measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum,
                                 int *natural, int *minimum_baseline, int *natural_baseline) {
        *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 320 : 80;
        *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 700 : 400;
}

static void heddle_lanes_size_allocate(GtkWidget *widget, int width, int height, int baseline) {
        configure_scrolling(HEDDLE_LANES(widget));
}

static void set_vertical(HeddleLanes *lanes, GtkAdjustment *adjustment) {
        if (lanes->vertical)
                g_signal_handlers_disconnect_by_data(lanes->vertical, lanes);
        g_set_object(&lanes->vertical, adjustment);
        if (adjustment)
                g_signal_connect_swapped(adjustment, "value-changed", G_CALLBACK(gtk_widget_queue_draw), lanes);
        configure_scrolling(lanes);
}

static void heddle_lanes_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
        HeddleLanes *lanes = HEDDLE_LANES(object);

        if (id == PROPERTY_VADJUSTMENT)
                set_vertical(lanes, g_value_get_object(value));
        else if (id == PROPERTY_HADJUSTMENT)
                g_set_object(&lanes->horizontal, g_value_get_object(value));
}

static void heddle_lanes_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
        HeddleLanes *lanes = HEDDLE_LANES(object);

        if (id == PROPERTY_VADJUSTMENT)
                g_value_set_object(value, lanes->vertical);
        else if (id == PROPERTY_HADJUSTMENT)
                g_value_set_object(value, lanes->horizontal);
        else
                g_value_set_enum(value, GTK_SCROLL_MINIMUM);
}

static void heddle_lanes_dispose(GObject *object) {
        HeddleLanes *lanes = HEDDLE_LANES(object);

        forget_kept(lanes);
        lane_list_finish(&lanes->list);
        g_clear_pointer(&lanes->paint, paint_free);
        if (lanes->vertical)
                g_signal_handlers_disconnect_by_data(lanes->vertical, lanes);
        g_clear_object(&lanes->vertical);
        g_clear_object(&lanes->horizontal);
        if (lanes->focus)
                g_signal_handlers_disconnect_by_data(lanes->focus, lanes);
        g_clear_object(&lanes->focus);
        G_OBJECT_CLASS(heddle_lanes_parent_class)->dispose(object);
}

static void heddle_lanes_class_init(HeddleLanesClass *class) {
        GObjectClass *object = G_OBJECT_CLASS(class);
        GtkWidgetClass *widget = GTK_WIDGET_CLASS(class);

        object->dispose = heddle_lanes_dispose;
        object->set_property = heddle_lanes_set_property;
        object->get_property = heddle_lanes_get_property;
        g_object_class_override_property(object, PROPERTY_HADJUSTMENT, "hadjustment");
        g_object_class_override_property(object, PROPERTY_VADJUSTMENT, "vadjustment");
        g_object_class_override_property(object, PROPERTY_HSCROLL_POLICY, "hscroll-policy");
        g_object_class_override_property(object, PROPERTY_VSCROLL_POLICY, "vscroll-policy");
        widget->snapshot = heddle_lanes_snapshot;
        widget->measure = heddle_lanes_measure;
        widget->size_allocate = heddle_lanes_size_allocate;
        gtk_widget_class_set_css_name(widget, "lanes");
        gtk_widget_class_set_accessible_role(widget, GTK_ACCESSIBLE_ROLE_IMG);
}

static void add_controllers(HeddleLanes *lanes) {
        GtkWidget *widget = GTK_WIDGET(lanes);
        GtkGesture *click = gtk_gesture_click_new(), *drag = gtk_gesture_drag_new(), *zoom = gtk_gesture_zoom_new();
        GtkEventController *motion = gtk_event_controller_motion_new();
        GtkEventController *scroll = gtk_event_controller_scroll_new(GTK_EVENT_CONTROLLER_SCROLL_BOTH_AXES);

        g_signal_connect(click, "pressed", G_CALLBACK(on_pressed), lanes);
        g_signal_connect(drag, "drag-begin", G_CALLBACK(on_drag_begin), lanes);
        g_signal_connect(drag, "drag-update", G_CALLBACK(on_drag_update), lanes);
        g_signal_connect(zoom, "begin", G_CALLBACK(on_zoom_begin), lanes);
        g_signal_connect(zoom, "scale-changed", G_CALLBACK(on_zoom), lanes);
        g_signal_connect(motion, "motion", G_CALLBACK(on_motion), lanes);
        g_signal_connect(motion, "leave", G_CALLBACK(on_leave), lanes);
        g_signal_connect(scroll, "scroll", G_CALLBACK(on_scroll), lanes);
        gtk_widget_add_controller(widget, GTK_EVENT_CONTROLLER(click));
        gtk_widget_add_controller(widget, GTK_EVENT_CONTROLLER(drag));
        gtk_widget_add_controller(widget, GTK_EVENT_CONTROLLER(zoom));
        gtk_widget_add_controller(widget, motion);
        gtk_widget_add_controller(widget, scroll);
}

static void heddle_lanes_init(HeddleLanes *lanes) {
        lanes->pointer_x = -1;
        lanes->paint = paint_new(GTK_WIDGET(lanes));
        gtk_widget_set_focusable(GTK_WIDGET(lanes), TRUE);
        gtk_widget_set_has_tooltip(GTK_WIDGET(lanes), TRUE);
        g_signal_connect(lanes, "query-tooltip", G_CALLBACK(on_tooltip), NULL);
        add_controllers(lanes);
}

GtkWidget *heddle_lanes_new(HeddleFocus *focus) {
        HeddleLanes *lanes = g_object_new(HEDDLE_TYPE_LANES, NULL);

        lanes->focus = g_object_ref(focus);
        g_signal_connect(focus, "changed", G_CALLBACK(on_changed), lanes);
        return GTK_WIDGET(lanes);
}
