/* Below: every event as a row. */
#pragma once

#include <gtk/gtk.h>

#include "focus.h"

#define HEDDLE_TYPE_EVENTS (heddle_events_get_type())
G_DECLARE_FINAL_TYPE(HeddleEvents, heddle_events, HEDDLE, EVENTS, GtkBox)

GtkWidget *heddle_events_new(HeddleFocus *focus);
