/* Addresses become words: the libraries in tests/unit/symbols are loaded into this process, and what is known of them
 * is looked up as it would be for a traced program. */
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "symbols/symbols.h"
#include "test.h"

#define TEMPORARY "test-symbols.XXXXXX"

/* ---- a catalog of this process, filled by hand ---- */

static int add_module(struct dl_phdr_info *info, size_t size, void *data) {
        struct catalog *catalog = data;
        int id = catalog_add_module(catalog);
        struct module *module = &catalog->modules[id];

        *module = (struct module) { .process = 1, .bias = info->dlpi_addr, .from = UINT64_MAX };
        module->path = info->dlpi_name[0] ? strdup(info->dlpi_name) : realpath("/proc/self/exe", NULL);
        for (int i = 0; i < info->dlpi_phnum; i++) {
                const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
                uint64_t from = info->dlpi_addr + segment->p_vaddr;

                if (segment->p_type != PT_LOAD)
                        continue;
                module->from = from < module->from ? from : module->from;
                module->end = from + segment->p_memsz > module->end ? from + segment->p_memsz : module->end;
        }
        return 0;
}

static void begin(struct catalog *catalog) {
        catalog_init(catalog);
        catalog_add_process(catalog);
        dl_iterate_phdr(add_module, catalog);
}

/* Loads one of the libraries, has it tell its addresses, and begins a catalog. */
static bool begin_with(const char *library, struct catalog *catalog, struct fixture *fixture) {
        char path[4096];
        void *handle;
        fixture_get_function *get;

        memset(fixture, 0, sizeof(*fixture));
        snprintf(path, sizeof(path), "%s/lib%s.so", FIXTURE_FOLDER, library);
        handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (!handle) {
                test_fail(__FILE__, __LINE__, "%s", dlerror());
                return false;
        }
        get = (fixture_get_function *) (uintptr_t) dlsym(handle, "fixture_get");
        get(fixture);
        begin(catalog);
        return true;
}

static struct module *new_module(struct catalog *catalog) {
        int id = catalog_add_module(catalog);

        return &catalog->modules[id];
}

static uint32_t add_stack(struct catalog *catalog, const uint64_t *pcs, uint32_t n) {
        uint32_t id = (uint32_t) catalog_add_stack(catalog);
        struct stack *stack = &catalog->stacks[id];

        *stack = (struct stack) { .process = 1, .n_pcs = n, .pcs = malloc(n * sizeof(*pcs)) };
        memcpy(stack->pcs, pcs, n * sizeof(*pcs));
        return id;
}

static uint32_t add_object(struct catalog *catalog, unsigned kind, uint64_t address, uint32_t created_at) {
        uint32_t id = (uint32_t) catalog_add_object(catalog);

        catalog->objects[id] =
                (struct object) { .process = 1, .kind = (uint8_t) kind, .address = address, .created_at = created_at };
        return id;
}

static uint32_t add_thread(struct catalog *catalog, uint32_t parent, uint64_t start_routine) {
        uint32_t id = (uint32_t) catalog_add_thread(catalog);

        catalog->threads[id] = (struct thread) { .process = 1, .parent = parent, .start_routine = start_routine };
        return id;
}

static void look_up(struct catalog *catalog) {
        struct fault fault = { "" };

        EXPECT_EQ(symbolise(catalog, &fault), 0);
        EXPECT_STR(fault.message, "");
}

static const struct frame *frame(const struct catalog *catalog, uint32_t stack, uint32_t i) {
        static const struct frame none;

        return i < catalog->stacks[stack].n_frames ? &catalog->stacks[stack].frames[i] : &none;
}

/* The name that a mutex at this address gets, or "(none)". Valid until the next call. */
static const char *name_at(const char *library, size_t offset) {
        static char name[512];
        struct catalog catalog;
        struct fixture fixture;
        uint32_t id;

        if (!begin_with(library, &catalog, &fixture))
                return "(not loaded)";
        id = add_object(&catalog, OBJECT_MUTEX, *(uint64_t *) ((char *) &fixture + offset), 0);
        look_up(&catalog);
        snprintf(name, sizeof(name), "%s", catalog.objects[id].name ? catalog.objects[id].name : "(none)");
        catalog_finish(&catalog);
        return name;
}
#define NAME_AT(library, member) name_at(library, offsetof(struct fixture, member))

/* ---- frames ---- */

TEST(a_call_has_its_function_its_absolute_file_and_its_line) {
        struct catalog catalog;
        struct fixture fixture;
        uint32_t stack;

        ASSERT(begin_with("symbols-debug", &catalog, &fixture));
        stack = add_stack(&catalog, &fixture.plain.pc, 1);
        look_up(&catalog);
        EXPECT_EQ(catalog.stacks[stack].n_frames, 1);
        EXPECT_STR(frame(&catalog, stack, 0)->function, "fixture_plain");
        EXPECT_EQ(frame(&catalog, stack, 0)->line, fixture.plain.innermost);
        EXPECT_EQ(frame(&catalog, stack, 0)->address, fixture.plain.pc);
        EXPECT_CONTAINS(frame(&catalog, stack, 0)->file, "/tests/unit/symbols/fixture.c");
        EXPECT(frame(&catalog, stack, 0)->file && frame(&catalog, stack, 0)->file[0] == '/');
        EXPECT(frame(&catalog, stack, 0)->file && !strstr(frame(&catalog, stack, 0)->file, ".."));
        EXPECT(frame(&catalog, stack, 0)->file && access(frame(&catalog, stack, 0)->file, R_OK) == 0);
        EXPECT_CONTAINS(frame(&catalog, stack, 0)->module, "libsymbols-debug.so");
        catalog_finish(&catalog);
}

TEST(a_library_that_has_changed_since_the_recording_gives_no_names) {
        struct catalog catalog;
        struct fixture fixture;
        struct stat status;
        struct fault fault;
        uint32_t stack, lock;
        uint64_t changed_ns;

        ASSERT(stat(FIXTURE_FOLDER "/libsymbols-debug.so", &status) == 0);
        changed_ns = (uint64_t) status.st_mtim.tv_sec * 1000000000 + (uint64_t) status.st_mtim.tv_nsec;
        for (int is_same = 0; is_same < 2; is_same++) {
                ASSERT(begin_with("symbols-debug", &catalog, &fixture));
                stack = add_stack(&catalog, &fixture.plain.pc, 1);
                lock = add_object(&catalog, OBJECT_MUTEX, fixture.fork_lock, 0);
                EXPECT_EQ(symbolise_late(&catalog, changed_ns - 1 + (uint64_t) is_same, &fault), 0);
                EXPECT(!frame(&catalog, stack, 0)->function == !is_same);
                EXPECT(!frame(&catalog, stack, 0)->file == !is_same);
                EXPECT_CONTAINS(catalog.objects[lock].name, is_same ? "fork" : "mutex at libsymbols-debug.so+0x");
                catalog_finish(&catalog);
        }
}

static void expect_inlined(const char *library) {
        struct catalog catalog;
        struct fixture fixture;
        uint32_t stack;

        ASSERT(begin_with(library, &catalog, &fixture));
        stack = add_stack(&catalog, &fixture.inlined.pc, 1);
        look_up(&catalog);
        EXPECT_EQ(catalog.stacks[stack].n_frames, 3);
        EXPECT_STR(frame(&catalog, stack, 0)->function, "inner_step");
        EXPECT_EQ(frame(&catalog, stack, 0)->line, fixture.inlined.innermost);
        EXPECT_STR(frame(&catalog, stack, 1)->function, "middle_step");
        EXPECT_EQ(frame(&catalog, stack, 1)->line, fixture.inlined.middle);
        EXPECT_STR(frame(&catalog, stack, 2)->function, "fixture_outer");
        EXPECT_EQ(frame(&catalog, stack, 2)->line, fixture.inlined.outer);
        EXPECT_CONTAINS(frame(&catalog, stack, 2)->file, "/tests/unit/symbols/fixture.c");
        catalog_finish(&catalog);
}

TEST(inlined_calls_are_frames_of_their_own) {
        expect_inlined("symbols-debug");
        expect_inlined("symbols-unoptimised");
}

TEST(without_debug_information_a_function_has_its_name_only) {
        struct catalog catalog;
        struct fixture fixture;
        uint32_t plain, hidden;

        ASSERT(begin_with("symbols-plain", &catalog, &fixture));
        plain = add_stack(&catalog, &fixture.plain.pc, 1);
        hidden = add_stack(&catalog, &fixture.hidden.pc, 1);
        look_up(&catalog);
        EXPECT_STR(frame(&catalog, plain, 0)->function, "fixture_plain");
        EXPECT_STR(frame(&catalog, hidden, 0)->function, "hidden_step");
        EXPECT_EQ(frame(&catalog, plain, 0)->line, 0);
        EXPECT(frame(&catalog, plain, 0)->file == NULL);
        catalog_finish(&catalog);
}

TEST(a_function_whose_symbol_is_gone_is_not_called_by_its_neighbours_name) {
        struct catalog catalog;
        struct fixture fixture;
        uint32_t plain, hidden;

        ASSERT(begin_with("symbols-stripped", &catalog, &fixture));
        plain = add_stack(&catalog, &fixture.plain.pc, 1);
        hidden = add_stack(&catalog, &fixture.hidden.pc, 1);
        look_up(&catalog);
        EXPECT_STR(frame(&catalog, plain, 0)->function, "fixture_plain"); /* exported */
        EXPECT_EQ(catalog.stacks[hidden].n_frames, 1);
        EXPECT(frame(&catalog, hidden, 0)->function == NULL);
        EXPECT_CONTAINS(frame(&catalog, hidden, 0)->module, "libsymbols-stripped.so");
        catalog_finish(&catalog);
}

TEST(what_calls_main_is_cut_away) {
        uint64_t in_libc = (uintptr_t) dlsym(RTLD_DEFAULT, "gnu_get_libc_version") + 8;
        struct catalog catalog;
        struct fixture fixture;
        uint32_t stack, alone;

        ASSERT(begin_with("symbols-debug", &catalog, &fixture));
        stack = add_stack(&catalog, (uint64_t[]) { in_libc, fixture.plain.pc, fixture.hidden.pc, in_libc, 4096 }, 5);
        alone = add_stack(&catalog, (uint64_t[]) { in_libc, in_libc, 4096 }, 3);
        look_up(&catalog);
        EXPECT_EQ(catalog.stacks[stack].n_frames, 3);
        EXPECT_STR(frame(&catalog, stack, 1)->function, "fixture_plain");
        EXPECT_STR(frame(&catalog, stack, 2)->function, "hidden_step");
        EXPECT_EQ(catalog.stacks[alone].n_frames, 1); /* never nothing at all */
        catalog_finish(&catalog);
}

/* As if that library were Heddle's. */
static void rename_module(struct catalog *catalog, const char *library, const char *path) {
        for (uint32_t i = 1; i < catalog->n_modules; i++) {
                if (!strstr(catalog->modules[i].path, library))
                        continue;
                free(catalog->modules[i].path);
                catalog->modules[i].path = strdup(path);
        }
}

TEST(a_stack_begins_outside_of_heddles_own_libraries) {
        struct catalog catalog;
        struct fixture own, users;
        uint32_t stack, alone, thread;

        ASSERT(begin_with("symbols-debug", &catalog, &own));
        catalog_finish(&catalog);
        ASSERT(begin_with("symbols-plain", &catalog, &users));
        rename_module(&catalog, "libsymbols-debug.so", "/nowhere/libheddle.so.0");
        stack = add_stack(&catalog, (uint64_t[]) { own.plain.pc, own.hidden.pc, users.plain.pc, own.hidden.pc }, 4);
        alone = add_stack(&catalog, (uint64_t[]) { own.plain.pc, own.hidden.pc }, 2);
        thread = add_thread(&catalog, 0, own.start_routine);
        look_up(&catalog);
        EXPECT_EQ(catalog.stacks[stack].n_frames, 1);
        EXPECT_STR(frame(&catalog, stack, 0)->function, "fixture_plain");
        EXPECT_EQ(catalog.stacks[alone].n_frames, 1);
        EXPECT(catalog.threads[thread].name == NULL);
        catalog_finish(&catalog);
}

TEST(frames_that_are_there_already_are_kept) {
        struct catalog catalog;
        struct fixture fixture;
        uint32_t stack;
        struct frame *frames;

        ASSERT(begin_with("symbols-debug", &catalog, &fixture));
        stack = add_stack(&catalog, &fixture.plain.pc, 1);
        look_up(&catalog);
        frames = catalog.stacks[stack].frames;
        look_up(&catalog);
        EXPECT(catalog.stacks[stack].frames == frames);
        catalog_finish(&catalog);
}

/* ---- variables ---- */

TEST(a_lock_is_called_by_its_variable_and_the_way_into_it) {
        static const char *const libraries[] = { "symbols-debug", "symbols-unoptimised" };

        for (size_t i = 0; i < 2; i++) {
                EXPECT_STR(NAME_AT(libraries[i], whole_mutex), "fixture_mutex");
                EXPECT_STR(NAME_AT(libraries[i], hidden_mutex), "hidden_mutexes[3]");
                EXPECT_STR(NAME_AT(libraries[i], fork_lock), "fixture_table.forks[2].lock");
                EXPECT_STR(NAME_AT(libraries[i], first_fork_lock), "fixture_table.forks[0].lock");
                EXPECT_STR(NAME_AT(libraries[i], local_mutex), "once_lock");
        }
}

TEST(the_way_leads_through_dimensions_unions_and_nameless_structures) {
        EXPECT_STR(NAME_AT("symbols-debug", grid_lock), "fixture_table.grid[1][2]");
        EXPECT_STR(NAME_AT("symbols-debug", union_semaphore), "fixture_table.either.posted");
        EXPECT_STR(NAME_AT("symbols-debug", nameless_cond), "fixture_table.ready");
}

TEST(where_no_lock_type_is_met_the_outermost_thing_that_begins_there_names_it) {
        EXPECT_STR(NAME_AT("symbols-debug", own_spin), "own_spins[1]");
        EXPECT_STR(NAME_AT("symbols-debug", no_lock), "fixture_table");
}

TEST(without_debug_information_a_lock_is_called_by_its_symbol) {
        EXPECT_STR(NAME_AT("symbols-plain", whole_mutex), "fixture_mutex");
        EXPECT_STR(NAME_AT("symbols-plain", hidden_mutex), "hidden_mutexes+120");
        EXPECT_STR(NAME_AT("symbols-stripped", whole_mutex), "fixture_mutex");
        EXPECT_CONTAINS(NAME_AT("symbols-stripped", hidden_mutex), "mutex at libsymbols-stripped.so+0x");
}

TEST(what_is_no_variable_is_called_by_where_it_was_made) {
        struct catalog catalog;
        struct fixture fixture;
        uint32_t stack, nowhere, ids[3];
        char wanted[64];

        ASSERT(begin_with("symbols-debug", &catalog, &fixture));
        stack = add_stack(&catalog, &fixture.plain.pc, 1);
        for (size_t i = 0; i < 3; i++)
                ids[i] = add_object(&catalog, i < 2 ? OBJECT_MUTEX : OBJECT_CHANNEL, 0x1000 + i, stack);
        nowhere = add_object(&catalog, OBJECT_MUTEX, 0x2000, 0);
        look_up(&catalog);
        snprintf(wanted, sizeof(wanted), "mutex at fixture.c:%u", fixture.plain.innermost);
        EXPECT_STR(catalog.objects[ids[0]].name, wanted);
        strcat(wanted, " #2");
        EXPECT_STR(catalog.objects[ids[1]].name, wanted);
        snprintf(wanted, sizeof(wanted), "channel at fixture.c:%u", fixture.plain.innermost);
        EXPECT_STR(catalog.objects[ids[2]].name, wanted);
        EXPECT(catalog.objects[nowhere].name == NULL);
        catalog_finish(&catalog);
}

TEST(numbers_go_on_where_an_earlier_look_left_off) {
        struct catalog catalog;
        struct fixture fixture;
        uint32_t stack, second;

        ASSERT(begin_with("symbols-plain", &catalog, &fixture));
        stack = add_stack(&catalog, &fixture.plain.pc, 1);
        add_object(&catalog, OBJECT_MUTEX, 0x1000, stack);
        look_up(&catalog);
        EXPECT_STR(catalog.objects[1].name, "mutex in fixture_plain()");
        second = add_object(&catalog, OBJECT_MUTEX, 0x2000, stack);
        look_up(&catalog);
        EXPECT_STR(catalog.objects[1].name, "mutex in fixture_plain()");
        EXPECT_STR(catalog.objects[second].name, "mutex in fixture_plain() #2");
        catalog_finish(&catalog);
}

TEST(a_name_that_the_program_gave_is_kept) {
        struct catalog catalog;
        struct fixture fixture;
        uint32_t id;

        ASSERT(begin_with("symbols-debug", &catalog, &fixture));
        id = add_object(&catalog, OBJECT_MUTEX, fixture.whole_mutex, 0);
        catalog.objects[id].name = strdup("the till");
        look_up(&catalog);
        EXPECT_STR(catalog.objects[id].name, "the till");
        catalog_finish(&catalog);
}

/* ---- threads ---- */

TEST(threads_are_called_by_their_start_function_and_numbered_when_they_share_it) {
        struct catalog catalog;
        struct fixture fixture;

        ASSERT(begin_with("symbols-debug", &catalog, &fixture));
        add_thread(&catalog, 0, 0);
        add_thread(&catalog, 1, fixture.start_routine);
        add_thread(&catalog, 1, 0);
        add_thread(&catalog, 1, fixture.start_routine);
        look_up(&catalog);
        EXPECT_STR(catalog.threads[1].name, "main");
        EXPECT_STR(catalog.threads[2].name, "fixture_worker #1");
        EXPECT(catalog.threads[3].name == NULL);
        EXPECT_STR(catalog.threads[4].name, "fixture_worker #2");
        catalog_finish(&catalog);
}

TEST(a_thread_alone_with_its_function_has_no_number) {
        struct catalog catalog;
        struct fixture fixture;

        ASSERT(begin_with("symbols-stripped", &catalog, &fixture));
        add_thread(&catalog, 0, 0);
        add_thread(&catalog, 1, fixture.start_routine);
        look_up(&catalog);
        EXPECT_STR(catalog.threads[2].name, "fixture_worker");
        catalog_finish(&catalog);
}

TEST(a_thread_that_a_library_started_is_called_by_the_programs_outermost_function) {
        uint64_t in_libc = (uintptr_t) dlsym(RTLD_DEFAULT, "gnu_get_libc_version") + 8;
        struct catalog catalog;
        struct fixture fixture;
        uint32_t whole, part, thread;

        ASSERT(begin_with("symbols-debug", &catalog, &fixture));
        whole = add_thread(&catalog, 1, 4711);
        part = add_thread(&catalog, 1, 4711);
        catalog.threads[whole].first_stack = add_stack(&catalog, (uint64_t[]) { fixture.plain.pc, fixture.hidden.pc, in_libc }, 3);
        catalog.threads[part].first_stack = add_stack(&catalog, (uint64_t[]) { fixture.plain.pc, fixture.hidden.pc }, 2);
        thread = add_thread(&catalog, 1, 4711);
        catalog.threads[thread].first_stack = 4711;
        look_up(&catalog);
        EXPECT_STR(catalog.threads[whole].name, "hidden_step");
        EXPECT(catalog.threads[part].name == NULL); /* what called hidden_step() is not known */
        EXPECT(catalog.threads[thread].name == NULL);
        catalog_finish(&catalog);
}

/* ---- C++ ---- */

TEST(cxx_names_are_qualified) {
#ifdef FIXTURE_CXX
        struct catalog catalog;
        struct fixture fixture;
        uint32_t stack;

        ASSERT(begin_with("symbols-cxx", &catalog, &fixture));
        stack = add_stack(&catalog, &fixture.plain.pc, 1);
        look_up(&catalog);
        EXPECT_STR(frame(&catalog, stack, 0)->function, "bank::account::deposit");
        EXPECT_EQ(frame(&catalog, stack, 0)->line, fixture.plain.innermost);
        catalog_finish(&catalog);
        EXPECT_STR(NAME_AT("symbols-cxx", whole_mutex), "bank::account::all");
        EXPECT_STR(NAME_AT("symbols-cxx", fork_lock), "bank::accounts[2].own");
#else
        test_skip("no C++ compiler");
#endif
}

/* ---- bad input ---- */

TEST(modules_that_are_no_readable_file_are_passed_over) {
        static const char *const paths[] = { "/nowhere/at/all", "/", "/dev/zero", "/dev/stdin", "", "linux-vdso.so.1", "/proc/self/mem" };
        struct catalog catalog;
        uint32_t stack, mutex;

        ASSERT(catalog_init(&catalog) == 0);
        catalog_add_process(&catalog);
        for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
                struct module *module = new_module(&catalog);

                *module = (struct module) { .process = 1, .from = 0x10000 * (i + 1), .end = 0x10000 * (i + 2) };
                module->path = strdup(paths[i]);
        }
        stack = add_stack(&catalog, (uint64_t[]) { 0x10008, 0x20008, 0x30008, 0x40008, 0x50008, 0x60008, 0x70008 }, 7);
        mutex = add_object(&catalog, OBJECT_MUTEX, 0x20010, stack);
        look_up(&catalog);
        EXPECT_EQ(catalog.stacks[stack].n_frames, 7);
        EXPECT(catalog.objects[mutex].name == NULL);
        catalog_finish(&catalog);
}

TEST(an_absurd_catalog_is_survived) {
        static const uint64_t absurd[] = { 0, 1, UINT64_MAX, UINT64_MAX - 1, UINT64_C(1) << 63, 4096 };
        enum { N = sizeof(absurd) / sizeof(*absurd) };
        struct catalog catalog;
        struct fixture fixture;
        uint32_t empty;

        ASSERT(begin_with("symbols-debug", &catalog, &fixture));
        for (size_t i = 0; i < N * N * N; i++) {
                struct module *module = new_module(&catalog);

                *module = (struct module) { (uint32_t) (i % 3), absurd[i % N], absurd[i / N % N], NULL, absurd[i / N / N] };
                module->path = realpath("/proc/self/exe", NULL);
        }
        for (size_t i = 0; i < N; i++) {
                uint32_t stack = add_stack(&catalog, absurd, N), thread;

                catalog.stacks[stack].process = (uint32_t) i * 1000;
                add_object(&catalog, (unsigned) i, absurd[i], (uint32_t) absurd[i]);
                thread = add_thread(&catalog, (uint32_t) absurd[i], absurd[i]);
                catalog.threads[thread].process = (uint32_t) absurd[i];
        }
        empty = (uint32_t) catalog_add_stack(&catalog);
        catalog.stacks[empty].n_pcs = 3; /* and no addresses */
        look_up(&catalog);
        catalog_finish(&catalog);
}

/* A fixed sequence, so that a failure can be had again. */
static uint32_t next_random(uint32_t *state) {
        *state ^= *state << 13;
        *state ^= *state >> 17;
        return *state ^= *state << 5;
}

static void write_damaged(const char *path, const char *bytes, size_t n, uint32_t *state) {
        size_t cut = next_random(state) % 8 == 0 ? next_random(state) % n : n;
        int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        EXPECT(fd >= 0);
        EXPECT_EQ(write(fd, bytes, cut), cut);
        for (size_t i = next_random(state) % 64; i > 0 && cut > 0; i--) {
                uint8_t byte = (uint8_t) next_random(state);

                EXPECT_EQ(pwrite(fd, &byte, 1, (off_t) (next_random(state) % cut)), 1);
        }
        close(fd);
}

TEST(a_damaged_file_is_survived) {
        static char bytes[1 << 20];
        char path[] = TEMPORARY;
        struct catalog catalog;
        struct fixture fixture;
        uint32_t state = 2463534242u;
        FILE *file;
        size_t n;

        ASSERT(close(mkstemp(path)) == 0);
        ASSERT((file = fopen(FIXTURE_FOLDER "/libsymbols-debug.so", "r")));
        n = fread(bytes, 1, sizeof(bytes), file);
        fclose(file);
        for (int round = 0; round < 300; round++) {
                ASSERT(begin_with("symbols-debug", &catalog, &fixture));
                rename_module(&catalog, "libsymbols-debug.so", path);
                write_damaged(path, bytes, n, &state);
                add_stack(&catalog, (uint64_t[]) { fixture.inlined.pc, fixture.hidden.pc, fixture.plain.pc }, 3);
                add_object(&catalog, OBJECT_MUTEX, fixture.fork_lock, 1);
                add_object(&catalog, OBJECT_MUTEX, fixture.union_semaphore, 1);
                look_up(&catalog);
                catalog_finish(&catalog);
        }
        unlink(path);
}
