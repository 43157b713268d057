/* The lanes: threads, locks and channels on one axis of time, with a gutter of names on the left. */
#pragma once

#include <gtk/gtk.h>

#include "focus.h"

#define GUTTER_PX 148 /* the names, also left of overview and ruler */
#define MARGIN_PX 12  /* right of the axis, there too */

#define HEDDLE_TYPE_LANES (heddle_lanes_get_type())
G_DECLARE_FINAL_TYPE(HeddleLanes, heddle_lanes, HEDDLE, LANES, GtkWidget)

/* Implements GtkScrollable, so that it goes into a GtkScrolledWindow as it is. */
GtkWidget *heddle_lanes_new(HeddleFocus *focus);
/* The lane above (-1) or below (1) the one in focus gets it. */
void heddle_lanes_step(HeddleLanes *lanes, int direction);
/* Shows what is folded, or folds it again. */
void heddle_lanes_unfold(HeddleLanes *lanes);
/* Where zooming by key happens: under the pointer when it is over the lanes, else at the cursor. */
uint64_t heddle_lanes_pointed_ns(HeddleLanes *lanes);
