#include "panes/events.h"

#include "model/tell.h"
#include "panes/event_model.h"

struct _HeddleEvents {
        GtkBox parent;
        HeddleFocus *focus;
        HeddleEventModel *model;
        GtkSingleSelection *selection;
        GtkColumnView *view;
        int looks;          /* how often to follow yet while the rows settle */
        gboolean following; /* the selection moves because the focus did */
};

G_DEFINE_FINAL_TYPE(HeddleEvents, heddle_events, GTK_TYPE_BOX)

/* ---- columns ---- */

static void time_column(const struct trace *trace, const struct event *event, char text[static TELL_BYTES]) {
        time_text(event->time_ns, trace->end_ns < 1000000000 ? 1 : 10, trace->end_ns, text);
}

static void thread_column(const struct trace *trace, const struct event *event, char text[static TELL_BYTES]) {
        char name[CATALOG_NAME_BYTES];

        g_strlcpy(text, catalog_thread_name(trace->catalog, event->thread, name), TELL_BYTES);
}

static void event_column(const struct trace *trace, const struct event *event, char text[static TELL_BYTES]) {
        const char *name = event_info(event->kind)->name;

        g_strlcpy(text, name ? name : "?", TELL_BYTES);
}

static void object_column(const struct trace *trace, const struct event *event, char text[static TELL_BYTES]) {
        char name[CATALOG_NAME_BYTES];

        g_strlcpy(text, event->object ? catalog_object_name(trace->catalog, event->object, name) : "", TELL_BYTES);
}

static void function_column(const struct trace *trace, const struct event *event, char text[static TELL_BYTES]) {
        const struct frame *frame = catalog_site(trace->catalog, event->stack);

        g_strlcpy(text, frame && frame->function ? frame->function : "", TELL_BYTES);
}

static void site_column(const struct trace *trace, const struct event *event, char text[static TELL_BYTES]) {
        tell_site(trace, event->stack, text);
}

typedef void (*column_words)(const struct trace *trace, const struct event *event, char text[static TELL_BYTES]);

static const struct column {
        const char *title;
        column_words words;
        int width;
        gboolean numeric;
} columns[] = {
        { "Time", time_column, 120, TRUE },          { "Thread", thread_column, 140, FALSE },
        { "Event", event_column, 110, FALSE },       { "Object", object_column, 190, FALSE },
        { "Function", function_column, 170, FALSE }, { "File and line", site_column, -1, FALSE },
};

static void on_setup(GtkSignalListItemFactory *factory, GtkListItem *item, void *data) {
        const struct column *column = g_object_get_data(G_OBJECT(factory), "column");
        GtkWidget *widget = gtk_label_new(NULL);

        gtk_label_set_xalign(GTK_LABEL(widget), 0);
        gtk_label_set_ellipsize(GTK_LABEL(widget), PANGO_ELLIPSIZE_MIDDLE);
        if (column->numeric)
                gtk_widget_add_css_class(widget, "numeric");
        gtk_list_item_set_child(item, widget);
}

static void on_bind(GtkSignalListItemFactory *factory, GtkListItem *item, HeddleEvents *events) {
        const struct column *column = g_object_get_data(G_OBJECT(factory), "column");
        const struct trace *trace = heddle_focus_trace(events->focus);
        const struct event *event = trace ? pages_event(heddle_focus_pages(events->focus),
                                                        heddle_event_row_id(gtk_list_item_get_item(item)))
                                          : NULL;
        char text[TELL_BYTES] = "";

        if (event)
                column->words(trace, event, text);
        gtk_label_set_text(GTK_LABEL(gtk_list_item_get_child(item)), text);
}

static void add_columns(HeddleEvents *events) {
        for (unsigned i = 0; i < G_N_ELEMENTS(columns); i++) {
                GtkListItemFactory *factory = gtk_signal_list_item_factory_new();
                GtkColumnViewColumn *column;

                g_object_set_data(G_OBJECT(factory), "column", (void *) &columns[i]);
                g_signal_connect(factory, "setup", G_CALLBACK(on_setup), NULL);
                g_signal_connect(factory, "bind", G_CALLBACK(on_bind), events);
                column = gtk_column_view_column_new(columns[i].title, factory);
                gtk_column_view_column_set_resizable(column, TRUE);
                if (columns[i].width > 0)
                        gtk_column_view_column_set_fixed_width(column, columns[i].width);
                else
                        gtk_column_view_column_set_expand(column, TRUE);
                gtk_column_view_append_column(events->view, column);
                g_object_unref(column);
        }
}

/* ---- following the focus ---- */

static GtkWidget *inner_list(HeddleEvents *events) {
        GtkWidget *child = gtk_widget_get_first_child(GTK_WIDGET(events->view));

        while (child && !GTK_IS_LIST_VIEW(child))
                child = gtk_widget_get_next_sibling(child);
        return child;
}

/* The event in focus, else the last one before the cursor. A column view has no function for scrolling to a row yet in
 * this release of GTK, but its list has an action that does. */
static void follow(HeddleEvents *events) {
        const struct focus *focus = heddle_focus_get(events->focus);
        uint64_t id = focus->event;
        GtkWidget *list = inner_list(events);

        if (!heddle_focus_trace(events->focus) || events->model == NULL ||
            g_list_model_get_n_items(G_LIST_MODEL(events->model)) == 0)
                return;
        if (!id)
                id = MAX(pages_first_at(heddle_focus_pages(events->focus), focus->time_ns + 1), 2) - 1;
        events->following = TRUE;
        gtk_single_selection_set_selected(events->selection, (guint) (id - 1));
        if (list && gtk_widget_get_mapped(list))
                gtk_widget_activate_action(list, "list.scroll-to-item", "u", (guint) (id - 1));
        events->following = FALSE;
}

static void on_changed(HeddleFocus *focus, unsigned changes, HeddleEvents *events) {
        if (changes & FOCUS_TRACE) {
                events->following = TRUE;
                heddle_event_model_reset(events->model);
                events->following = FALSE;
        }
        if (changes & (FOCUS_TRACE | FOCUS_TIME | FOCUS_EVENT) && !events->following &&
            gtk_widget_get_mapped(GTK_WIDGET(events)))
                follow(events);
}

static void on_selected(GtkSingleSelection *selection, GParamSpec *spec, HeddleEvents *events) {
        guint position = gtk_single_selection_get_selected(selection);

        if (events->following || position == GTK_INVALID_LIST_POSITION)
                return;
        events->following = TRUE; /* it is where the user clicked: no scrolling */
        heddle_focus_select_event(events->focus, (uint64_t) position + 1);
        events->following = FALSE;
}

/* Rows have places only once they were laid out. */
static gboolean follow_later(void *data) {
        HeddleEvents *events = data;

        if (events->focus && gtk_widget_get_mapped(GTK_WIDGET(events)))
                follow(events);
        return --events->looks > 0;
}

static void on_map(HeddleEvents *events) {
        events->looks = 3;
        g_timeout_add_full(G_PRIORITY_LOW, 60, follow_later, g_object_ref(events), g_object_unref);
}

static void heddle_events_dispose(GObject *object) {
        HeddleEvents *events = HEDDLE_EVENTS(object);

        if (events->focus)
                g_signal_handlers_disconnect_by_data(events->focus, events);
        g_clear_object(&events->focus);
        g_clear_object(&events->model);
        G_OBJECT_CLASS(heddle_events_parent_class)->dispose(object);
}

static void heddle_events_class_init(HeddleEventsClass *class) {
        G_OBJECT_CLASS(class)->dispose = heddle_events_dispose;
}

static void heddle_events_init(HeddleEvents *events) {
}

GtkWidget *heddle_events_new(HeddleFocus *focus) {
        HeddleEvents *events = g_object_new(HEDDLE_TYPE_EVENTS, NULL);
        GtkWidget *scrolled = gtk_scrolled_window_new();

        events->focus = g_object_ref(focus);
        events->model = heddle_event_model_new(focus);
        events->selection = gtk_single_selection_new(G_LIST_MODEL(g_object_ref(events->model)));
        gtk_single_selection_set_autoselect(events->selection, FALSE);
        events->view = GTK_COLUMN_VIEW(gtk_column_view_new(GTK_SELECTION_MODEL(events->selection)));
        gtk_widget_add_css_class(GTK_WIDGET(events->view), "events");
        add_columns(events);
        gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), GTK_WIDGET(events->view));
        gtk_widget_set_hexpand(scrolled, TRUE);
        gtk_widget_set_vexpand(scrolled, TRUE);
        gtk_box_append(GTK_BOX(events), scrolled);
        g_signal_connect(events->selection, "notify::selected", G_CALLBACK(on_selected), events);
        g_signal_connect(events, "map", G_CALLBACK(on_map), NULL);
        g_signal_connect(focus, "changed", G_CALLBACK(on_changed), events);
        return GTK_WIDGET(events);
}
