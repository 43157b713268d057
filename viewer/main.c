/* heddle-viewer: shows a trace. Also makes a picture of its window without a user. */
#include <stdlib.h>
#include <unistd.h>

#include "screenshot.h"
#include "style.h"
#include "window.h"

static struct options {
        char *screenshot, *size, *view, *path;
        char **views, **rest;
        gboolean dark, version;
        int width, height;
} options;

static int status; /* of the program */

static const GOptionEntry entries[] = {
        { "screenshot", 0, 0, G_OPTION_ARG_FILENAME, &options.screenshot, "Write a picture of the window and exit",
          "FILE.png" },
        { "size", 0, 0, G_OPTION_ARG_STRING, &options.size, "How large the window is (1280x800)", "WxH" },
        { "view", 0, 0, G_OPTION_ARG_STRING, &options.view, "What to show, several with commas between; see below",
          "NAME" },
        { "dark", 0, 0, G_OPTION_ARG_NONE, &options.dark, "Dark colours, whatever the desktop has", NULL },
        { "version", 0, 0, G_OPTION_ARG_NONE, &options.version, "Print the version", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.rest, NULL, "[TRACE]" },
        { NULL },
};

static int fail(const char *format, ...) G_GNUC_PRINTF(1, 2);

static int fail(const char *format, ...) {
        va_list arguments;
        g_autofree char *text = NULL;

        va_start(arguments, format);
        text = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        fprintf(stderr, "heddle-viewer: %s\n", text);
        return 2;
}

/* ---- the command line ---- */

static char *view_help(void) {
        GString *text = g_string_new("Views:\n");

        for (const struct view_name *view = view_names; view->name; view++)
                g_string_append_printf(text, "  %-12s %s\n", view->name, view->words);
        return g_string_free(text, FALSE);
}

static gboolean is_view(const char *name) {
        for (const struct view_name *view = view_names; view->name; view++)
                if (g_str_equal(view->name, name))
                        return TRUE;
        return FALSE;
}

/* 0, or 2 after a sentence. */
static int check_options(void) {
        char end;

        options.width = 1280;
        options.height = 800;
        if (options.size &&
            (sscanf(options.size, "%dx%d%c", &options.width, &options.height, &end) != 2 || options.width < 640 ||
             options.height < 480 || options.width > 7680 || options.height > 4320))
                return fail("%s is no size; write it as 1280x800, from 640x480 up to 7680x4320", options.size);
        options.views = g_strsplit(options.view ? options.view : "", ",", -1);
        for (char **view = options.views; *view; view++)
                if (**view && !is_view(*view))
                        return fail("there is no view called %s; heddle-viewer --help lists them", *view);
        if (options.rest && options.rest[0] && options.rest[1])
                return fail("one trace at a time, please: %s is one too many", options.rest[1]);
        options.path = options.rest ? options.rest[0] : NULL;
        if (options.screenshot && !options.path)
                return fail("a picture of which trace? Name it behind the options");
        return 0;
}

/* -1 to go on, else the exit status. */
static int read_options(int argc, char **argv) {
        g_autoptr(GOptionContext) context = g_option_context_new("- show why threads deadlock");
        g_autoptr(GError) error = NULL;
        g_autofree char *views = view_help();

        g_option_context_add_main_entries(context, entries, NULL);
        g_option_context_set_description(context, views);
        if (!g_option_context_parse(context, &argc, &argv, &error))
                return fail("%s; try heddle-viewer --help", error->message);
        if (options.version) {
                printf("heddle-viewer %s\n", HEDDLE_VERSION);
                return 0;
        }
        return check_options() ? 2 : -1;
}

/* ---- the program ---- */

static gboolean take_picture(void *data) {
        HeddleWindow *window = data;
        g_autoptr(GError) error = NULL;

        if (!screenshot_save(window, options.screenshot, &error))
                status = fail("%s", error->message);
        gtk_window_destroy(GTK_WINDOW(window));
        return G_SOURCE_REMOVE;
}

/* A trace named on the command line that can't be opened ends the program, as any command would; a file manager that
 * started it has no terminal to read from, so there the window says it. */
static void on_loaded(HeddleWindow *window, const char *error, void *data) {
        if (error && (options.screenshot || !g_getenv("GIO_LAUNCHED_DESKTOP_FILE"))) {
                status = fail("%s", error);
                gtk_window_destroy(GTK_WINDOW(window));
                return;
        }
        for (char **view = options.views; !error && *view; view++)
                if (**view)
                        heddle_window_show_view(window, *view);
        if (options.screenshot)
                screenshot_when_settled(window, take_picture, window);
        g_signal_handlers_disconnect_by_func(window, on_loaded, data); /* what is opened later is shown in the window */
}

static void on_activate(GtkApplication *application, void *data) {
        HeddleWindow *window;

        style_start();
        if (options.dark)
                adw_style_manager_set_color_scheme(adw_style_manager_get_default(), ADW_COLOR_SCHEME_FORCE_DARK);
        if (options.screenshot)
                g_object_set(gtk_settings_get_default(), "gtk-enable-animations", FALSE, NULL);
        window = heddle_window_new(application);
        gtk_window_set_default_size(GTK_WINDOW(window), options.width, options.height);
        if (options.screenshot)
                gtk_widget_add_css_class(GTK_WIDGET(window), "picture"); /* without a frame */
        g_signal_connect(window, "loaded", G_CALLBACK(on_loaded), NULL);
        if (options.path)
                heddle_window_open(window, options.path);
        gtk_window_present(GTK_WINDOW(window));
}

int main(int argc, char **argv) {
        g_autoptr(AdwApplication) application = NULL;
        int r = read_options(argc, argv);

        if (r >= 0)
                return r;
        g_unsetenv("DEBUGINFOD_URLS"); /* image.c hides it; from then on there are threads, which the environment is not for */
        if (!gtk_init_check())
                return fail("no display; run it inside a desktop session, or under xvfb-run for a picture");
        application = adw_application_new("io.github.heddle.Viewer", G_APPLICATION_NON_UNIQUE);
        g_signal_connect(application, "activate", G_CALLBACK(on_activate), NULL);
        r = g_application_run(G_APPLICATION(application), 1, argv);
        return status ? status : r;
}
