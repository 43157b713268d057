/* GThread. GLib makes its threads with pthread_create() and ends its waits for them with pthread_join(), both of which we
 * see; here is told who asked for it, and which function of the program the thread runs. */
#include "interposer/errand.h"
#include "interposer/glib/glib.h"

EXPORT void *g_thread_new(const char *name, void *(*function)(void *), void *data) {
        ERRAND(EMIT_SITE, function);

        return GLIB->g_thread_new(name, function, data);
}

EXPORT void *g_thread_try_new(const char *name, void *(*function)(void *), void *data, void **error) {
        ERRAND(EMIT_SITE, function);

        return GLIB->g_thread_try_new(name, function, data, error);
}

EXPORT void *g_thread_join(void *thread) {
        ERRAND(EMIT_SITE, NULL);

        return GLIB->g_thread_join(thread);
}
