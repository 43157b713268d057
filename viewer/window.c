#include "window.h"

#include "actions.h"
#include "loader.h"
#include "model/tell.h"
#include "panes/events.h"
#include "panes/findings.h"
#include "panes/graph.h"
#include "panes/lanes.h"
#include "panes/overview.h"
#include "panes/stacks.h"

struct _HeddleWindow {
        AdwApplicationWindow parent;
        HeddleFocus *focus;
        AdwWindowTitle *title;
        GtkStack *pages; /* "empty", "loading", "error", "trace" */
        AdwStatusPage *error;
        AdwStatusPage *loading;
        GtkProgressBar *progress;
        GtkInfoBar *damage;
        GtkLabel *damage_words;
        GtkStack *bottom;
        GtkPaned *beside_graph;
        HeddleLanes *lanes;
        HeddleGraph *graph;
        GCancellable *cancellable; /* of the load that is on its way; NULL: none */
        char *path;
        GtkFileChooserNative *chooser;
};

G_DEFINE_FINAL_TYPE(HeddleWindow, heddle_window, ADW_TYPE_APPLICATION_WINDOW)

static guint loaded_signal;

#define FINDINGS_PX 262
#define GRAPH_MIN_PX 350
#define GRAPH_MAX_PX 560

/* ---- opening ---- */

static void show_trace(HeddleWindow *window, struct trace *trace, struct timeline *timeline) {
        g_autofree char *name = g_path_get_basename(trace->path);
        const char *damage = store_reader_damage(trace->reader);
        char words[TELL_BYTES];
        g_autofree char *lost = NULL;

        tell_trace(trace, words);
        adw_window_title_set_title(window->title, name);
        adw_window_title_set_subtitle(window->title, words);
        gtk_window_set_title(GTK_WINDOW(window), name);
        if (!damage && trace->recording->n_lost > 0)
                damage = lost = g_strdup_printf("This trace is not complete: %" G_GUINT64_FORMAT
                                                " events were lost while recording.",
                                                trace->recording->n_lost);
        else if (!damage && !trace->recording->finished)
                damage = "This recording did not come to its end; what was stored until then is shown.";
        gtk_label_set_text(window->damage_words, damage ? damage : "");
        gtk_widget_set_visible(GTK_WIDGET(window->damage), damage != NULL);
        gtk_info_bar_set_revealed(window->damage, damage != NULL);
        gtk_stack_set_visible_child_name(window->pages, "trace");
        heddle_focus_set_trace(window->focus, trace, timeline);
        gtk_widget_grab_focus(GTK_WIDGET(window->lanes));
}

static void on_progress(double part, const char *words, void *data) {
        HeddleWindow *window = data;

        gtk_progress_bar_set_fraction(window->progress, part);
        adw_status_page_set_description(window->loading, words);
}

static void on_loaded(GObject *source, GAsyncResult *result, void *data) {
        g_autoptr(HeddleWindow) window = data;
        g_autoptr(GError) error = NULL;
        struct trace *trace;
        struct timeline *timeline;
        bool ok = loader_finish(result, &trace, &timeline, &error);

        if (g_task_get_cancellable(G_TASK(result)) != window->cancellable) {
                /* Another trace was asked for in the meantime. */
                if (ok) {
                        timeline_free(timeline);
                        trace_unref(trace);
                }
                return;
        }
        g_clear_object(&window->cancellable);
        if (ok) {
                show_trace(window, trace, timeline);
        } else {
                g_autofree char *escaped = g_markup_escape_text(error->message, -1);

                adw_status_page_set_description(window->error, escaped);
                gtk_stack_set_visible_child_name(window->pages, "error");
        }
        g_signal_emit(window, loaded_signal, 0, error ? error->message : NULL);
}

void heddle_window_open(HeddleWindow *window, const char *path) {
        g_autofree char *name = g_path_get_basename(path);

        if (window->cancellable)
                g_cancellable_cancel(window->cancellable);
        g_clear_object(&window->cancellable);
        window->cancellable = g_cancellable_new();
        g_free(window->path);
        window->path = g_strdup(path);
        adw_window_title_set_title(window->title, name);
        adw_window_title_set_subtitle(window->title, "opening…");
        gtk_progress_bar_set_fraction(window->progress, 0);
        gtk_stack_set_visible_child_name(window->pages, "loading");
        loader_start(path, window->cancellable, on_progress, on_loaded, g_object_ref(window));
}

gboolean heddle_window_is_settled(HeddleWindow *window) {
        return !window->cancellable && !heddle_graph_is_busy(window->graph);
}

static void on_chosen(GtkNativeDialog *dialog, int response, HeddleWindow *window) {
        g_autoptr(GFile) file =
                response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog)) : NULL;
        g_autofree char *path = file ? g_file_get_path(file) : NULL;

        g_clear_object(&window->chooser);
        if (path)
                heddle_window_open(window, path);
}

static gboolean on_drop(GtkDropTarget *target, const GValue *value, double x, double y, HeddleWindow *window) {
        g_autofree char *path = g_file_get_path(g_value_get_object(value));

        if (path)
                heddle_window_open(window, path);
        return path != NULL;
}

/* ---- actions ---- */

static void open_action(HeddleWindow *window) {
        g_autoptr(GtkFileFilter) filter = gtk_file_filter_new();

        if (window->chooser)
                return;
        window->chooser = gtk_file_chooser_native_new("Open a trace", GTK_WINDOW(window), GTK_FILE_CHOOSER_ACTION_OPEN,
                                                      "_Open", "_Cancel");
        gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(window->chooser), TRUE);
        gtk_file_filter_set_name(filter, "Heddle traces");
        gtk_file_filter_add_suffix(filter, "heddle");
        gtk_file_chooser_add_filter(GTK_FILE_CHOOSER(window->chooser), filter);
        g_signal_connect(window->chooser, "response", G_CALLBACK(on_chosen), window);
        gtk_native_dialog_show(GTK_NATIVE_DIALOG(window->chooser));
}

static void shortcuts_action(HeddleWindow *window) {
        g_autoptr(GtkWidget) shortcuts = actions_shortcuts_window();

        gtk_window_set_transient_for(GTK_WINDOW(shortcuts), GTK_WINDOW(window));
        gtk_window_present(GTK_WINDOW(shortcuts));
}

static void quit_action(HeddleWindow *window) {
        gtk_window_close(GTK_WINDOW(window));
}

static void next_finding_action(HeddleWindow *window) {
        heddle_focus_step_finding(window->focus, 1);
}

static void previous_finding_action(HeddleWindow *window) {
        heddle_focus_step_finding(window->focus, -1);
}

static void frame_action(HeddleWindow *window) {
        heddle_focus_frame(window->focus);
}

static void frame_all_action(HeddleWindow *window) {
        heddle_focus_frame_all(window->focus);
}

static void next_event_action(HeddleWindow *window) {
        heddle_focus_step_event(window->focus, 1);
}

static void previous_event_action(HeddleWindow *window) {
        heddle_focus_step_event(window->focus, -1);
}

static void next_lane_action(HeddleWindow *window) {
        heddle_lanes_step(window->lanes, 1);
}

static void previous_lane_action(HeddleWindow *window) {
        heddle_lanes_step(window->lanes, -1);
}

static void unfold_action(HeddleWindow *window) {
        heddle_lanes_unfold(window->lanes);
}

static void zoom_in_action(HeddleWindow *window) {
        heddle_focus_zoom(window->focus, 1 / 1.5, heddle_lanes_pointed_ns(window->lanes));
}

static void zoom_out_action(HeddleWindow *window) {
        heddle_focus_zoom(window->focus, 1.5, heddle_lanes_pointed_ns(window->lanes));
}

static void pan_left_action(HeddleWindow *window) {
        heddle_focus_pan(window->focus, -0.15);
}

static void pan_right_action(HeddleWindow *window) {
        heddle_focus_pan(window->focus, 0.15);
}

static void show_waits_action(HeddleWindow *window) {
        heddle_graph_show(window->graph, GRAPH_WAIT_FOR);
}

static void show_lock_order_action(HeddleWindow *window) {
        heddle_graph_show(window->graph, GRAPH_LOCK_ORDER);
}

static void show_channels_action(HeddleWindow *window) {
        heddle_graph_show(window->graph, GRAPH_CHANNELS);
}

static void show_stacks_action(HeddleWindow *window) {
        gtk_stack_set_visible_child_name(window->bottom, "stacks");
}

static void show_events_action(HeddleWindow *window) {
        gtk_stack_set_visible_child_name(window->bottom, "events");
}

/* What the names of actions.c do. */
static const struct {
        const char *name;
        void (*run)(HeddleWindow *window);
} runs[] = {
        { "open", open_action },
        { "shortcuts", shortcuts_action },
        { "quit", quit_action },
        { "next-finding", next_finding_action },
        { "previous-finding", previous_finding_action },
        { "frame", frame_action },
        { "next-event", next_event_action },
        { "previous-event", previous_event_action },
        { "next-lane", next_lane_action },
        { "previous-lane", previous_lane_action },
        { "unfold", unfold_action },
        { "zoom-in", zoom_in_action },
        { "zoom-out", zoom_out_action },
        { "pan-left", pan_left_action },
        { "pan-right", pan_right_action },
        { "frame-all", frame_all_action },
        { "show-waits", show_waits_action },
        { "show-lock-order", show_lock_order_action },
        { "show-channels", show_channels_action },
        { "show-stacks", show_stacks_action },
        { "show-events", show_events_action },
};

static void on_action(GSimpleAction *action, GVariant *parameter, void *data) {
        for (unsigned i = 0; i < G_N_ELEMENTS(runs); i++)
                if (g_str_equal(runs[i].name, g_action_get_name(G_ACTION(action))))
                        runs[i].run(data);
}

static void add_actions(HeddleWindow *window) {
        for (unsigned i = 0; i < G_N_ELEMENTS(runs); i++) {
                g_autoptr(GSimpleAction) action = g_simple_action_new(runs[i].name, NULL);

                g_signal_connect(action, "activate", G_CALLBACK(on_action), window);
                g_action_map_add_action(G_ACTION_MAP(window), G_ACTION(action));
        }
        actions_add_keys(GTK_WIDGET(window));
}

const struct view_name view_names[] = {
        { "waits", "the graph of who waits for whom" },
        { "lock-order", "the graph of the order in which locks were taken" },
        { "channels", "the graph of who sends to whom" },
        { "stacks", "the stacks and source lines below" },
        { "events", "the table of events below" },
        { "whole", "all of the trace's time in the lanes" },
        { "all-lanes", "the lanes that take no part in the finding too" },
        { NULL, NULL },
};

HeddleFocus *heddle_window_get_focus(HeddleWindow *window) {
        return window->focus;
}

gboolean heddle_window_show_view(HeddleWindow *window, const char *name) {
        static const char *const special[][2] = { { "whole", "frame-all" }, { "all-lanes", "unfold" } };
        g_autofree char *action = g_strconcat("show-", name, NULL);

        for (unsigned i = 0; i < G_N_ELEMENTS(special); i++)
                if (g_str_equal(name, special[i][0])) {
                        g_free(action);
                        action = g_strdup(special[i][1]);
                }
        for (const struct view_name *view = view_names; view->name; view++)
                if (g_str_equal(view->name, name)) {
                        g_action_group_activate_action(G_ACTION_GROUP(window), action, NULL);
                        return TRUE;
                }
        return FALSE;
}

/* ---- the widgets ---- */

static GtkWidget *make_header(HeddleWindow *window) {
        GtkWidget *header = adw_header_bar_new(), *open = gtk_button_new_with_mnemonic("_Open"),
                  *menu = gtk_menu_button_new();
        g_autoptr(GMenu) model = g_menu_new();

        window->title = ADW_WINDOW_TITLE(adw_window_title_new("Heddle", ""));
        adw_header_bar_set_title_widget(ADW_HEADER_BAR(header), GTK_WIDGET(window->title));
        gtk_actionable_set_action_name(GTK_ACTIONABLE(open), "win.open");
        gtk_widget_set_tooltip_text(open, "Open a trace (Ctrl+O)");
        adw_header_bar_pack_start(ADW_HEADER_BAR(header), open);
        g_menu_append(model, "Next _finding", "win.next-finding");
        g_menu_append(model, "Frame what is _selected", "win.frame");
        g_menu_append(model, "The _whole trace", "win.frame-all");
        g_menu_append(model, "_Keyboard shortcuts", "win.shortcuts");
        g_menu_append(model, "_Quit", "win.quit");
        gtk_menu_button_set_icon_name(GTK_MENU_BUTTON(menu), "open-menu-symbolic");
        gtk_menu_button_set_menu_model(GTK_MENU_BUTTON(menu), G_MENU_MODEL(model));
        gtk_accessible_update_property(GTK_ACCESSIBLE(menu), GTK_ACCESSIBLE_PROPERTY_LABEL, "Menu", -1);
        adw_header_bar_pack_end(ADW_HEADER_BAR(header), menu);
        return header;
}

static GtkWidget *make_lanes(HeddleWindow *window) {
        GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *scrolled = gtk_scrolled_window_new();

        window->lanes = HEDDLE_LANES(heddle_lanes_new(window->focus));
        gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), GTK_WIDGET(window->lanes));
        gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
        gtk_widget_set_vexpand(scrolled, TRUE);
        gtk_box_append(GTK_BOX(box), heddle_overview_new(window->focus));
        gtk_box_append(GTK_BOX(box), scrolled);
        return box;
}

static void add_tab(HeddleWindow *window, GtkBox *tabs, GtkToggleButton **first, const char *name, const char *title,
                    GtkWidget *pane) {
        GtkWidget *button = gtk_toggle_button_new_with_label(title);

        if (*first)
                gtk_toggle_button_set_group(GTK_TOGGLE_BUTTON(button), *first);
        else
                *first = GTK_TOGGLE_BUTTON(button);
        gtk_stack_add_named(window->bottom, pane, name);
        g_object_bind_property(pane, "visible", button, "visible", G_BINDING_SYNC_CREATE);
        gtk_box_append(tabs, button);
        g_object_set_data(G_OBJECT(pane), "tab", button);
        g_object_set_data_full(G_OBJECT(button), "name", g_strdup(name), g_free);
}

static void on_tab(GtkToggleButton *button, HeddleWindow *window) {
        if (gtk_toggle_button_get_active(button))
                gtk_stack_set_visible_child_name(window->bottom, g_object_get_data(G_OBJECT(button), "name"));
}

static void on_bottom(GtkStack *stack) {
        GtkWidget *pane = gtk_stack_get_visible_child(stack),
                  *button = pane ? g_object_get_data(G_OBJECT(pane), "tab") : NULL;

        if (button)
                gtk_toggle_button_set_active(GTK_TOGGLE_BUTTON(button), TRUE);
}

static GtkWidget *make_bottom(HeddleWindow *window) {
        GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *tabs = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0);
        GtkToggleButton *first = NULL;

        window->bottom = GTK_STACK(gtk_stack_new());
        gtk_widget_add_css_class(box, "details");
        gtk_widget_add_css_class(tabs, "tabs");
        add_tab(window, GTK_BOX(tabs), &first, "stacks", "Stacks", heddle_stacks_new(window->focus));
        add_tab(window, GTK_BOX(tabs), &first, "events", "Events", heddle_events_new(window->focus));
        for (GtkWidget *button = gtk_widget_get_first_child(tabs); button; button = gtk_widget_get_next_sibling(button))
                g_signal_connect(button, "toggled", G_CALLBACK(on_tab), window);
        g_signal_connect(window->bottom, "notify::visible-child", G_CALLBACK(on_bottom), NULL);
        on_bottom(window->bottom);
        gtk_widget_set_vexpand(GTK_WIDGET(window->bottom), TRUE);
        gtk_box_append(GTK_BOX(box), tabs);
        gtk_box_append(GTK_BOX(box), GTK_WIDGET(window->bottom));
        return box;
}

/* Two children with a handle between: `grows` is the one that gets what room is over. */
static GtkWidget *make_paned(GtkOrientation orientation, GtkWidget *start, GtkWidget *end, gboolean start_grows,
                             int position) {
        GtkWidget *paned = gtk_paned_new(orientation);

        gtk_paned_set_start_child(GTK_PANED(paned), start);
        gtk_paned_set_end_child(GTK_PANED(paned), end);
        gtk_paned_set_resize_start_child(GTK_PANED(paned), start_grows);
        gtk_paned_set_resize_end_child(GTK_PANED(paned), !start_grows);
        gtk_paned_set_shrink_start_child(GTK_PANED(paned), FALSE);
        gtk_paned_set_shrink_end_child(GTK_PANED(paned), FALSE);
        if (position > 0)
                gtk_paned_set_position(GTK_PANED(paned), position);
        return paned;
}

static GtkWidget *make_trace(HeddleWindow *window) {
        GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *lanes = make_lanes(window), *top, *right,
                  *bottom = make_bottom(window);
        GtkWidget *graph = heddle_graph_new(window->focus), *findings = heddle_findings_new(window->focus);

        window->graph = HEDDLE_GRAPH(graph);
        gtk_widget_set_size_request(graph, 280, -1);
        gtk_widget_set_size_request(bottom, -1, 208);
        gtk_widget_set_size_request(findings, 230, -1);
        top = make_paned(GTK_ORIENTATION_HORIZONTAL, lanes, graph, TRUE, 0);
        window->beside_graph = GTK_PANED(top);
        right = make_paned(GTK_ORIENTATION_VERTICAL, top, bottom, TRUE, 0);
        window->damage = GTK_INFO_BAR(gtk_info_bar_new());
        window->damage_words = GTK_LABEL(gtk_label_new(""));
        gtk_label_set_wrap(window->damage_words, TRUE);
        gtk_label_set_xalign(window->damage_words, 0);
        gtk_widget_set_margin_start(GTK_WIDGET(window->damage_words), 10);
        gtk_info_bar_add_child(window->damage, GTK_WIDGET(window->damage_words));
        gtk_info_bar_set_message_type(window->damage, GTK_MESSAGE_WARNING);
        gtk_widget_set_visible(GTK_WIDGET(window->damage), FALSE);
        gtk_box_append(GTK_BOX(box), GTK_WIDGET(window->damage));
        top = make_paned(GTK_ORIENTATION_HORIZONTAL, findings, right, FALSE, FINDINGS_PX);
        gtk_widget_set_vexpand(top, TRUE);
        gtk_box_append(GTK_BOX(box), top);
        return box;
}

static AdwStatusPage *make_status(const char *icon, const char *title, const char *description, GtkWidget *child) {
        AdwStatusPage *page = ADW_STATUS_PAGE(adw_status_page_new());

        adw_status_page_set_icon_name(page, icon);
        adw_status_page_set_title(page, title);
        adw_status_page_set_description(page, description);
        if (child)
                gtk_widget_set_halign(child, GTK_ALIGN_CENTER);
        adw_status_page_set_child(page, child);
        return page;
}

static GtkWidget *make_open_button(void) {
        GtkWidget *button = gtk_button_new_with_mnemonic("_Open a trace…");

        gtk_actionable_set_action_name(GTK_ACTIONABLE(button), "win.open");
        gtk_widget_add_css_class(button, "suggested-action");
        gtk_widget_add_css_class(button, "pill");
        return button;
}

/* The graph gets a good quarter of the width at first; whoever wants it otherwise drags the handle. */
static void on_realize(HeddleWindow *window) {
        int width, height;

        gtk_window_get_default_size(GTK_WINDOW(window), &width, &height);
        gtk_paned_set_position(window->beside_graph,
                               width - FINDINGS_PX - CLAMP(width * 28 / 100, GRAPH_MIN_PX, GRAPH_MAX_PX));
}

static void heddle_window_dispose(GObject *object) {
        HeddleWindow *window = HEDDLE_WINDOW(object);

        if (window->cancellable)
                g_cancellable_cancel(window->cancellable);
        g_clear_object(&window->cancellable);
        g_clear_object(&window->chooser);
        g_clear_object(&window->focus);
        g_clear_pointer(&window->path, g_free);
        G_OBJECT_CLASS(heddle_window_parent_class)->dispose(object);
}

static void heddle_window_class_init(HeddleWindowClass *class) {
        G_OBJECT_CLASS(class)->dispose = heddle_window_dispose;
        loaded_signal = g_signal_new("loaded", HEDDLE_TYPE_WINDOW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                     1, G_TYPE_STRING);
}

static void heddle_window_init(HeddleWindow *window) {
        GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
        GtkDropTarget *drop = gtk_drop_target_new(G_TYPE_FILE, GDK_ACTION_COPY);

        window->focus = heddle_focus_new();
        window->pages = GTK_STACK(gtk_stack_new());
        window->progress = GTK_PROGRESS_BAR(gtk_progress_bar_new());
        gtk_widget_set_size_request(GTK_WIDGET(window->progress), 320, -1);
        window->loading = make_status(NULL, "Opening the trace", "", GTK_WIDGET(window->progress));
        window->error = make_status("dialog-error-symbolic", "This trace can't be shown", "", make_open_button());
        gtk_stack_add_named(window->pages,
                            GTK_WIDGET(make_status("document-open-symbolic", "No trace is open",
                                                   "Record one with “heddle run ./program”, then open PROGRAM.heddle "
                                                   "here, or drop it on this window.",
                                                   make_open_button())),
                            "empty");
        gtk_stack_add_named(window->pages, GTK_WIDGET(window->loading), "loading");
        gtk_stack_add_named(window->pages, GTK_WIDGET(window->error), "error");
        gtk_stack_add_named(window->pages, make_trace(window), "trace");
        gtk_widget_set_vexpand(GTK_WIDGET(window->pages), TRUE);
        gtk_box_append(GTK_BOX(box), make_header(window));
        gtk_box_append(GTK_BOX(box), GTK_WIDGET(window->pages));
        adw_application_window_set_content(ADW_APPLICATION_WINDOW(window), box);
        gtk_window_set_default_size(GTK_WINDOW(window), 1280, 800);
        add_actions(window);
        g_signal_connect(window, "realize", G_CALLBACK(on_realize), NULL);
        g_signal_connect(drop, "drop", G_CALLBACK(on_drop), window);
        gtk_widget_add_controller(GTK_WIDGET(window), GTK_EVENT_CONTROLLER(drop));
}

HeddleWindow *heddle_window_new(GtkApplication *application) {
        return g_object_new(HEDDLE_TYPE_WINDOW, "application", application, NULL);
}
