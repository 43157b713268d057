/* The window itself, on a display: that the deadlock's red is there at every zoom, that every pane follows the focus,
 * and what is said of a trace that can't be opened.
 *
 * The environment names the traces, made by make-trace: PHILOSOPHERS, CROWD and CALM. */
#include "palette.h"
#include "screenshot.h"
#include "style.h"
#include "test.h"
#include "window.h"

#include <stdlib.h>

#define PATIENCE_S 60

static const char *philosophers, *crowd, *calm;

/* ---- waiting ---- */

static gboolean done;

static gboolean on_ready(void *data) {
        done = TRUE;
        return G_SOURCE_REMOVE;
}

static gboolean on_patience(void *data) {
        test_fail(__FILE__, __LINE__, "nothing happened for %d seconds", PATIENCE_S);
        done = TRUE;
        return G_SOURCE_REMOVE;
}

static void settle(HeddleWindow *window) {
        guint patience = g_timeout_add_seconds(PATIENCE_S, on_patience, NULL);

        done = FALSE;
        screenshot_when_settled(window, on_ready, NULL);
        while (!done)
                g_main_context_iteration(NULL, TRUE);
        g_source_remove(patience);
}

static HeddleWindow *open_window(const char *path) {
        HeddleWindow *window = heddle_window_new(NULL);

        gtk_window_set_default_size(GTK_WINDOW(window), 1280, 800);
        heddle_window_open(window, path);
        gtk_window_present(GTK_WINDOW(window));
        settle(window);
        return window;
}

static void act(HeddleWindow *window, const char *action) {
        g_action_group_activate_action(G_ACTION_GROUP(window), action, NULL);
}

/* ---- pixels ---- */

static bool looks_like(const guchar *pixel, uint32_t rgb) {
        return abs(pixel[2] - (int) (rgb >> 16 & 0xff)) < 6 && abs(pixel[1] - (int) (rgb >> 8 & 0xff)) < 6 &&
               abs(pixel[0] - (int) (rgb & 0xff)) < 6;
}

/* How many pixels between two x, of the part of the window above the details, have this colour. */
static unsigned count_pixels(HeddleWindow *window, enum colour colour, int x0, int x1) {
        g_autoptr(GdkTexture) texture = screenshot_take(window, NULL);
        uint32_t rgb = palette_colour(colour, (struct scheme) { false, false });
        int width = texture ? gdk_texture_get_width(texture) : 0,
            height = texture ? gdk_texture_get_height(texture) : 0;
        g_autofree guchar *pixels = g_malloc((gsize) (width * height * 4) + 1);
        unsigned n = 0;

        if (!texture)
                return 0;
        gdk_texture_download(texture, pixels, (gsize) width * 4); /* blue, green, red, alpha */
        for (int y = 135; y < MIN(height, 580); y++)
                for (int x = x0; x < MIN(x1, width); x++)
                        n += looks_like(&pixels[((gsize) y * (gsize) width + (gsize) x) * 4], rgb);
        return n;
}

/* Of the lanes: right of the findings and of the names, left of the graph. */
static unsigned red_in_lanes(HeddleWindow *window) {
        return count_pixels(window, COLOUR_DEAD, 405, 922);
}

TEST(the_deadlock_is_red_at_every_zoom) {
        HeddleWindow *window = open_window(philosophers);
        const struct focus *focus = heddle_focus_get(heddle_window_get_focus(window));
        unsigned zooms = 0;

        for (; zooms < 60 && focus->to_ns - focus->from_ns > 200; zooms++)
                act(window, "zoom-in");
        for (; zooms > 0; zooms--) {
                settle(window);
                if (red_in_lanes(window) < 5 * 19)
                        test_fail(__FILE__, __LINE__, "%u red pixels with %llu ns in view", red_in_lanes(window),
                                  (unsigned long long) (focus->to_ns - focus->from_ns));
                for (unsigned i = 0; i < 3 && zooms > 1; i++, zooms--)
                        act(window, "zoom-out");
                act(window, "zoom-out");
        }
        act(window, "frame-all");
        settle(window);
        EXPECT_EQ(focus->from_ns, 0);
        EXPECT(red_in_lanes(window) > 5 * 19);
        gtk_window_destroy(GTK_WINDOW(window));
}

TEST(among_three_hundred_threads_the_deadlock_is_what_is_seen_first) {
        HeddleWindow *window = open_window(crowd);
        const struct focus *focus = heddle_focus_get(heddle_window_get_focus(window));

        EXPECT_EQ(focus->finding, 1);
        EXPECT(focus->time_ns > focus->from_ns && focus->time_ns < focus->to_ns);
        EXPECT(red_in_lanes(window) > 5000);
        act(window, "frame-all");
        settle(window);
        EXPECT(red_in_lanes(window) > 5 * 19);
        gtk_window_destroy(GTK_WINDOW(window));
}

TEST(a_run_in_which_nothing_is_wrong_shows_no_red) {
        HeddleWindow *window = open_window(calm);

        EXPECT_EQ(count_pixels(window, COLOUR_DEAD, 0, 1280), 0);
        EXPECT_EQ(count_pixels(window, COLOUR_DEAD_WASH, 0, 1280), 0);
        EXPECT(count_pixels(window, COLOUR_RUN, 405, 922) > 1000);
        gtk_window_destroy(GTK_WINDOW(window));
}

/* ---- the focus ---- */

TEST(keys_walk_through_lanes_and_events) {
        HeddleWindow *window = open_window(philosophers);
        const struct focus *focus = heddle_focus_get(heddle_window_get_focus(window));
        uint32_t first = focus->thread;
        uint64_t time_ns = focus->time_ns, event;

        ASSERT(first != 0);
        act(window, "next-lane");
        EXPECT(focus->thread != 0 && focus->thread != first);
        act(window, "previous-lane");
        EXPECT_EQ(focus->thread, first);
        act(window, "previous-event");
        event = focus->event;
        ASSERT(event != 0);
        EXPECT(focus->time_ns <= time_ns);
        EXPECT_EQ(focus->thread, first);
        act(window, "previous-event");
        EXPECT(focus->event < event);
        act(window, "next-event");
        EXPECT_EQ(focus->event, event);
        act(window, "next-finding");
        EXPECT_EQ(focus->event, 0);
        EXPECT_EQ(focus->time_ns, time_ns);
        gtk_window_destroy(GTK_WINDOW(window));
}

TEST(panning_stays_inside_the_trace) {
        HeddleWindow *window = open_window(philosophers);
        HeddleFocus *focus = heddle_window_get_focus(window);
        uint64_t span_ns = heddle_focus_get(focus)->to_ns - heddle_focus_get(focus)->from_ns;

        for (unsigned i = 0; i < 100; i++)
                act(window, "pan-right");
        EXPECT_EQ(heddle_focus_get(focus)->to_ns, heddle_focus_trace(focus)->end_ns);
        for (unsigned i = 0; i < 2000; i++)
                act(window, "pan-left");
        EXPECT_EQ(heddle_focus_get(focus)->from_ns, 0);
        EXPECT_EQ(heddle_focus_get(focus)->to_ns, span_ns);
        gtk_window_destroy(GTK_WINDOW(window));
}

TEST(every_view_can_be_shown) {
        HeddleWindow *window = open_window(philosophers);

        for (const struct view_name *view = view_names; view->name; view++) {
                EXPECT(heddle_window_show_view(window, view->name));
                settle(window);
        }
        EXPECT(!heddle_window_show_view(window, "no such view"));
        gtk_window_destroy(GTK_WINDOW(window));
}

/* ---- opening ---- */

TEST(another_trace_can_be_opened_while_one_still_loads) {
        HeddleWindow *window = open_window(crowd);

        heddle_window_open(window, crowd);
        heddle_window_open(window, philosophers);
        settle(window);
        EXPECT_EQ(trace_n_threads(heddle_focus_trace(heddle_window_get_focus(window))), 6);
        heddle_window_open(window, "/no/such.heddle");
        settle(window);
        heddle_window_open(window, calm);
        settle(window);
        EXPECT_EQ(trace_n_threads(heddle_focus_trace(heddle_window_get_focus(window))), 4);
        gtk_window_destroy(GTK_WINDOW(window));
}

static void keep_error(HeddleWindow *window, const char *error, char **ret_error) {
        g_free(*ret_error);
        *ret_error = g_strdup(error);
}

TEST(what_can_t_be_opened_is_said_in_a_sentence) {
        HeddleWindow *window = heddle_window_new(NULL);
        g_autofree char *error = NULL;

        g_signal_connect(window, "loaded", G_CALLBACK(keep_error), &error);
        heddle_window_open(window, "/no/such.heddle");
        gtk_window_present(GTK_WINDOW(window));
        settle(window);
        EXPECT_CONTAINS(error, "/no/such.heddle");
        gtk_window_destroy(GTK_WINDOW(window));
}

/* Runs before the tests: test_main.c has main(). */
__attribute__((constructor)) static void start(int argc, char **argv) {
        philosophers = g_getenv("PHILOSOPHERS");
        crowd = g_getenv("CROWD");
        calm = g_getenv("CALM");
        adw_init();
        adw_style_manager_set_color_scheme(adw_style_manager_get_default(), ADW_COLOR_SCHEME_FORCE_LIGHT);
        g_object_set(gtk_settings_get_default(), "gtk-enable-animations", FALSE, NULL);
        style_start();
}
