#include "panes/findings.h"

#include "model/tell.h"

struct _HeddleFindings {
        GtkBox parent;
        HeddleFocus *focus;
        GtkListBox *list;
        GtkLabel *count;
        GtkBox *checked;
        gboolean filling; /* rows that select themselves while they are put in mean nothing */
};

G_DEFINE_FINAL_TYPE(HeddleFindings, heddle_findings, GTK_TYPE_BOX)

static const struct {
        const char *icon, *style;
} severities[] = {
        [SEVERITY_NOTE] = { "dialog-information-symbolic", "note" },
        [SEVERITY_WARNING] = { "dialog-warning-symbolic", "warn" },
        [SEVERITY_ERROR] = { "dialog-error-symbolic", "severe" },
};

static GtkWidget *label(const char *text, const char *style) {
        GtkWidget *widget = gtk_label_new(text);

        gtk_label_set_xalign(GTK_LABEL(widget), 0);
        gtk_label_set_wrap(GTK_LABEL(widget), TRUE);
        gtk_label_set_wrap_mode(GTK_LABEL(widget), PANGO_WRAP_WORD_CHAR);
        if (style)
                gtk_widget_add_css_class(widget, style);
        return widget;
}

/* Icon, headline and certainty in one line; the sentence below, and what to do about it in the row that is selected. */
static GtkWidget *make_row(const struct finding *finding) {
        enum severity severity = finding_kind_severity(finding->kind);
        GtkWidget *row = gtk_list_box_row_new(), *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
        GtkWidget *head = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 8),
                  *headline = label(finding_kind_headline(finding->kind), "headline");
        GtkWidget *certainty = label(certainty_name(finding->certainty), "certainty");
        g_autofree char *name =
                g_strdup_printf("%s, %s: %s", finding_kind_headline(finding->kind), certainty_name(finding->certainty),
                                finding->title ? finding->title : "");

        gtk_widget_set_hexpand(headline, TRUE);
        gtk_widget_set_valign(certainty, GTK_ALIGN_BASELINE);
        gtk_box_append(GTK_BOX(head), gtk_image_new_from_icon_name(severities[severity].icon));
        gtk_box_append(GTK_BOX(head), headline);
        gtk_box_append(GTK_BOX(head), certainty);
        gtk_box_append(GTK_BOX(box), head);
        gtk_box_append(GTK_BOX(box), label(finding->title ? finding->title : "", "sentence"));
        if (finding->advice && finding->advice[0]) {
                GtkWidget *advice = label(finding->advice, "advice");

                gtk_widget_set_visible(advice, FALSE);
                gtk_box_append(GTK_BOX(box), advice);
                g_object_set_data(G_OBJECT(row), "advice", advice);
        }
        gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(row), box);
        gtk_widget_add_css_class(row, "finding");
        gtk_widget_add_css_class(row, severities[severity].style);
        gtk_accessible_update_property(GTK_ACCESSIBLE(row), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
        g_object_set_data(G_OBJECT(row), "finding", GUINT_TO_POINTER(finding->id));
        return row;
}

static void remove_rows(HeddleFindings *findings) {
        GtkWidget *child;

        while ((child = gtk_widget_get_first_child(GTK_WIDGET(findings->list))))
                gtk_list_box_remove(findings->list, child);
        while ((child = gtk_widget_get_first_child(GTK_WIDGET(findings->checked))))
                gtk_box_remove(findings->checked, child);
}

static void fill_checked(HeddleFindings *findings, const struct trace *trace) {
        static const char *const icons[] = { "object-select-symbolic", "dialog-warning-symbolic",
                                             "window-minimize-symbolic" };
        static const char *const words[] = { "Nothing found: ", "Found: ", "Not checked: " };
        struct checked checked;

        gtk_box_append(findings->checked, label("Checked", "heading"));
        for (size_t i = 0; tell_checked(trace, i, &checked); i++) {
                GtkWidget *line = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 8),
                          *icon = gtk_image_new_from_icon_name(icons[checked.state]);
                g_autofree char *name = g_strconcat(words[checked.state], checked.text, NULL);

                gtk_widget_set_valign(icon, GTK_ALIGN_START);
                gtk_box_append(GTK_BOX(line), icon);
                gtk_box_append(GTK_BOX(line), label(checked.text, NULL));
                gtk_accessible_update_property(GTK_ACCESSIBLE(icon), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
                gtk_widget_add_css_class(line, "checked");
                gtk_box_append(findings->checked, line);
        }
        if (trace->without_holds)
                gtk_box_append(findings->checked,
                               label(store_reader_damage(trace->reader)
                                             ? "Events are missing: who held which lock is not drawn."
                                             : "This trace is so large that who held which lock is not drawn.",
                                     "remark"));
        if (trace->recording->remarks && trace->recording->remarks[0])
                gtk_box_append(findings->checked, label(trace->recording->remarks, "remark"));
        if (trace->recording->unseen && trace->recording->unseen[0]) {
                g_autofree char *text = g_strconcat("Not seen: ", trace->recording->unseen, NULL);

                gtk_box_append(findings->checked, label(text, "remark"));
        }
}

static void fill(HeddleFindings *findings) {
        const struct trace *trace = heddle_focus_trace(findings->focus);
        g_autofree char *count = NULL;

        remove_rows(findings);
        if (!trace)
                return;
        count = g_strdup_printf("%zu", trace->findings.n);
        gtk_label_set_text(findings->count, count);
        for (size_t i = 0; i < trace->findings.n; i++)
                gtk_list_box_append(findings->list, make_row(&trace->findings.items[i]));
        if (trace->findings.n == 0) {
                GtkWidget *row = gtk_list_box_row_new();

                gtk_list_box_row_set_child(
                        GTK_LIST_BOX_ROW(row),
                        label("Nothing wrong was found in this run. Below is what was looked for.", "sentence"));
                gtk_list_box_row_set_selectable(GTK_LIST_BOX_ROW(row), FALSE);
                gtk_widget_add_css_class(row, "finding");
                gtk_list_box_append(findings->list, row);
        }
        fill_checked(findings, trace);
}

static void show_selected(HeddleFindings *findings) {
        uint32_t id = heddle_focus_get(findings->focus)->finding;

        for (int i = 0;; i++) {
                GtkListBoxRow *row = gtk_list_box_get_row_at_index(findings->list, i);

                if (!row)
                        break;
                if (id > 0 && GPOINTER_TO_UINT(g_object_get_data(G_OBJECT(row), "finding")) == id)
                        gtk_list_box_select_row(findings->list, row);
        }
}

static void on_changed(HeddleFocus *focus, unsigned changes, HeddleFindings *findings) {
        findings->filling = TRUE;
        if (changes & FOCUS_TRACE)
                fill(findings);
        if (changes & (FOCUS_TRACE | FOCUS_FINDING))
                show_selected(findings);
        findings->filling = FALSE;
}

static void on_selected(GtkListBox *list, GtkListBoxRow *selected, HeddleFindings *findings) {
        GtkListBoxRow *row;

        for (int i = 0; (row = gtk_list_box_get_row_at_index(list, i)); i++) {
                GtkWidget *advice = g_object_get_data(G_OBJECT(row), "advice");

                if (advice)
                        gtk_widget_set_visible(advice, row == selected);
        }
}

static void on_activated(GtkListBox *list, GtkListBoxRow *row, HeddleFindings *findings) {
        uint32_t id = GPOINTER_TO_UINT(g_object_get_data(G_OBJECT(row), "finding"));

        if (id > 0 && !findings->filling)
                heddle_focus_select_finding(findings->focus, id);
}

static void heddle_findings_dispose(GObject *object) {
        HeddleFindings *findings = HEDDLE_FINDINGS(object);

        if (findings->focus)
                g_signal_handlers_disconnect_by_data(findings->focus, findings);
        g_clear_object(&findings->focus);
        G_OBJECT_CLASS(heddle_findings_parent_class)->dispose(object);
}

static void heddle_findings_class_init(HeddleFindingsClass *class) {
        G_OBJECT_CLASS(class)->dispose = heddle_findings_dispose;
}

static void heddle_findings_init(HeddleFindings *findings) {
        GtkWidget *head = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6), *title = label("Findings", "heading");
        GtkWidget *inside = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *scrolled = gtk_scrolled_window_new();

        gtk_orientable_set_orientation(GTK_ORIENTABLE(findings), GTK_ORIENTATION_VERTICAL);
        gtk_widget_add_css_class(GTK_WIDGET(findings), "findings");
        findings->count = GTK_LABEL(label("", "count"));
        findings->list = GTK_LIST_BOX(gtk_list_box_new());
        findings->checked = GTK_BOX(gtk_box_new(GTK_ORIENTATION_VERTICAL, 6));
        gtk_widget_set_hexpand(title, TRUE);
        gtk_widget_add_css_class(head, "pane-head");
        gtk_widget_add_css_class(GTK_WIDGET(findings->checked), "checked-list");
        gtk_box_append(GTK_BOX(head), title);
        gtk_box_append(GTK_BOX(head), GTK_WIDGET(findings->count));
        gtk_box_append(GTK_BOX(inside), GTK_WIDGET(findings->list));
        gtk_box_append(GTK_BOX(inside), GTK_WIDGET(findings->checked));
        gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), inside);
        gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
        gtk_widget_set_vexpand(scrolled, TRUE);
        gtk_box_append(GTK_BOX(findings), head);
        gtk_box_append(GTK_BOX(findings), scrolled);
        g_signal_connect(findings->list, "row-selected", G_CALLBACK(on_selected), findings);
        g_signal_connect(findings->list, "row-activated", G_CALLBACK(on_activated), findings);
}

GtkWidget *heddle_findings_new(HeddleFocus *focus) {
        HeddleFindings *findings = g_object_new(HEDDLE_TYPE_FINDINGS, NULL);

        findings->focus = g_object_ref(focus);
        g_signal_connect(focus, "changed", G_CALLBACK(on_changed), findings);
        return GTK_WIDGET(findings);
}
