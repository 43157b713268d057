#include "paint.h"

#include <adwaita.h>
#include <math.h>

#define LAYOUTS_MAX 4000
#define TEXT_WIDTH_MIN 18 /* less is not worth an ellipsis */
#define HATCH_PX 8

struct paint {
        GtkWidget *widget;
        GHashTable *layouts;            /* "style width text" -> PangoLayout */
        GdkTexture *hatches[N_COLOURS]; /* by stripe */
        PangoFontDescription *fonts[N_TEXT_STYLES];
        struct scheme scheme;
        int scale;
};

struct paint *paint_new(GtkWidget *widget) {
        struct paint *paint = g_new0(struct paint, 1);

        paint->widget = widget;
        paint->layouts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_object_unref);
        return paint;
}

void paint_reset(struct paint *paint) {
        g_hash_table_remove_all(paint->layouts);
        for (unsigned i = 0; i < N_COLOURS; i++)
                g_clear_object(&paint->hatches[i]);
        for (unsigned i = 0; i < N_TEXT_STYLES; i++)
                g_clear_pointer(&paint->fonts[i], pango_font_description_free);
}

void paint_free(struct paint *paint) {
        if (!paint)
                return;
        paint_reset(paint);
        g_hash_table_unref(paint->layouts);
        g_free(paint);
}

struct scheme paint_scheme(void) {
        AdwStyleManager *manager = adw_style_manager_get_default();

        return (struct scheme) { adw_style_manager_get_dark(manager), adw_style_manager_get_high_contrast(manager) };
}

GdkRGBA paint_rgba(enum colour colour) {
        uint32_t rgb = palette_colour(colour, paint_scheme());

        return (GdkRGBA){ (float) (rgb >> 16 & 0xff) / 255, (float) (rgb >> 8 & 0xff) / 255, (float) (rgb & 0xff) / 255,
                          1 };
}

void paint_source(cairo_t *cairo, enum colour colour) {
        GdkRGBA rgba = paint_rgba(colour);

        gdk_cairo_set_source_rgba(cairo, &rgba);
}

static graphene_rect_t box(double x, double y, double width, double height) {
        return GRAPHENE_RECT_INIT((float) x, (float) y, (float) width, (float) height);
}

void paint_box(GtkSnapshot *snapshot, enum colour colour, double x, double y, double width, double height) {
        GdkRGBA rgba = paint_rgba(colour);
        graphene_rect_t bounds = box(x, y, width, height);

        if (width > 0 && height > 0)
                gtk_snapshot_append_color(snapshot, &rgba, &bounds);
}

void paint_round_box(GtkSnapshot *snapshot, enum colour colour, double x, double y, double width, double height,
                     double radius) {
        graphene_rect_t bounds = box(x, y, width, height);
        GskRoundedRect round;

        gsk_rounded_rect_init_from_rect(&round, &bounds, (float) radius);
        gtk_snapshot_push_rounded_clip(snapshot, &round);
        paint_box(snapshot, colour, x, y, width, height);
        gtk_snapshot_pop(snapshot);
}

void paint_outline(GtkSnapshot *snapshot, enum colour colour, double x, double y, double width, double height,
                   double radius, double line) {
        graphene_rect_t bounds = box(x, y, width, height);
        GdkRGBA rgba = paint_rgba(colour);
        GskRoundedRect round;

        gsk_rounded_rect_init_from_rect(&round, &bounds, (float) radius);
        gtk_snapshot_append_border(snapshot, &round,
                                   (float[4]){ (float) line, (float) line, (float) line, (float) line },
                                   (GdkRGBA[4]){ rgba, rgba, rgba, rgba });
}

/* One tile: a stripe from corner to corner that goes on in the next tile. */
static GdkTexture *make_hatch(enum colour stripe, int scale) {
        int size = HATCH_PX * scale;
        cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, size, size);
        cairo_t *cairo = cairo_create(surface);
        GdkTexture *texture;
        GBytes *bytes;

        paint_source(cairo, stripe);
        cairo_scale(cairo, scale, scale);
        cairo_set_line_width(cairo, 2);
        for (int i = -1; i <= 1; i++) {
                cairo_move_to(cairo, i * HATCH_PX - 2, HATCH_PX + 2);
                cairo_line_to(cairo, i * HATCH_PX + HATCH_PX + 2, -2);
        }
        cairo_stroke(cairo);
        cairo_destroy(cairo);
        cairo_surface_flush(surface);
        bytes = g_bytes_new(cairo_image_surface_get_data(surface),
                            (gsize) (size * cairo_image_surface_get_stride(surface)));
        texture = gdk_memory_texture_new(size, size, GDK_MEMORY_DEFAULT, bytes,
                                         (gsize) cairo_image_surface_get_stride(surface));
        g_bytes_unref(bytes);
        cairo_surface_destroy(surface);
        return texture;
}

/* What is kept holds for one scheme and one scale. */
static void check_kept(struct paint *paint) {
        struct scheme scheme = paint_scheme();
        int scale = gtk_widget_get_scale_factor(paint->widget);

        if (scheme.dark == paint->scheme.dark && scheme.high_contrast == paint->scheme.high_contrast &&
            scale == paint->scale)
                return;
        paint_reset(paint);
        paint->scheme = scheme;
        paint->scale = scale;
}

void paint_hatch(struct paint *paint, GtkSnapshot *snapshot, enum colour ground, enum colour stripe, double x, double y,
                 double width, double height) {
        graphene_rect_t bounds = box(x, y, width, height);
        graphene_rect_t tile = box(floor(x / HATCH_PX) * HATCH_PX, floor(y / HATCH_PX) * HATCH_PX, HATCH_PX, HATCH_PX);

        if (width <= 0 || height <= 0)
                return;
        check_kept(paint);
        paint_box(snapshot, ground, x, y, width, height);
        if (!paint->hatches[stripe])
                paint->hatches[stripe] = make_hatch(stripe, paint->scale);
        gtk_snapshot_push_repeat(snapshot, &bounds, &tile);
        gtk_snapshot_append_texture(snapshot, paint->hatches[stripe], &tile);
        gtk_snapshot_pop(snapshot);
}

static const PangoFontDescription *font(struct paint *paint, enum text_style style) {
        static const struct {
                double px;
                PangoWeight weight;
        } fonts[N_TEXT_STYLES] = {
                [TEXT_NORMAL] = { 13, PANGO_WEIGHT_NORMAL },
                [TEXT_BOLD] = { 13, PANGO_WEIGHT_BOLD },
                [TEXT_SMALL] = { 11.5, PANGO_WEIGHT_NORMAL },
                [TEXT_SMALL_BOLD] = { 11.5, PANGO_WEIGHT_BOLD },
        };

        if (!paint->fonts[style]) {
                PangoContext *context = gtk_widget_get_pango_context(paint->widget);

                paint->fonts[style] = pango_font_description_copy(pango_context_get_font_description(context));
                pango_font_description_set_absolute_size(paint->fonts[style], fonts[style].px * PANGO_SCALE);
                pango_font_description_set_weight(paint->fonts[style], fonts[style].weight);
        }
        return paint->fonts[style];
}

/* `width` -1: as wide as it gets. */
static PangoLayout *layout_of(struct paint *paint, const char *text, enum text_style style, int width) {
        g_autofree char *key = g_strdup_printf("%d %d %s", style, width, text);
        PangoLayout *layout;

        check_kept(paint);
        layout = g_hash_table_lookup(paint->layouts, key);
        if (layout)
                return layout;
        if (g_hash_table_size(paint->layouts) >= LAYOUTS_MAX)
                g_hash_table_remove_all(paint->layouts);
        layout = gtk_widget_create_pango_layout(paint->widget, text);
        pango_layout_set_font_description(layout, font(paint, style));
        pango_layout_set_single_paragraph_mode(layout, TRUE);
        if (width >= 0) {
                pango_layout_set_width(layout, width * PANGO_SCALE);
                pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
        }
        g_hash_table_insert(paint->layouts, g_steal_pointer(&key), layout);
        return layout;
}

double paint_text_width(struct paint *paint, const char *text, enum text_style style) {
        int width;

        pango_layout_get_pixel_size(layout_of(paint, text, style, -1), &width, NULL);
        return width;
}

double paint_text(struct paint *paint, GtkSnapshot *snapshot, const char *text, enum text_style style,
                  enum colour colour, double x, double y, double width) {
        PangoLayout *layout;
        GdkRGBA rgba = paint_rgba(colour);
        int width_px, height_px;

        layout = layout_of(paint, text, style, -1);
        pango_layout_get_pixel_size(layout, &width_px, &height_px);
        if (width_px > width) {
                if (width < TEXT_WIDTH_MIN)
                        return 0;
                layout = layout_of(paint, text, style,
                                   (int) width / 4 * 4); /* few widths, so that they are found again */
                pango_layout_get_pixel_size(layout, &width_px, &height_px);
        }
        gtk_snapshot_save(snapshot);
        gtk_snapshot_translate(snapshot, &GRAPHENE_POINT_INIT((float) round(x), (float) round(y - height_px / 2.0)));
        gtk_snapshot_append_layout(snapshot, layout, &rgba);
        gtk_snapshot_restore(snapshot);
        return width_px;
}

void paint_arrow(cairo_t *cairo, double x0, double y0, double x1, double y1, double head) {
        double length = hypot(x1 - x0, y1 - y0), dx, dy;

        if (length < 1)
                return;
        dx = (x1 - x0) / length * head;
        dy = (y1 - y0) / length * head;
        cairo_move_to(cairo, x0, y0);
        cairo_line_to(cairo, x1 - dx * 0.7, y1 - dy * 0.7);
        cairo_stroke(cairo);
        cairo_move_to(cairo, x1, y1);
        cairo_line_to(cairo, x1 - dx - dy * 0.5, y1 - dy + dx * 0.5);
        cairo_line_to(cairo, x1 - dx + dy * 0.5, y1 - dy - dx * 0.5);
        cairo_close_path(cairo);
        cairo_fill(cairo);
}
