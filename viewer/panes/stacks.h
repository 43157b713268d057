/* Below: the steps of the selected finding side by side, or the stack of the selected event, with the source around
 * each. */
#pragma once

#include <gtk/gtk.h>

#include "focus.h"

#define HEDDLE_TYPE_STACKS (heddle_stacks_get_type())
G_DECLARE_FINAL_TYPE(HeddleStacks, heddle_stacks, HEDDLE, STACKS, GtkBox)

GtkWidget *heddle_stacks_new(HeddleFocus *focus);
