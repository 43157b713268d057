/* Above the lanes: the whole trace as a strip, with what is visible of it framed, and the ruler of the visible part. */
#pragma once

#include <gtk/gtk.h>

#include "focus.h"

#define HEDDLE_TYPE_OVERVIEW (heddle_overview_get_type())
G_DECLARE_FINAL_TYPE(HeddleOverview, heddle_overview, HEDDLE, OVERVIEW, GtkWidget)

GtkWidget *heddle_overview_new(HeddleFocus *focus);
