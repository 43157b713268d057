#include "panes/graph.h"

#include <stdlib.h>

#include "model/moment.h"
#include "model/tell.h"
#include "panes/graph_view.h"

struct _HeddleGraph {
        GtkBox parent;
        HeddleFocus *focus;
        GtkLabel *title;
        GtkBox *switcher;
        GtkToggleButton *buttons[3]; /* by kind */
        HeddleGraphView *view;
        enum graph_kind kind;
        struct moment *moment; /* with the worker while one is at it */
        gboolean busy, wanted; /* wanted: another graph, once this one is done */
};

G_DEFINE_FINAL_TYPE(HeddleGraph, heddle_graph, GTK_TYPE_BOX)

static const struct {
        enum graph_kind kind;
        const char *label, *tooltip;
} tabs[] = {
        { GRAPH_WAIT_FOR, "Waits", "Who waits for whom at the cursor" },
        { GRAPH_LOCK_ORDER, "Lock order", "Which lock was taken while which other was held, in the whole run" },
        { GRAPH_CHANNELS, "Channels", "Who sends to whom, in the whole run" },
};

/* ---- the worker ---- */

struct job {
        struct trace *trace;
        struct moment *moment; /* NULL: still to be made */
        enum graph_kind kind;
        uint64_t time_ns;
        struct graph graph;
        gboolean has_graph;
        struct fault fault;
};

static void job_free(struct job *job) {
        if (job->has_graph)
                graph_finish(&job->graph);
        moment_free(job->moment);
        trace_unref(job->trace);
        g_free(job);
}

static void work(GTask *task, void *source, void *data, GCancellable *cancellable) {
        struct job *job = data;
        int r = 0;

        if (!job->moment)
                r = moment_new(job->trace, &job->moment, &job->fault);
        if (r >= 0)
                r = moment_graph(job->moment, job->kind, job->time_ns, &job->graph, &job->fault);
        job->has_graph = r >= 0;
        g_task_return_boolean(task, TRUE);
}

static void start(HeddleGraph *graph);

static void nothing_to_show(HeddleGraph *graph, const struct job *job) {
        char time[TIME_TEXT_BYTES];
        g_autofree char *words = NULL;

        tell_time(job->trace, job->time_ns, time);
        if (!job->has_graph)
                words = g_strdup(job->fault.message[0] ? job->fault.message : "The graph could not be made");
        else if (job->kind == GRAPH_WAIT_FOR)
                words = g_strdup_printf("Nobody waits at %s", time);
        else
                words = g_strdup(job->kind == GRAPH_LOCK_ORDER ? "No lock was taken while another was held"
                                                               : "No message was sent");
        heddle_graph_view_set(graph->view, NULL, NULL, words);
}

static void on_done(GObject *source, GAsyncResult *result, void *data) {
        g_autoptr(HeddleGraph) graph = HEDDLE_GRAPH(data);
        struct job *job = g_task_get_task_data(G_TASK(result));

        graph->busy = FALSE;
        if (graph->focus && heddle_focus_trace(graph->focus) == job->trace) {
                graph->moment = g_steal_pointer(&job->moment);
                if (!graph->wanted && job->has_graph && job->graph.n_nodes > 0) {
                        heddle_graph_view_set(graph->view, &job->graph, job->trace, NULL);
                        job->has_graph = FALSE;
                } else if (!graph->wanted) {
                        nothing_to_show(graph, job);
                }
        }
        if (graph->wanted)
                start(graph);
}

static void start(HeddleGraph *graph) {
        struct trace *trace = graph->focus ? heddle_focus_trace(graph->focus) : NULL;
        struct job *job;
        g_autoptr(GTask) task = NULL;

        graph->wanted = graph->busy;
        if (graph->busy || !trace)
                return;
        job = g_new0(struct job, 1);
        job->trace = trace_ref(trace);
        job->moment = g_steal_pointer(&graph->moment);
        job->kind = graph->kind;
        job->time_ns = heddle_focus_get(graph->focus)->time_ns;
        graph->busy = TRUE;
        task = g_task_new(NULL, NULL, on_done, g_object_ref(graph));
        g_task_set_task_data(task, job, (GDestroyNotify) job_free);
        g_task_run_in_thread(task, work);
}

/* ---- following the focus ---- */

static void show_title(HeddleGraph *graph) {
        struct trace *trace = heddle_focus_trace(graph->focus);
        char time[TIME_TEXT_BYTES];
        g_autofree char *text = NULL;

        if (!trace)
                return;
        tell_time(trace, heddle_focus_get(graph->focus)->time_ns, time);
        text = graph->kind == GRAPH_WAIT_FOR ? g_strdup_printf("Graph at %s", time)
                                             : g_strdup("Graph of the whole run");
        gtk_label_set_text(graph->title, text);
}

void heddle_graph_show(HeddleGraph *graph, enum graph_kind kind) {
        graph->kind = kind;
        if (graph->buttons[kind])
                gtk_toggle_button_set_active(graph->buttons[kind], TRUE);
        show_title(graph);
        start(graph);
}

gboolean heddle_graph_is_busy(HeddleGraph *graph) {
        return graph->busy;
}

/* The tab in which the selected finding can be seen. */
static enum graph_kind kind_for_finding(HeddleGraph *graph) {
        struct trace *trace = heddle_focus_trace(graph->focus);
        const struct finding *finding = trace ? trace_finding(trace, heddle_focus_get(graph->focus)->finding) : NULL;

        return finding && finding->kind == FINDING_LOCK_ORDER_CYCLE ? GRAPH_LOCK_ORDER : GRAPH_WAIT_FOR;
}

static void on_changed(HeddleFocus *focus, unsigned changes, HeddleGraph *graph) {
        struct trace *trace = heddle_focus_trace(focus);

        if (changes & FOCUS_TRACE) {
                g_clear_pointer(&graph->moment, moment_free);
                heddle_graph_view_set(graph->view, NULL, NULL, NULL);
                gtk_widget_set_visible(GTK_WIDGET(graph->buttons[GRAPH_CHANNELS]), trace && trace->n_messages > 0);
        }
        if (changes & (FOCUS_TRACE | FOCUS_FINDING))
                heddle_graph_show(graph, kind_for_finding(graph));
        else if (changes & FOCUS_TIME && graph->kind == GRAPH_WAIT_FOR)
                heddle_graph_show(graph, graph->kind);
}

static void on_toggled(GtkToggleButton *button, HeddleGraph *graph) {
        enum graph_kind kind = (enum graph_kind) GPOINTER_TO_INT(g_object_get_data(G_OBJECT(button), "kind"));

        if (gtk_toggle_button_get_active(button) && kind != graph->kind)
                heddle_graph_show(graph, kind);
}

/* ---- the widget ---- */

static void heddle_graph_dispose(GObject *object) {
        HeddleGraph *graph = HEDDLE_GRAPH(object);

        g_clear_pointer(&graph->moment, moment_free);
        if (graph->focus)
                g_signal_handlers_disconnect_by_data(graph->focus, graph);
        g_clear_object(&graph->focus);
        G_OBJECT_CLASS(heddle_graph_parent_class)->dispose(object);
}

static void heddle_graph_class_init(HeddleGraphClass *class) {
        G_OBJECT_CLASS(class)->dispose = heddle_graph_dispose;
}

static void add_tabs(HeddleGraph *graph) {
        graph->switcher = GTK_BOX(gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0));
        gtk_widget_add_css_class(GTK_WIDGET(graph->switcher), "linked");
        gtk_widget_add_css_class(GTK_WIDGET(graph->switcher), "switcher");
        for (unsigned i = 0; i < G_N_ELEMENTS(tabs); i++) {
                GtkWidget *button = gtk_toggle_button_new_with_label(tabs[i].label);

                gtk_widget_set_tooltip_text(button, tabs[i].tooltip);
                g_object_set_data(G_OBJECT(button), "kind", GINT_TO_POINTER((int) tabs[i].kind));
                graph->buttons[tabs[i].kind] = GTK_TOGGLE_BUTTON(button);
                if (i > 0)
                        gtk_toggle_button_set_group(GTK_TOGGLE_BUTTON(button), graph->buttons[tabs[0].kind]);
                g_signal_connect(button, "toggled", G_CALLBACK(on_toggled), graph);
                gtk_box_append(graph->switcher, button);
        }
}

static void heddle_graph_init(HeddleGraph *graph) {
        GtkWidget *head = gtk_box_new(GTK_ORIENTATION_VERTICAL, 8);

        graph->kind = GRAPH_WAIT_FOR;
        gtk_orientable_set_orientation(GTK_ORIENTABLE(graph), GTK_ORIENTATION_VERTICAL);
        gtk_widget_add_css_class(GTK_WIDGET(graph), "graph");
        graph->title = GTK_LABEL(gtk_label_new("Graph"));
        gtk_label_set_xalign(graph->title, 0);
        gtk_widget_add_css_class(GTK_WIDGET(graph->title), "heading");
        gtk_widget_add_css_class(head, "pane-head");
        add_tabs(graph);
        gtk_box_append(GTK_BOX(head), GTK_WIDGET(graph->title));
        gtk_box_append(GTK_BOX(head), GTK_WIDGET(graph->switcher));
        gtk_box_append(GTK_BOX(graph), head);
}

GtkWidget *heddle_graph_new(HeddleFocus *focus) {
        HeddleGraph *graph = g_object_new(HEDDLE_TYPE_GRAPH, NULL);
        GtkWidget *view = heddle_graph_view_new(focus);

        graph->focus = g_object_ref(focus);
        graph->view = HEDDLE_GRAPH_VIEW(view);
        gtk_widget_set_vexpand(view, TRUE);
        gtk_box_append(GTK_BOX(graph), view);
        g_signal_connect(focus, "changed", G_CALLBACK(on_changed), graph);
        return GTK_WIDGET(graph);
}
