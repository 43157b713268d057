#include "interposer/real.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct real_functions real_functions;

/* Those that a C library may do without; a program that calls one then would not have linked. */
static bool is_optional(const char *name) {
        size_t n = strlen(name);

        return strncmp(name, "pthread_", 8) != 0 || strstr(name, "clock") || (n > 3 && strcmp(name + n - 3, "_np") == 0);
}

static void *look_up(const char *name, const char *version) {
        void *function = NULL;

        /* Only glibc on x86-64 has old versions of these; elsewhere the plain look-up is right. */
        if (version[0])
                function = dlvsym(RTLD_NEXT, name, version);
        return function ? function : dlsym(RTLD_NEXT, name);
}

static void fail(const char *name) {
        static const char before[] = "heddle: the C library has no ", after[] = "; the program cannot be recorded\n";

        if (write(STDERR_FILENO, before, sizeof(before) - 1) < 0 || write(STDERR_FILENO, name, strlen(name)) < 0 ||
            write(STDERR_FILENO, after, sizeof(after) - 1) < 0)
                abort();
        _exit(125);
}

void real_look_up(void) {
#define WRAP(name, version, result, parameters, model)                          \
        {                                                                       \
                void *function = look_up(#name, version);                       \
                if (!function && !is_optional(#name))                           \
                        fail(#name);                                            \
                __atomic_store_n((void **) &real_functions.name, function, __ATOMIC_RELAXED); \
        }
/* A C library that has no old version never has it asked for. */
#define WRAP_OLD(name, version, result, parameters, model)                      \
        __atomic_store_n((void **) &real_functions.old_##name, dlvsym(RTLD_NEXT, #name, version), __ATOMIC_RELAXED);
#include "interposer/functions.def"
#undef WRAP
#undef WRAP_OLD
}

__attribute__((constructor)) static void look_up_early(void) {
        real_look_up();
}
