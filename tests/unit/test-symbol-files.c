/* Which file names are looked up in, and where else its debug information may be. */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lookup.h"

/* ---- the file itself ---- */

#define NEVER 0 /* everything is newer */

struct looked_up {
        struct catalog catalog;
        char *remarks;
        uint32_t stack, lock;
};

static struct module *module_of(struct catalog *catalog, const char *library) {
        for (uint32_t i = 1; i < catalog->n_modules; i++)
                if (strstr(catalog->modules[i].path, library))
                        return &catalog->modules[i];
        return &catalog->modules[0];
}

/* Looks up a function and a variable of a library as of a recording made at that time, of a file with that build-id, at that
 * path; NULL: its own. */
static bool look_up_in(const char *library, const char *path, const char *build_id, uint64_t unix_ns, struct looked_up *ret) {
        struct fault fault = { "" };
        struct fixture fixture;
        char file[64];

        memset(ret, 0, sizeof(*ret));
        if (!begin_with(library, &ret->catalog, &fixture))
                return false;
        snprintf(file, sizeof(file), "lib%s.so", library);
        if (build_id)
                module_of(&ret->catalog, file)->build_id = strdup(build_id);
        if (path)
                rename_module(&ret->catalog, file, path);
        ret->stack = add_stack(&ret->catalog, &fixture.plain.pc, 1);
        ret->lock = add_object(&ret->catalog, OBJECT_MUTEX, fixture.fork_lock, 0);
        EXPECT_EQ(symbolise_late(&ret->catalog, unix_ns, &ret->remarks, &fault), 0);
        return true;
}

static void finish(struct looked_up *looked_up) {
        free(looked_up->remarks);
        catalog_finish(&looked_up->catalog);
}

static bool has_names(const struct looked_up *looked_up) {
        return frame(&looked_up->catalog, looked_up->stack, 0)->function && frame(&looked_up->catalog, looked_up->stack, 0)->file &&
               strstr(looked_up->catalog.objects[looked_up->lock].name, "fork");
}

static void expect_no_names(struct looked_up *looked_up, const char *remark) {
        EXPECT(!frame(&looked_up->catalog, looked_up->stack, 0)->function);
        EXPECT(!frame(&looked_up->catalog, looked_up->stack, 0)->file);
        EXPECT_CONTAINS(looked_up->catalog.objects[looked_up->lock].name, "mutex at ");
        EXPECT_CONTAINS(looked_up->remarks ? looked_up->remarks : "", remark);
        finish(looked_up);
}

TEST(without_a_build_id_a_file_that_has_changed_since_gives_no_names) {
        struct looked_up looked_up;
        struct stat status;
        uint64_t changed_ns;

        ASSERT(stat(FIXTURE_FOLDER "/libsymbols-debug.so", &status) == 0);
        changed_ns = (uint64_t) status.st_mtim.tv_sec * 1000000000 + (uint64_t) status.st_mtim.tv_nsec;
        ASSERT(look_up_in("symbols-debug", NULL, NULL, changed_ns, &looked_up));
        EXPECT(has_names(&looked_up));
        EXPECT_STR(looked_up.remarks ? looked_up.remarks : "", "");
        finish(&looked_up);
        ASSERT(look_up_in("symbols-debug", NULL, NULL, changed_ns - 1, &looked_up));
        expect_no_names(&looked_up, "libsymbols-debug.so is another one than was recorded");
}

TEST(the_build_id_decides_where_it_is_known) {
        struct looked_up looked_up;

        ASSERT(look_up_in("symbols-debug", NULL, FIXTURE_BUILD_ID, NEVER, &looked_up));
        EXPECT(has_names(&looked_up));
        finish(&looked_up);
        ASSERT(look_up_in("symbols-debug", NULL, "c0ffee", UINT64_MAX, &looked_up));
        expect_no_names(&looked_up, "libsymbols-debug.so is another one than was recorded");
}

TEST(a_file_that_is_gone_is_told) {
        struct looked_up looked_up;

        ASSERT(look_up_in("symbols-debug", "/nowhere/at/all.so", NULL, UINT64_MAX, &looked_up));
        expect_no_names(&looked_up, "/nowhere/at/all.so is gone, so its functions and variables have no names");
        ASSERT(look_up_in("symbols-debug", "/dev", NULL, UINT64_MAX, &looked_up));
        expect_no_names(&looked_up, "/dev cannot be read");
}

/* ---- debug information elsewhere ---- */

static void expect_all_names(const char *library) {
        struct looked_up looked_up;

        ASSERT(look_up_in(library, NULL, NULL, UINT64_MAX, &looked_up));
        EXPECT_STR(frame(&looked_up.catalog, looked_up.stack, 0)->function, "fixture_plain");
        EXPECT_CONTAINS(frame(&looked_up.catalog, looked_up.stack, 0)->file, "/tests/unit/symbols/fixture.c");
        EXPECT_STR(looked_up.catalog.objects[looked_up.lock].name, "fixture_table.forks[2].lock");
        finish(&looked_up);
}

TEST(debug_information_is_read_in_every_form) {
        expect_all_names("symbols-dwarf4");
        expect_all_names("symbols-split");
        expect_all_names("symbols-zlib");
        expect_all_names("symbols-lto");
}

TEST(debug_information_is_found_by_its_link) {
#ifdef FIXTURE_LINKED
        expect_all_names("symbols-linked");
#else
        test_skip("no objcopy");
#endif
}

TEST(debug_information_that_files_share_is_found) {
#ifdef FIXTURE_SHARED
        expect_all_names("symbols-dwz");
#else
        test_skip("no dwz");
#endif
}

/* ---- debuginfod ---- */

#ifdef FIXTURE_LINKED

static char server[] = "/tmp/test-symbol-files.XXXXXX"; /* a folder with what a server has, and what a client fetched from it */

static bool begin_server(void) {
        char command[1024];

        if (!mkdtemp(server))
                return false;
        snprintf(command, sizeof(command),
                 "mkdir -p %s/buildid/" FIXTURE_BUILD_ID " %s/client && cp '" FIXTURE_FOLDER "/libsymbols-linked.debug' %s/buildid/" FIXTURE_BUILD_ID
                 "/debuginfo",
                 server, server, server);
        if (system(command) != 0)
                return false;
        snprintf(command, sizeof(command), "file://%s", server);
        setenv("DEBUGINFOD_URLS", command, 1);
        snprintf(command, sizeof(command), "%s/client", server);
        setenv("DEBUGINFOD_CACHE_PATH", command, 1);
        unsetenv("HEDDLE_DEBUGINFOD");
        return true;
}

static void end_server(void) {
        char command[1024];

        snprintf(command, sizeof(command), "rm -rf %s", server);
        EXPECT_EQ(system(command), 0);
        unsetenv("DEBUGINFOD_URLS");
        unsetenv("DEBUGINFOD_CACHE_PATH");
        unsetenv("HEDDLE_DEBUGINFOD");
}

static bool knows_lines(void) {
        struct looked_up looked_up;
        bool has_line;

        if (!look_up_in("symbols-bare", NULL, FIXTURE_BUILD_ID, UINT64_MAX, &looked_up))
                return false;
        has_line = frame(&looked_up.catalog, looked_up.stack, 0)->line > 0;
        finish(&looked_up);
        return has_line;
}

#endif

TEST(a_server_is_asked_only_on_demand_and_what_it_gave_is_kept) {
#ifdef FIXTURE_LINKED
        if (!dlopen("libdebuginfod.so.1", RTLD_NOW)) {
                test_skip("no libdebuginfod");
                return;
        }
        ASSERT(begin_server());
        EXPECT(!knows_lines());
        EXPECT_CONTAINS(getenv("DEBUGINFOD_URLS"), "file://"); /* as it was */
        setenv("HEDDLE_DEBUGINFOD", "1", 1);
        EXPECT(knows_lines());
        unsetenv("HEDDLE_DEBUGINFOD");
        EXPECT(knows_lines());
        setenv("DEBUGINFOD_CACHE_PATH", "/nowhere/at/all", 1);
        EXPECT(!knows_lines());
        end_server();
#else
        test_skip("no objcopy");
#endif
}
