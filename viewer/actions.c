#include "actions.h"

const struct action actions[] = {
        { "open", "<Control>o", "Open a trace", "General" },
        { "shortcuts", "<Control>question|<Control><Shift>question|F1", "Show the keyboard shortcuts", "General" },
        { "quit", "<Control>q", "Quit", "General" },
        { "next-finding", "n", "Next finding", "Findings" },
        { "previous-finding", "<Shift>n", "Previous finding", "Findings" },
        { "frame", "f", "Frame what is selected", "Findings" },
        { "next-event", "Right", "Next event of the lane", "Lanes and events" },
        { "previous-event", "Left", "Previous event of the lane", "Lanes and events" },
        { "next-lane", "Down", "Lane below", "Lanes and events" },
        { "previous-lane", "Up", "Lane above", "Lanes and events" },
        { "unfold", "e", "Show or fold the lanes that take no part", "Lanes and events" },
        { "zoom-in", "plus|equal|KP_Add|w|<Control>plus|<Control>equal", "Zoom in at the pointer", "Moving about" },
        { "zoom-out", "minus|KP_Subtract|s|<Control>minus", "Zoom out at the pointer", "Moving about" },
        { "pan-left", "a", "Earlier", "Moving about" },
        { "pan-right", "d", "Later", "Moving about" },
        { "frame-all", "0|KP_0|<Control>0", "The whole trace", "Moving about" },
        { "show-waits", "<Alt>1", "Graph: who waits for whom", "Panes" },
        { "show-lock-order", "<Alt>2", "Graph: lock order", "Panes" },
        { "show-stacks", "<Alt>3", "Stacks", "Panes" },
        { "show-events", "<Alt>4", "Events", "Panes" },
        { NULL },
};

void actions_add_keys(GtkWidget *window) {
        GtkEventController *controller = gtk_shortcut_controller_new();

        for (const struct action *action = actions; action->name; action++) {
                g_autofree char *name = g_strconcat("win.", action->name, NULL);

                gtk_shortcut_controller_add_shortcut(
                        GTK_SHORTCUT_CONTROLLER(controller),
                        gtk_shortcut_new(gtk_shortcut_trigger_parse_string(action->keys), gtk_named_action_new(name)));
        }
        gtk_widget_add_controller(window, controller);
}

/* What the shortcuts window calls the keys: blanks between them. */
static char *accelerators(const char *keys) {
        g_auto(GStrv) parts = g_strsplit(keys, "|", -1);
        g_autofree char *shown = g_strdup(parts[0]);

        return g_markup_escape_text(shown, -1);
}

/* This release of GTK can fill a shortcuts window from a description only. */
GtkWidget *actions_shortcuts_window(void) {
        g_autoptr(GString) xml =
                g_string_new("<interface><object class='GtkShortcutsWindow' id='window'><property "
                             "name='modal'>1</property><property name='title'>Keyboard shortcuts</property>"
                             "<child><object class='GtkShortcutsSection'><property name='section-name'>all</property>"
                             "<property name='max-height'>20</property>");
        g_autoptr(GtkBuilder) builder = NULL;
        const char *group = NULL;

        for (const struct action *action = actions; action->name; action++) {
                g_autofree char *keys = accelerators(action->keys);

                if (!action->group)
                        continue;
                if (g_strcmp0(group, action->group) != 0)
                        g_string_append_printf(
                                xml, "%s<child><object class='GtkShortcutsGroup'><property name='title'>%s</property>",
                                group ? "</object></child>" : "", action->group);
                group = action->group;
                g_string_append_printf(
                        xml,
                        "<child><object class='GtkShortcutsShortcut'><property name='title'>%s</property>"
                        "<property name='accelerator'>%s</property></object></child>",
                        action->words, keys);
        }
        g_string_append(xml, "</object></child></object></child></object></interface>");
        builder = gtk_builder_new_from_string(xml->str, -1);
        return g_object_ref(GTK_WIDGET(gtk_builder_get_object(builder, "window")));
}
