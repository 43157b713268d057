/* What the panes draw with: filled and hatched boxes, and texts whose layouts are kept, in the colours of the palette.
 * Rectangles and texts are render nodes; only arrows and outlines go through cairo. */
#pragma once

#include <gtk/gtk.h>

#include "palette.h"

enum text_style { TEXT_NORMAL, TEXT_BOLD, TEXT_SMALL, TEXT_SMALL_BOLD, N_TEXT_STYLES };

struct paint;

/* `widget` gives font and scale and has to outlive it. */
struct paint *paint_new(GtkWidget *widget);
void paint_free(struct paint *paint);
/* Forgets what is kept: after the font or the scale changed. */
void paint_reset(struct paint *paint);

/* The scheme of the whole program, as AdwStyleManager has it. */
struct scheme paint_scheme(void);
GdkRGBA paint_rgba(enum colour colour);

void paint_box(GtkSnapshot *snapshot, enum colour colour, double x, double y, double width, double height);
void paint_round_box(GtkSnapshot *snapshot, enum colour colour, double x, double y, double width, double height,
                     double radius);
void paint_outline(GtkSnapshot *snapshot, enum colour colour, double x, double y, double width, double height,
                   double radius, double line);
/* Diagonal stripes over a ground. */
void paint_hatch(struct paint *paint, GtkSnapshot *snapshot, enum colour ground, enum colour stripe, double x, double y,
                 double width, double height);

/* Draws at most `width` px of the text, cut with an ellipsis, centred in height around `y`; nothing when not even a few
 * letters fit. Returns how wide it came out. */
double paint_text(struct paint *paint, GtkSnapshot *snapshot, const char *text, enum text_style style,
                  enum colour colour, double x, double y, double width);
double paint_text_width(struct paint *paint, const char *text, enum text_style style);

/* A line with an arrow's head at its end; the source of `cairo` is set already. */
void paint_arrow(cairo_t *cairo, double x0, double y0, double x1, double y1, double head);
void paint_source(cairo_t *cairo, enum colour colour);
