#include "style.h"

#include <adwaita.h>

#include "paint.h"

static const char *const rules =
        "headerbar { min-height: 46px; }\n"
        ".findings { background: @BAND@; }\n"
        ".pane-head { padding: 12px 12px 8px 14px; }\n"
        ".graph, .graph .pane-head { background: @GROUND@; }\n"
        ".heading { font-weight: 700; color: @TEXT@; }\n"
        ".count { color: @DIM@; }\n"
        ".findings list { background: transparent; }\n"
        ".finding { background: @GROUND@; border: 1px solid @LINE@; border-radius: 8px; padding: 9px 11px; margin: 0 "
        "8px 8px 8px; }\n"
        ".finding .headline { font-weight: 700; color: @TEXT@; }\n"
        ".finding .sentence { color: @TEXT@; font-size: 13px; }\n"
        ".finding .advice { color: @DIM@; font-size: 12.5px; }\n"
        ".finding .certainty { color: @DIM@; font-size: 12px; }\n"
        ".finding.severe .headline, .finding.severe image { color: @DEAD_TEXT@; }\n"
        ".finding.warn image { color: @WARN_TEXT@; }\n"
        ".finding.note image { color: @DIM@; }\n"
        ".finding:hover { border-color: @EDGE@; }\n"
        ".finding:selected { background: @SELECTED@; border-color: @ACCENT@; box-shadow: inset 3px 0 0 0 @ACCENT@; }\n"
        ".finding.severe { background: @DEAD_WASH@; }\n"
        ".finding.severe:selected { background: @DEAD_WASH@; border-color: @DEAD_TEXT@; box-shadow: inset 4px 0 0 0 "
        "@DEAD_TEXT@; }\n"
        ".finding.severe .certainty { color: @TEXT@; }\n"
        ".finding:focus-visible { outline: 2px solid @ACCENT@; outline-offset: 2px; }\n"
        ".checked-list { padding: 10px 14px; }\n"
        ".checked, .remark { color: @DIM@; font-size: 12.5px; }\n"
        ".remark { margin-top: 8px; }\n"
        ".switcher button { padding: 2px 12px; min-height: 26px; font-size: 13px; font-weight: 500; }\n"
        ".switcher button:checked { background: @ACCENT@; color: @ON_ACCENT@; }\n"
        ".details { background: @GROUND@; }\n"
        ".tabs { border-bottom: 1px solid @LINE@; padding: 0 8px; background: @BAND@; }\n"
        ".tabs button { background: none; box-shadow: none; border-radius: 0; border-bottom: 3px solid transparent; "
        "padding: 4px 14px; min-height: 28px;\n"
        "               color: @DIM@; font-weight: 500; }\n"
        ".tabs button:checked { color: @ACCENT@; border-bottom-color: @ACCENT@; font-weight: 700; }\n"
        ".stacks { padding: 8px 4px; }\n"
        ".card-of-step { padding: 4px 12px; border-left: 3px solid transparent; }\n"
        ".card-of-step.in-focus { border-left-color: @ACCENT@; }\n"
        ".step { font-weight: 700; color: @TEXT@; margin-bottom: 5px; }\n"
        ".site { color: @TEXT@; margin-bottom: 3px; font-size: 13px; }\n"
        ".caller, .doubt, .hint { color: @DIM@; font-size: 12.5px; }\n"
        ".hint { padding: 12px; }\n"
        ".doubt { font-style: italic; }\n"
        ".source { font-family: monospace; font-size: 12.5px; color: @TEXT@; padding: 1px 6px; }\n"
        ".source.holds { background: @SELECTED@; font-weight: 700; }\n"
        ".source.waits { background: @DEAD_WASH@; font-weight: 700; }\n"
        ".caller { margin-top: 3px; }\n"
        ".events { background: @GROUND@; font-size: 13px; }\n"
        ".events .numeric { font-feature-settings: 'tnum'; }\n"
        "columnview.events listview row { padding: 0; }\n"
        "columnview.events listview row cell { padding: 2px 10px; }\n"
        "columnview.events header button { padding: 2px 10px; }\n"
        "columnview.events header button label, columnview.events header button title { color: @DIM@; opacity: 1; }\n"
        "window.picture { margin: 0; padding: 0; border: none; border-radius: 0; box-shadow: none; }\n"
        "columnview.events listview row:selected { background: @SELECTED@; }\n"
        "lanes:focus-visible, graphview:focus-visible { outline: 2px solid @ACCENT@; outline-offset: -2px; }\n"
        "paned > separator { background-color: @LINE@; }\n";

static GtkCssProvider *provider;

/* Puts the colours in the places of their names. */
static char *fill(void) {
        g_autoptr(GString) text = g_string_new(rules);

        for (unsigned i = 0; i < N_COLOURS; i++) {
                g_autofree char *name = g_strdup_printf("@%s@", palette_name((enum colour) i));
                g_autofree char *value = g_strdup_printf("#%06x", palette_colour((enum colour) i, paint_scheme()));

                g_string_replace(text, name, value, 0);
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

static void load(void) {
        g_autofree char *text = fill();

        gtk_css_provider_load_from_data(provider, text, -1);
}

void style_start(void) {
        AdwStyleManager *manager = adw_style_manager_get_default();

        provider = gtk_css_provider_new();
        gtk_style_context_add_provider_for_display(gdk_display_get_default(), GTK_STYLE_PROVIDER(provider),
                                                   GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
        g_signal_connect(manager, "notify::dark", G_CALLBACK(load), NULL);
        g_signal_connect(manager, "notify::high-contrast", G_CALLBACK(load), NULL);
        load();
}
