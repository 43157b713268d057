/* Where GLib is. It may be linked to the program, loaded later for a plug-in alone (so that RTLD_NEXT does not find it),
 * linked statically into such a plug-in, or not be there at all. */
#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "interposer/glib/glib.h"

struct glib heddle_glib;

/* The program could not have linked with a function that its GLib lacks, so this is one that only seemed to be there,
 * because we are. */
static void *missing(const char *name) {
        static const char before[] = "heddle: the program calls ", after[] = ", which no library that it has loaded contains; run it without Heddle\n";

        if (write(STDERR_FILENO, before, sizeof(before) - 1) < 0 || write(STDERR_FILENO, name, strlen(name)) < 0 ||
            write(STDERR_FILENO, after, sizeof(after) - 1) < 0)
                abort();
        _exit(125);
}

/* In place of a function that was not found. */
#define WRAP(name, version, result, parameters, model)
#define WRAP_GLIB(name, result, parameters, model) \
        static void *missing_##name(void) {        \
                return missing(#name);             \
        }
#include "interposer/functions.def"
#undef WRAP_GLIB

static const char a_function[] = "g_mutex_lock";

/* The file that an address lies in, for as long as the handle is kept. */
static void *module_of(const void *address) {
        struct link_map *map;
        Dl_info info;

        if (!dladdr1(address, &info, (void **) &map, RTLD_DL_LINKMAP))
                return NULL;
        return dlopen(map->l_name, RTLD_LAZY | RTLD_NOLOAD);
}

/* Where to look: behind us in the order of the program's libraries, then with the caller and what it is linked with, and
 * for a caller that is in no file, where GLib is by its name. */
static void *find_scope(const void *caller) {
        void *scope;

        if (dlsym(RTLD_NEXT, a_function))
                return RTLD_NEXT;
        scope = module_of(caller);
        if (scope && dlsym(scope, a_function))
                return scope;
        if (scope)
                dlclose(scope);
        return dlopen("libglib-2.0.so.0", RTLD_LAZY | RTLD_NOLOAD);
}

/* What we call may not be unloaded; what merely led us to it may. */
static void keep_loaded(void *scope) {
        void *function = dlsym(scope, a_function);

        if (function)
                (void) module_of(function);
        if (scope != RTLD_NEXT)
                dlclose(scope);
}

static void fill(void *scope) {
#define WRAP_GLIB(name, result, parameters, model)                                                             \
        {                                                                                                      \
                void *function = scope ? dlsym(scope, #name) : NULL;                                           \
                heddle_glib.name = (__typeof(heddle_glib.name)) (function ? function : (void *) missing_##name); \
        }
#include "interposer/functions.def"
#undef WRAP_GLIB
#undef WRAP
}

/* Two threads may come here at once, and find the same. */
const struct glib *glib_look_up(const void *caller) {
        int saved_errno = errno;
        void *scope;
        GLIB_INSIDE;

        scope = find_scope(caller);
        fill(scope);
        if (scope) {
                heddle_glib.is_glib = dlsym(scope, "glib_major_version");
                keep_loaded(scope);
                __atomic_store_n(&heddle_glib.ready, true, __ATOMIC_RELEASE); /* pairs with GLIB */
        }
        errno = saved_errno;
        return &heddle_glib;
}
