/* Everything the window can do, once: name, keys, words and group. The shortcuts, the shortcuts window and the menu are
 * made from this table. */
#pragma once

#include <gtk/gtk.h>

struct action {
        const char *name; /* of the window's GAction, without "win." */
        const char *keys; /* as gtk_shortcut_trigger_parse_string() reads them, "|" between several */
        const char *words;
        const char *group; /* in the shortcuts window; NULL: not shown there */
};

/* Ends with an entry whose name is NULL. */
extern const struct action actions[];

/* Lets the keys of the table reach the window's actions, unless what has the keyboard focus takes them itself. */
void actions_add_keys(GtkWidget *window);
/* The shortcuts window, made from the table. */
GtkWidget *actions_shortcuts_window(void);
