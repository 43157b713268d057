/* See debuginfo.h. Ubuntu sets DEBUGINFOD_URLS for everybody: a recording must not wait for a server because of that, nor tell
 * one what ran. */
#include "symbols/debuginfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char urls_variable[] = "DEBUGINFOD_URLS";
static char *urls; /* what was there, between begin and end */

#define PATIENCE_SECONDS 60 /* for all files together: servers that do not answer do so for each */
static time_t asked_seconds;

int debuginfo_begin(void) {
        const char *value = getenv(urls_variable);

        asked_seconds = 0;
        urls = value ? strdup(value) : NULL;
        if (value && !urls)
                return -ENOMEM;
        if (urls)
                unsetenv(urls_variable);
        return 0;
}

void debuginfo_end(void) {
        if (urls)
                setenv(urls_variable, urls, 1);
        free(urls);
        urls = NULL;
}

/* ---- what was fetched earlier ---- */

/* The folder that debuginfod's own client keeps its files in. */
static int cache_folder(char **ret_folder) {
        const char *own = getenv("DEBUGINFOD_CACHE_PATH"), *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
        int r = 0;

        *ret_folder = NULL;
        if (own && *own)
                r = asprintf(ret_folder, "%s", own);
        else if (cache && *cache)
                r = asprintf(ret_folder, "%s/debuginfod_client", cache);
        else if (home && *home)
                r = asprintf(ret_folder, "%s/.cache/debuginfod_client", home);
        return r < 0 || !*ret_folder ? -1 : 0;
}

/* FOLDER/BUILD-ID/debuginfo. An empty one says that the servers had none. */
static int open_fetched(Dwfl_Module *module, char **ret_name) {
        const unsigned char *id;
        struct stat status;
        GElf_Addr address;
        char *folder, *name, digits[2 * 64 + 1];
        int n = dwfl_module_build_id(module, &id, &address), fd;

        if (n <= 0 || n > 64 || cache_folder(&folder) < 0)
                return -1;
        for (int i = 0; i < n; i++)
                sprintf(digits + 2 * i, "%02x", id[i]);
        n = asprintf(&name, "%s/%s/debuginfo", folder, digits);
        free(folder);
        if (n < 0)
                return -1;
        fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd >= 0 && (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size == 0)) {
                close(fd);
                fd = -1;
        }
        if (fd < 0)
                free(name);
        else
                *ret_name = name;
        return fd;
}

/* ---- asking ---- */

static bool may_ask(void) {
        const char *wish = getenv("HEDDLE_DEBUGINFOD");

        return urls && *urls && wish && strcmp(wish, "1") == 0 && asked_seconds < PATIENCE_SECONDS;
}

/* Sets what the user has not set; returns whether that is to be taken back. */
static bool suggest(const char *name, const char *value) {
        return !getenv(name) && setenv(name, value, 1) == 0;
}

static time_t now_seconds(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec;
}

/* elfutils' own way, with what its client reads from the environment. */
static int ask(Dwfl_Module *module, void **user_data, const char *module_name, Dwarf_Addr base, const char *file_name,
               const char *debuglink_file, GElf_Word debuglink_crc, char **ret_debuginfo_file_name) {
        bool shows = isatty(STDERR_FILENO) && suggest("DEBUGINFOD_PROGRESS", "1");
        bool hurries = suggest("DEBUGINFOD_TIMEOUT", "10"), ends = suggest("DEBUGINFOD_MAXTIME", "60");
        time_t began = now_seconds();
        int fd;

        setenv(urls_variable, urls, 1);
        fd = dwfl_standard_find_debuginfo(module, user_data, module_name, base, file_name, debuglink_file, debuglink_crc,
                                          ret_debuginfo_file_name);
        unsetenv(urls_variable);
        asked_seconds += now_seconds() - began;
        if (shows)
                unsetenv("DEBUGINFOD_PROGRESS");
        if (hurries)
                unsetenv("DEBUGINFOD_TIMEOUT");
        if (ends)
                unsetenv("DEBUGINFOD_MAXTIME");
        return fd;
}

int debuginfo_find(Dwfl_Module *module, void **user_data, const char *module_name, Dwarf_Addr base, const char *file_name,
                   const char *debuglink_file, GElf_Word debuglink_crc, char **ret_debuginfo_file_name) {
        /* What several files share (dwz) is asked for by name alone, and the module's build-id is not its. */
        bool is_shared = debuglink_file && debuglink_crc == 0;
        int fd = dwfl_standard_find_debuginfo(module, user_data, module_name, base, file_name, debuglink_file, debuglink_crc,
                                              ret_debuginfo_file_name);

        if (fd < 0 && !is_shared)
                fd = open_fetched(module, ret_debuginfo_file_name);
        if (fd < 0 && may_ask())
                fd = ask(module, user_data, module_name, base, file_name, debuglink_file, debuglink_crc, ret_debuginfo_file_name);
        return fd;
}
