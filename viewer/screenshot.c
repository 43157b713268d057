#include "screenshot.h"

#define CALM_TICKS 4 /* looks in a row that found nothing going on */
#define TICK_MS 60

/* Always by the cairo renderer: it needs no graphics hardware and draws the same everywhere. */
GdkTexture *screenshot_take(HeddleWindow *window, GError **ret_error) {
        g_autoptr(GdkPaintable) paintable = gtk_widget_paintable_new(GTK_WIDGET(window));
        g_autoptr(GtkSnapshot) snapshot = gtk_snapshot_new();
        g_autoptr(GskRenderer) renderer = gsk_cairo_renderer_new();
        g_autoptr(GskRenderNode) node = NULL;
        GdkTexture *texture;
        int width = gdk_paintable_get_intrinsic_width(paintable),
            height = gdk_paintable_get_intrinsic_height(paintable);

        gdk_paintable_snapshot(paintable, snapshot, width, height);
        node = gtk_snapshot_free_to_node(g_steal_pointer(&snapshot));
        if (!node) {
                g_set_error(ret_error, G_IO_ERROR, G_IO_ERROR_FAILED, "There is nothing to draw yet");
                return NULL;
        }
        if (!gsk_renderer_realize(renderer, gtk_native_get_surface(GTK_NATIVE(window)), ret_error))
                return NULL;
        texture = gsk_renderer_render_texture(renderer, node, &GRAPHENE_RECT_INIT(0, 0, (float) width, (float) height));
        gsk_renderer_unrealize(renderer);
        return texture;
}

gboolean screenshot_save(HeddleWindow *window, const char *path, GError **ret_error) {
        g_autoptr(GdkTexture) texture = screenshot_take(window, ret_error);

        if (!texture)
                return FALSE;
        if (!gdk_texture_save_to_png(texture, path)) {
                g_set_error(ret_error, G_IO_ERROR, G_IO_ERROR_FAILED,
                            "%s could not be written; is there room, and is its folder writable?", path);
                return FALSE;
        }
        return TRUE;
}

struct settling {
        HeddleWindow *window;
        GSourceFunc ready;
        void *data;
        int calm;
};

static gboolean look(void *data) {
        struct settling *settling = data;

        settling->calm = heddle_window_is_settled(settling->window) ? settling->calm + 1 : 0;
        if (settling->calm < CALM_TICKS)
                return G_SOURCE_CONTINUE;
        settling->ready(settling->data);
        return G_SOURCE_REMOVE;
}

void screenshot_when_settled(HeddleWindow *window, GSourceFunc ready, void *data) {
        struct settling *settling = g_new0(struct settling, 1);

        *settling = (struct settling) { window, ready, data, 0 };
        g_timeout_add_full(G_PRIORITY_LOW, TICK_MS, look, settling, g_free);
}
