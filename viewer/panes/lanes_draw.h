/* How a lane looks. All of it goes by the model and the palette; nothing here knows of input or scrolling. */
#pragma once

#include "focus.h"
#include "paint.h"

struct lane_drawing {
        GtkSnapshot *snapshot;
        struct paint *paint;
        const struct timeline *timeline;
        const struct focus *focus;
        struct view view;         /* its width is that of the axis */
        double width;             /* of the whole widget */
        double gutter;            /* where the axis begins */
        struct piece_list pieces; /* kept from lane to lane */
};

/* The background and what is left of the axis. */
void draw_lane_gutter(struct lane_drawing *drawing, const struct lane *lane);
/* What lies on the axis; the caller has clipped and translated, so that x is 0 where the axis begins. */
void draw_lane_axis(struct lane_drawing *drawing, const struct lane *lane);
/* Arrows between the lanes for spawns, joins and messages, between these y. Returns false when there are too many
 * messages to tell their arrows apart, so that none was drawn. */
/* Says so in the heading of the channels; does nothing for any other lane. */
void draw_arrows_left_out(struct lane_drawing *drawing, const struct lane *lane);
#define ARROWS_MAX 150
gboolean draw_links(struct lane_drawing *drawing, const struct lane_list *list, double top, double bottom);
