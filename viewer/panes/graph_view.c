#include "panes/graph_view.h"

#include <math.h>

#include "model/tell.h"
#include "paint.h"
#include "panes/graph_draw.h"

#define PAD_PX 14
#define LEGEND_PX 30
#define SCALE_MIN 0.3 /* of the distances: nodes never get smaller than their text needs */
#define SCALE_MAX 1.5

struct _HeddleGraphView {
        GtkWidget parent;
        HeddleFocus *focus;
        struct paint *paint;
        struct trace *trace; /* that the graph borrows from */
        struct graph graph;
        gboolean has_graph, moved; /* moved: by the user, so it isn't fitted again */
        char *words;
        double scale, x, y; /* where the graph's corner lies */
        double dragged_x, dragged_y;
};

G_DEFINE_FINAL_TYPE(HeddleGraphView, heddle_graph_view, GTK_TYPE_WIDGET)

static void drop_graph(HeddleGraphView *view) {
        if (view->has_graph)
                graph_finish(&view->graph);
        view->has_graph = FALSE;
        g_clear_pointer(&view->trace, trace_unref);
        g_clear_pointer(&view->words, g_free);
}

/* ---- fitting ---- */

static struct graph_drawing drawing_of(HeddleGraphView *view, GtkSnapshot *snapshot) {
        return (struct graph_drawing) { snapshot,
                                       view->paint,
                                       &view->graph,
                                       heddle_focus_timeline(view->focus),
                                       heddle_focus_get(view->focus),
                                       view->scale,
                                       view->x,
                                       view->y };
}

/* The largest scale at which everything fits; where there is none, the smallest at which no node lies on another. Text
 * keeps its size, only the distances shrink. */
static double best_scale(HeddleGraphView *view, double width, double height) {
        struct graph_drawing drawing = drawing_of(view, NULL);
        graphene_rect_t bounds;

        for (drawing.scale = SCALE_MAX; drawing.scale > SCALE_MIN; drawing.scale -= 0.05) {
                bounds = graph_bounds(&drawing);
                if (bounds.size.width <= width && bounds.size.height <= height)
                        break;
                if (graph_nodes_touch(&drawing))
                        return drawing.scale + 0.05;
        }
        return drawing.scale;
}

/* Where the graph's origin goes on one axis: everything centred when it fits, else `middle` in the middle, without
 * leaving room unused. */
static double place(double room, double from, double size, double middle) {
        if (size <= room)
                return PAD_PX + (room - size) / 2 - from;
        return PAD_PX - from + fmax(fmin(room / 2 - (middle - from), 0), room - size);
}

/* What has to be seen when not everything can: the node in focus, else the first of a ring. The middle of a large ring
 * is empty. */
static graphene_rect_t bounds_of_interest(HeddleGraphView *view, const struct graph_drawing *drawing) {
        const struct focus *focus = heddle_focus_get(view->focus);
        const struct graph_node *best = view->graph.nodes;

        for (size_t i = 0; i < view->graph.n_nodes; i++) {
                const struct graph_node *node = &view->graph.nodes[i];

                if (node->id == (node->is_thread ? focus->thread : focus->object))
                        return graph_node_bounds(drawing, node);
                if (node->ring == 1 && best->ring != 1)
                        best = node;
        }
        return graph_node_bounds(drawing, best);
}

static void fit(HeddleGraphView *view) {
        double width = gtk_widget_get_width(GTK_WIDGET(view)) - 2 * PAD_PX,
               height = gtk_widget_get_height(GTK_WIDGET(view)) - 2 * PAD_PX - LEGEND_PX;
        struct graph_drawing drawing;
        graphene_rect_t all, node;

        if (view->moved || !view->has_graph || view->graph.n_nodes == 0 || width < 1 || height < 1)
                return;
        view->x = view->y = 0;
        view->scale = best_scale(view, width, height);
        drawing = drawing_of(view, NULL);
        all = graph_bounds(&drawing);
        node = bounds_of_interest(view, &drawing);
        view->x = place(width, all.origin.x, all.size.width, node.origin.x + node.size.width / 2);
        view->y = place(height, all.origin.y, all.size.height, node.origin.y + node.size.height / 2);
}

/* ---- drawing ---- */

static void draw_words(HeddleGraphView *view, GtkSnapshot *snapshot, int width, int height) {
        double text;

        if (!view->words)
                return;
        text = fmin(paint_text_width(view->paint, view->words, TEXT_NORMAL), width - 20);
        paint_text(view->paint, snapshot, view->words, TEXT_NORMAL, COLOUR_DIM, (width - text) / 2, height / 2.0,
                   width - 20);
}

static void heddle_graph_view_snapshot(GtkWidget *widget, GtkSnapshot *snapshot) {
        HeddleGraphView *view = HEDDLE_GRAPH_VIEW(widget);
        int width = gtk_widget_get_width(widget), height = gtk_widget_get_height(widget);

        paint_box(snapshot, COLOUR_GROUND, 0, 0, width, height);
        gtk_snapshot_push_clip(snapshot, &GRAPHENE_RECT_INIT(0, 0, (float) width, (float) height));
        if (view->has_graph && view->trace == heddle_focus_trace(view->focus)) {
                struct graph_drawing drawing = drawing_of(view, snapshot);

                draw_graph(&drawing, width, height);
                draw_graph_legend(&drawing, width, height, LEGEND_PX);
        } else {
                draw_words(view, snapshot, width, height);
        }
        gtk_snapshot_pop(snapshot);
}

/* ---- pointer ---- */

static void on_pressed(GtkGestureClick *gesture, int n, double x, double y, HeddleGraphView *view) {
        struct graph_drawing drawing = drawing_of(view, NULL);
        const struct graph_node *node;
        const struct graph_edge *edge;

        gtk_widget_grab_focus(GTK_WIDGET(view));
        if (!view->has_graph)
                return;
        node = graph_node_at(&drawing, x, y);
        edge = node ? NULL : graph_edge_at(&drawing, x, y);
        if (node && node->is_thread)
                heddle_focus_select_thread(view->focus, node->id);
        else if (node)
                heddle_focus_select_object(view->focus, node->id);
        else if (edge && edge->event_id)
                heddle_focus_select_event(view->focus, edge->event_id);
}

static void on_drag_begin(GtkGestureDrag *gesture, double x, double y, HeddleGraphView *view) {
        view->dragged_x = view->x;
        view->dragged_y = view->y;
}

static void on_drag_update(GtkGestureDrag *gesture, double dx, double dy, HeddleGraphView *view) {
        if (fabs(dx) < 3 && fabs(dy) < 3)
                return;
        view->moved = TRUE;
        view->x = view->dragged_x + dx;
        view->y = view->dragged_y + dy;
        gtk_widget_queue_draw(GTK_WIDGET(view));
}

static gboolean on_scroll(GtkEventControllerScroll *scroll, double dx, double dy, HeddleGraphView *view) {
        double x = gtk_widget_get_width(GTK_WIDGET(view)) / 2.0, y = gtk_widget_get_height(GTK_WIDGET(view)) / 2.0;
        double scale = fmax(SCALE_MIN, fmin(4, view->scale * pow(1.1, -dy)));
        GdkModifierType state = gtk_event_controller_get_current_event_state(GTK_EVENT_CONTROLLER(scroll));

        view->moved = TRUE;
        if (state & GDK_CONTROL_MASK) {
                view->x = x - (x - view->x) * scale / view->scale;
                view->y = y - (y - view->y) * scale / view->scale;
                view->scale = scale;
        } else {
                view->x -= (state & GDK_SHIFT_MASK ? dy : dx) * 40;
                view->y -= (state & GDK_SHIFT_MASK ? 0 : dy) * 40;
        }
        gtk_widget_queue_draw(GTK_WIDGET(view));
        return TRUE;
}

static gboolean on_tooltip(GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip, void *data) {
        HeddleGraphView *view = HEDDLE_GRAPH_VIEW(widget);
        struct graph_drawing drawing = drawing_of(view, NULL);
        g_autofree char *text = NULL;

        if (keyboard || !view->has_graph || view->trace != heddle_focus_trace(view->focus))
                return FALSE;
        text = graph_words_at(&drawing, x, y);
        if (text)
                gtk_tooltip_set_text(tooltip, text);
        return text != NULL;
}

/* ---- the widget ---- */

static void heddle_graph_view_measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum,
                                      int *natural, int *minimum_baseline, int *natural_baseline) {
        *minimum = 200;
        *natural = 360;
}

static void heddle_graph_view_size_allocate(GtkWidget *widget, int width, int height, int baseline) {
        fit(HEDDLE_GRAPH_VIEW(widget));
}

static void heddle_graph_view_dispose(GObject *object) {
        HeddleGraphView *view = HEDDLE_GRAPH_VIEW(object);

        drop_graph(view);
        g_clear_pointer(&view->paint, paint_free);
        if (view->focus)
                g_signal_handlers_disconnect_by_data(view->focus, view);
        g_clear_object(&view->focus);
        G_OBJECT_CLASS(heddle_graph_view_parent_class)->dispose(object);
}

static void heddle_graph_view_class_init(HeddleGraphViewClass *class) {
        G_OBJECT_CLASS(class)->dispose = heddle_graph_view_dispose;
        GTK_WIDGET_CLASS(class)->snapshot = heddle_graph_view_snapshot;
        GTK_WIDGET_CLASS(class)->measure = heddle_graph_view_measure;
        GTK_WIDGET_CLASS(class)->size_allocate = heddle_graph_view_size_allocate;
        gtk_widget_class_set_css_name(GTK_WIDGET_CLASS(class), "graphview");
        gtk_widget_class_set_accessible_role(GTK_WIDGET_CLASS(class), GTK_ACCESSIBLE_ROLE_IMG);
}

static void heddle_graph_view_init(HeddleGraphView *view) {
        GtkGesture *click = gtk_gesture_click_new(), *drag = gtk_gesture_drag_new();
        GtkEventController *scroll = gtk_event_controller_scroll_new(GTK_EVENT_CONTROLLER_SCROLL_BOTH_AXES);

        view->paint = paint_new(GTK_WIDGET(view));
        view->scale = 1;
        g_signal_connect(click, "pressed", G_CALLBACK(on_pressed), view);
        g_signal_connect(drag, "drag-begin", G_CALLBACK(on_drag_begin), view);
        g_signal_connect(drag, "drag-update", G_CALLBACK(on_drag_update), view);
        g_signal_connect(scroll, "scroll", G_CALLBACK(on_scroll), view);
        gtk_widget_add_controller(GTK_WIDGET(view), GTK_EVENT_CONTROLLER(click));
        gtk_widget_add_controller(GTK_WIDGET(view), GTK_EVENT_CONTROLLER(drag));
        gtk_widget_add_controller(GTK_WIDGET(view), scroll);
        gtk_widget_set_focusable(GTK_WIDGET(view), TRUE);
        gtk_widget_set_has_tooltip(GTK_WIDGET(view), TRUE);
        g_signal_connect(view, "query-tooltip", G_CALLBACK(on_tooltip), NULL);
}

/* Of the visible range nothing here can be seen. */
static void on_changed(HeddleFocus *focus, unsigned changes, HeddleGraphView *view) {
        if (changes & (FOCUS_THREAD | FOCUS_OBJECT) && view->trace == heddle_focus_trace(focus))
                fit(view);
        if (changes & ~(unsigned) FOCUS_RANGE)
                gtk_widget_queue_draw(GTK_WIDGET(view));
}

GtkWidget *heddle_graph_view_new(HeddleFocus *focus) {
        HeddleGraphView *view = g_object_new(HEDDLE_TYPE_GRAPH_VIEW, NULL);

        view->focus = g_object_ref(focus);
        g_signal_connect(focus, "changed", G_CALLBACK(on_changed), view);
        return GTK_WIDGET(view);
}

void heddle_graph_view_set(HeddleGraphView *view, struct graph *graph, struct trace *trace, const char *words) {
        g_autofree char *kept = g_strdup(words);
        bool same_kind =
                graph && view->has_graph && view->graph.kind == graph->kind && view->graph.n_nodes == graph->n_nodes;

        drop_graph(view);
        if (graph) {
                view->graph = *graph;
                view->has_graph = TRUE;
                view->trace = trace_ref(trace);
        }
        view->words = g_steal_pointer(&kept);
        if (!same_kind)
                view->moved = FALSE;
        fit(view);
        gtk_accessible_update_property(GTK_ACCESSIBLE(view), GTK_ACCESSIBLE_PROPERTY_LABEL, "Graph", -1);
        if (graph) {
                g_autofree char *text = graph_in_words(&view->graph);

                gtk_accessible_update_property(GTK_ACCESSIBLE(view), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
        }
        gtk_widget_queue_draw(GTK_WIDGET(view));
}
