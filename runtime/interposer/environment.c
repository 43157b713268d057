/* A program may give the one that it executes an environment of its own, in which what makes it load this library, and tells
 * that where to record to, is missing: `env -i`, a server that starts its helpers. It is put back; nothing else is changed, and
 * what the program says of either variable itself stands. Runs in children of vfork() and in signal handlers: no allocation. */
#include "interposer/environment.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "interposer/real.h"

#define PRELOAD_ENV "LD_PRELOAD"
#define SESSION_START SESSION_ENV "="
#define PRELOAD_START PRELOAD_ENV "="

/* As they were when the program began; empty where this library was loaded, or runs, for another reason. */
static char session_variable[sizeof(SESSION_START) + 64];
static char preload_variable[sizeof(PRELOAD_START) + PATH_MAX];

static const char *own_path(void) {
        return preload_variable + strlen(PRELOAD_START);
}

__attribute__((constructor)) static void remember(void) {
        const char *session = getenv(SESSION_ENV);
        Dl_info info;

        if (!session || strlen(session) >= 64 || dladdr(session_variable, &info) == 0 || !info.dli_fname || info.dli_fname[0] != '/' ||
            strlen(info.dli_fname) >= PATH_MAX)
                return;
        memcpy(preload_variable, PRELOAD_START, strlen(PRELOAD_START));
        strcpy(preload_variable + strlen(PRELOAD_START), info.dli_fname);
        memcpy(session_variable, SESSION_START, strlen(SESSION_START));
        strcpy(session_variable + strlen(SESSION_START), session);
}

/* A list of paths, with blanks or colons in between. */
static bool lists_us(const char *list) {
        size_t n = strlen(own_path());
        const char *found = list;

        while ((found = strstr(found, own_path()))) {
                if ((found == list || strchr(": ", found[-1])) && (!found[n] || strchr(": ", found[n])))
                        return true;
                found++;
        }
        return false;
}

bool environment_lacks(char *const *environment, struct carried *ret_carried) {
        struct carried carried = { .session = session_variable, .preload = preload_variable };

        if (!session_variable[0])
                return false;
        for (; environment && environment[carried.n_before]; carried.n_before++) {
                const char *variable = environment[carried.n_before];

                if (strncmp(variable, SESSION_START, strlen(SESSION_START)) == 0)
                        carried.session = NULL;
                else if (strncmp(variable, PRELOAD_START, strlen(PRELOAD_START)) == 0)
                        carried.own_preload = variable;
        }
        if (carried.own_preload && lists_us(carried.own_preload + strlen(PRELOAD_START)))
                carried.preload = NULL;
        else if (carried.own_preload)
                carried.preload_bytes = strlen(carried.own_preload) + 1 + strlen(own_path()) + 1;
        if (!carried.session && !carried.preload)
                return false;
        *ret_carried = carried;
        return true;
}

size_t environment_bytes(const struct carried *carried) {
        return (carried->n_before + 3) * sizeof(char *) + carried->preload_bytes;
}

/* The program's own comes first. */
static char *join_preloads(const struct carried *carried, char *text) {
        strcpy(text, carried->own_preload);
        strcat(text, carried->own_preload[strlen(PRELOAD_START)] ? ":" : "");
        return strcat(text, own_path());
}

char **environment_carry(const struct carried *carried, char *const *environment, void *memory) {
        char **carrying = memory;
        size_t n = carried->n_before;

        for (size_t i = 0; i < n; i++)
                carrying[i] = carried->preload_bytes > 0 && environment[i] == carried->own_preload
                                      ? join_preloads(carried, (char *) &carrying[n + 3]) : environment[i];
        if (carried->preload && carried->preload_bytes == 0)
                carrying[n++] = (char *) carried->preload;
        if (carried->session)
                carrying[n++] = (char *) carried->session;
        carrying[n] = NULL;
        return carrying;
}
