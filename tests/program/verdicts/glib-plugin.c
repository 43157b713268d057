/* A program without GLib loads a plug-in that brings it along, for itself alone. This file is both.
 *
 * verdict: deadlock forth back a b behind: main
 * exit: 123 */
#ifdef PLUGIN

#include <glib.h>

#include "all-arrive.h"

static GMutex a, b;
static atomic_int n_arrived;

static void *forth(void *data) {
        g_mutex_lock(&a);
        all_arrive(&n_arrived, 2);
        g_mutex_lock(&b);
        return data;
}

static void *back(void *data) {
        g_mutex_lock(&b);
        all_arrive(&n_arrived, 2);
        g_mutex_lock(&a);
        return data;
}

extern void run(void);
void run(void) {
        GThread *threads[] = { g_thread_new("forth", forth, NULL), g_thread_new("back", back, NULL) };

        g_thread_join(threads[0]);
        g_thread_join(threads[1]);
}

#else

#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv) {
        char path[4096];
        void (*run)(void);
        void *plugin;

        snprintf(path, sizeof(path), "%s-loaded.so", argv[0]);
        plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        *(void **) &run = plugin ? dlsym(plugin, "run") : NULL;
        if (!run)
                return 1;
        run();
        return 0;
}

#endif
