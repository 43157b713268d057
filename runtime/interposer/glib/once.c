/* What is done once: a lock that is taken by the thread which does it, and shared by those that wait until it is done.
 * When it is done, programs see so in a header of GLib's and call nothing. */
#include "interposer/glib/glib.h"

/* The real function may wait, and gives no way to try. */
static void record_entering(struct emit_site site, const void *once) {
        glib_record(site, EV_LOCK_WAIT, OBJECT_ONCE, 0, once);
}

static void record_done(struct emit_site site, const void *once) {
        glib_record_after(site, EV_LOCK, OBJECT_ONCE, RECORD_READ, once);
        glib_record(site, EV_UNLOCK, OBJECT_ONCE, RECORD_READ, once);
}

static int enter(struct emit_site site, const struct glib *glib, void *once, int (*real)(void *)) {
        bool records = glib_records(glib);
        int mine;

        if (records)
                record_entering(site, once);
        {
                GLIB_INSIDE;
                mine = real(once);
        }
        if (records && mine)
                glib_record_after(site, EV_LOCK, OBJECT_ONCE, 0, once);
        else if (records)
                record_done(site, once);
        return mine;
}

EXPORT int g_once_init_enter(void *once) {
        const struct glib *glib = GLIB;

        return enter(EMIT_SITE, glib, once, glib->g_once_init_enter);
}

EXPORT glib_void g_once_init_leave(void *once, size_t result) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;

        if (glib_records(glib))
                glib_record(site, EV_UNLOCK, OBJECT_ONCE, 0, once);
        GLIB_INSIDE;
        return glib->g_once_init_leave(once, result);
}

/* The same since GLib 2.80. */
EXPORT int g_once_init_enter_pointer(void *once) {
        const struct glib *glib = GLIB;

        return enter(EMIT_SITE, glib, once, glib->g_once_init_enter_pointer);
}

EXPORT glib_void g_once_init_leave_pointer(void *once, void *result) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;

        if (glib_records(glib))
                glib_record(site, EV_UNLOCK, OBJECT_ONCE, 0, once);
        GLIB_INSIDE;
        return glib->g_once_init_leave_pointer(once, result);
}

/* g_once(): GLib calls the function. */
struct doing {
        struct emit_site site;
        void *once;
        void *(*function)(void *);
        void *argument;
        unsigned quiet; /* as it was outside */
        bool done;
};

static void *do_it(void *data) {
        struct doing *doing = data;
        unsigned quiet = heddle_emit_quiet;
        void *result;

        heddle_emit_quiet = doing->quiet;
        glib_record_after(doing->site, EV_LOCK, OBJECT_ONCE, 0, doing->once);
        result = doing->function(doing->argument);
        glib_record(doing->site, EV_UNLOCK, OBJECT_ONCE, 0, doing->once);
        heddle_emit_quiet = quiet;
        doing->done = true;
        return result;
}

EXPORT void *g_once_impl(void *once, void *(*function)(void *), void *argument) {
        struct doing doing = { EMIT_SITE, once, function, argument, heddle_emit_quiet, false };
        const struct glib *glib = GLIB;
        void *result;

        if (!glib_records(glib))
                return glib->g_once_impl(once, function, argument);
        record_entering(doing.site, once);
        {
                GLIB_INSIDE;
                result = glib->g_once_impl(once, do_it, &doing);
        }
        if (!doing.done)
                record_done(doing.site, once);
        return result;
}
