/* The window: the panes around one focus, and what is there while a trace loads or could not be opened. */
#pragma once

#include <adwaita.h>

#include "focus.h"

#define HEDDLE_TYPE_WINDOW (heddle_window_get_type())
G_DECLARE_FINAL_TYPE(HeddleWindow, heddle_window, HEDDLE, WINDOW, AdwApplicationWindow)

/* Emits "loaded" with NULL, or the sentence of what went wrong. */
HeddleWindow *heddle_window_new(GtkApplication *application);
void heddle_window_open(HeddleWindow *window, const char *path);
/* Shows one of the views named below; FALSE for an unknown name. */
gboolean heddle_window_show_view(HeddleWindow *window, const char *name);
HeddleFocus *heddle_window_get_focus(HeddleWindow *window);
/* Nothing is being loaded or laid out any more. */
gboolean heddle_window_is_settled(HeddleWindow *window);

struct view_name {
        const char *name, *words;
};
/* What heddle_window_show_view() knows; ends with a NULL name. */
extern const struct view_name view_names[];
