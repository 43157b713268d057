#include "panes/stacks.h"

#include <string.h>

#include "model/tell.h"
#include "source.h"

#define LINES_BEFORE 2
#define LINES_AFTER 1
#define STEPS_MAX 40
#define CALLERS_MAX 12

struct _HeddleStacks {
        GtkBox parent;
        HeddleFocus *focus;
        struct sources *sources;
        GtkScrolledWindow *scrolled;
        GtkBox *cards;
        guint scrolling; /* source id: once the cards have their places */
};

G_DEFINE_FINAL_TYPE(HeddleStacks, heddle_stacks, GTK_TYPE_BOX)

static GtkWidget *label(const char *text, const char *style) {
        GtkWidget *widget = gtk_label_new(text);

        gtk_label_set_xalign(GTK_LABEL(widget), 0);
        gtk_label_set_ellipsize(GTK_LABEL(widget), PANGO_ELLIPSIZE_END);
        gtk_label_set_selectable(GTK_LABEL(widget), FALSE);
        if (style)
                gtk_widget_add_css_class(widget, style);
        return widget;
}

/* How many blanks all the lines from `first` to `last` begin with: room that is better spent on the code. */
static size_t common_indent(HeddleStacks *stacks, const char *path, uint32_t first, uint32_t last) {
        size_t least = SIZE_MAX;

        for (uint32_t line = first; line <= last; line++) {
                const char *text = sources_line(stacks->sources, path, line);

                if (text && text[0])
                        least = MIN(least, strspn(text, " "));
        }
        return least == SIZE_MAX ? 0 : least;
}

/* The lines around `line`, which is marked: by a sign and by its ground. */
static void add_source(HeddleStacks *stacks, GtkBox *card, const struct frame *frame, const char *mark) {
        const char *doubt = sources_doubt(stacks->sources, frame->file,
                                          heddle_focus_trace(stacks->focus)->recording->began_unix_ns);
        uint32_t first = frame->line > LINES_BEFORE ? frame->line - LINES_BEFORE : 1;
        size_t indent = common_indent(stacks, frame->file, first, frame->line + LINES_AFTER);

        if (doubt) {
                bool there = sources_line(stacks->sources, frame->file, 1) != NULL;
                g_autofree char *words = there ? g_strdup(doubt) : g_strdup_printf("%s: %s", doubt, frame->file);
                GtkWidget *note = label(words, "doubt");

                gtk_widget_set_tooltip_text(note, frame->file);

                gtk_label_set_ellipsize(GTK_LABEL(note), PANGO_ELLIPSIZE_MIDDLE);
                gtk_box_append(card, note);
        }
        for (uint32_t line = first; line <= frame->line + LINES_AFTER; line++) {
                const char *text = sources_line(stacks->sources, frame->file, line);
                g_autofree char *numbered = text ? g_strdup_printf("%s %4u  %s", line == frame->line ? "▸" : " ", line,
                                                                   text[0] ? text + indent : text)
                                                 : NULL;
                GtkWidget *widget = numbered ? label(numbered, "source") : NULL;

                if (!widget)
                        continue;
                if (line == frame->line)
                        gtk_widget_add_css_class(widget, mark);
                gtk_box_append(card, widget);
        }
}

static void frame_words(const struct frame *frame, const char *before, char text[static TELL_BYTES]) {
        /* "lambda at bank.cc:16" is no name that is called. */
        const char *call = frame->function && !strchr(frame->function, ' ') ? "()" : "";

        if (frame->file && frame->line)
                g_snprintf(text, TELL_BYTES, "%s%s:%u  %s%s", before, base_name(frame->file), frame->line,
                           frame->function ? frame->function : "", call);
        else
                g_snprintf(text, TELL_BYTES, "%s%s%s  %s", before, frame->function ? frame->function : "?",
                           call, frame->module ? base_name(frame->module) : "");
}

/* The innermost frame of the program's own with its source, then who called it. */
static void add_stack(HeddleStacks *stacks, GtkBox *card, uint32_t id, const char *mark) {
        const struct catalog *catalog = heddle_focus_trace(stacks->focus)->catalog;
        const struct stack *stack = catalog_stack(catalog, id);
        const struct frame *site = catalog_site(catalog, id);
        char text[TELL_BYTES];
        uint32_t from;

        if (!site) {
                g_autofree char *words = stack->n_pcs > 0
                                                 ? g_strdup_printf("at 0x%" G_GINT64_MODIFIER
                                                                   "x; no debug information says where that is",
                                                                   stack->pcs[0])
                                                 : g_strdup("No stack was recorded here.");

                gtk_box_append(card, label(words, "doubt"));
                return;
        }
        frame_words(site, "", text);
        gtk_box_append(card, label(text, "site"));
        if (site->file && site->line)
                add_source(stacks, card, site, mark);
        from = (uint32_t) (site - stack->frames) + 1;
        for (uint32_t i = from; i < stack->n_frames && i < from + CALLERS_MAX; i++) {
                frame_words(&stack->frames[i], "called from ", text);
                gtk_box_append(card, label(text, "caller"));
        }
}

static GtkBox *add_card(HeddleStacks *stacks, uint32_t thread, const char *title) {
        GtkWidget *card = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *head = label(title, "step");

        gtk_widget_add_css_class(card, "card-of-step");
        gtk_widget_set_size_request(card, 380, -1);
        gtk_widget_set_hexpand(card, TRUE);
        gtk_label_set_wrap(GTK_LABEL(head), TRUE);
        gtk_label_set_lines(GTK_LABEL(head), 2);
        gtk_widget_set_tooltip_text(head, title);
        g_object_set_data(G_OBJECT(card), "thread", GUINT_TO_POINTER(thread));
        gtk_box_append(GTK_BOX(card), head);
        gtk_box_append(stacks->cards, card);
        return GTK_BOX(card);
}

static void show_finding(HeddleStacks *stacks, const struct finding *finding) {
        char words[TELL_BYTES];

        for (size_t i = 0; i < finding->n_steps && i < STEPS_MAX; i++) {
                const struct finding_step *step = &finding->steps[i];

                tell_step(heddle_focus_trace(stacks->focus), step, words);
                add_stack(stacks, add_card(stacks, step->thread, words), step->stack,
                          step->role == STEP_HOLDS     ? "holds"
                          : step->role == STEP_WITNESS ? "holds"
                                                       : "waits");
        }
        if (finding->n_steps > STEPS_MAX) {
                g_autofree char *more = g_strdup_printf("and %zu further steps", finding->n_steps - STEPS_MAX);

                add_card(stacks, 0, more);
        }
}

static void show_event(HeddleStacks *stacks, uint64_t id) {
        const struct event *event = pages_event(heddle_focus_pages(stacks->focus), id);
        char words[TELL_BYTES], time[TIME_TEXT_BYTES];
        g_autofree char *title = NULL;

        if (!event)
                return;
        tell_event(heddle_focus_trace(stacks->focus), event, words);
        tell_time(heddle_focus_trace(stacks->focus), event->time_ns, time);
        title = g_strdup_printf("%s at %s", words, time);
        add_stack(stacks, add_card(stacks, event->thread, title), event->stack,
                  event_info(event->kind)->effect == EFFECT_WAITS ? "waits" : "holds");
}

static GtkWidget *hint(void) {
        GtkWidget *widget =
                label("Select a bar in the lanes, or an event, to see where in the program it happened.", "hint");

        gtk_widget_set_valign(widget, GTK_ALIGN_START);
        return widget;
}

static void fill(HeddleStacks *stacks) {
        const struct trace *trace = heddle_focus_trace(stacks->focus);
        const struct focus *focus = heddle_focus_get(stacks->focus);
        const struct finding *finding = trace ? trace_finding(trace, focus->finding) : NULL;
        GtkWidget *child;

        while ((child = gtk_widget_get_first_child(GTK_WIDGET(stacks->cards))))
                gtk_box_remove(stacks->cards, child);
        if (trace && focus->event)
                show_event(stacks, focus->event);
        else if (finding)
                show_finding(stacks, finding);
        if (trace && !gtk_widget_get_first_child(GTK_WIDGET(stacks->cards)))
                gtk_box_append(stacks->cards, hint());
}

/* Brings the first card of the thread in focus to the left, and marks all of its. */
static gboolean scroll_to_thread(void *data) {
        HeddleStacks *stacks = data;
        uint32_t thread = heddle_focus_get(stacks->focus)->thread;
        GtkAdjustment *adjustment = gtk_scrolled_window_get_hadjustment(stacks->scrolled);
        bool found = false;

        stacks->scrolling = 0;
        for (GtkWidget *card = gtk_widget_get_first_child(GTK_WIDGET(stacks->cards)); card;
             card = gtk_widget_get_next_sibling(card)) {
                bool mine = thread > 0 && GPOINTER_TO_UINT(g_object_get_data(G_OBJECT(card), "thread")) == thread;
                graphene_rect_t bounds;

                if (mine)
                        gtk_widget_add_css_class(card, "in-focus");
                else
                        gtk_widget_remove_css_class(card, "in-focus");
                if (mine && !found && gtk_widget_compute_bounds(card, GTK_WIDGET(stacks->cards), &bounds))
                        gtk_adjustment_set_value(adjustment, bounds.origin.x);
                found = found || mine;
        }
        return G_SOURCE_REMOVE;
}

static void on_changed(HeddleFocus *focus, unsigned changes, HeddleStacks *stacks) {
        if (changes & FOCUS_TRACE) {
                const struct trace *trace = heddle_focus_trace(focus);

                g_clear_pointer(&stacks->sources, sources_free);
                stacks->sources = sources_new(trace ? trace->path : NULL);
        }
        if (changes & (FOCUS_TRACE | FOCUS_FINDING | FOCUS_EVENT))
                fill(stacks);
        if (changes & (FOCUS_TRACE | FOCUS_FINDING | FOCUS_EVENT | FOCUS_THREAD) && !stacks->scrolling)
                stacks->scrolling = g_timeout_add(50, scroll_to_thread, stacks);
}

static void heddle_stacks_dispose(GObject *object) {
        HeddleStacks *stacks = HEDDLE_STACKS(object);

        g_clear_handle_id(&stacks->scrolling, g_source_remove);
        g_clear_pointer(&stacks->sources, sources_free);
        if (stacks->focus)
                g_signal_handlers_disconnect_by_data(stacks->focus, stacks);
        g_clear_object(&stacks->focus);
        G_OBJECT_CLASS(heddle_stacks_parent_class)->dispose(object);
}

static void heddle_stacks_class_init(HeddleStacksClass *class) {
        G_OBJECT_CLASS(class)->dispose = heddle_stacks_dispose;
}

static void heddle_stacks_init(HeddleStacks *stacks) {
        stacks->sources = sources_new(NULL);
        stacks->scrolled = GTK_SCROLLED_WINDOW(gtk_scrolled_window_new());
        stacks->cards = GTK_BOX(gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0));
        gtk_widget_add_css_class(GTK_WIDGET(stacks->cards), "stacks");
        gtk_scrolled_window_set_child(stacks->scrolled, GTK_WIDGET(stacks->cards));
        gtk_widget_set_hexpand(GTK_WIDGET(stacks->scrolled), TRUE);
        gtk_box_append(GTK_BOX(stacks), GTK_WIDGET(stacks->scrolled));
}

GtkWidget *heddle_stacks_new(HeddleFocus *focus) {
        HeddleStacks *stacks = g_object_new(HEDDLE_TYPE_STACKS, NULL);

        stacks->focus = g_object_ref(focus);
        g_signal_connect(focus, "changed", G_CALLBACK(on_changed), stacks);
        return GTK_WIDGET(stacks);
}
