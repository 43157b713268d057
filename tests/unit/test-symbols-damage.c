/* Catalogs and files that make no sense are survived. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "lookup.h"

#define TEMPORARY "test-symbols.XXXXXX"

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
        EXPECT_STR(catalog.objects[mutex].name, "mutex in all+0x10008");
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

/* The usual number, or another one for a longer look: DAMAGE_ROUNDS=100000 test-symbols-damage. */
static int n_rounds(int usual) {
        const char *wish = getenv("DAMAGE_ROUNDS");

        return wish ? atoi(wish) : usual;
}

static void look_up_damaged(const char *library, const char *path, const char *bytes, size_t n, uint32_t *state) {
        struct catalog catalog;
        struct fixture fixture;
        uint64_t sites[4];
        char file[64];

        ASSERT(begin_with(library, &catalog, &fixture));
        snprintf(file, sizeof(file), "lib%s.so", library);
        rename_module(&catalog, file, path);
        write_damaged(path, bytes, n, state);
        memcpy(sites, (uint64_t[]) { fixture.said.pc, fixture.given.pc, fixture.handed.pc, fixture.plain.pc }, sizeof(sites));
        add_stack(&catalog, (uint64_t[]) { fixture.inlined.pc, fixture.hidden.pc, fixture.plain.pc }, 3);
        add_object(&catalog, OBJECT_MUTEX, fixture.fork_lock, 1);
        add_object(&catalog, OBJECT_MUTEX, fixture.union_semaphore, 1);
        for (size_t i = 0; i < sizeof(sites) / sizeof(*sites); i++)
                add_object(&catalog, OBJECT_MUTEX, 0x1000 + i, add_stack(&catalog, &sites[i], 1));
        look_up(&catalog);
        catalog_finish(&catalog);
}

static void survive_damage(const char *library, int rounds) {
        static char bytes[1 << 20];
        char path[] = TEMPORARY, whole[4096];
        uint32_t state = 2463534242u;
        FILE *file;
        size_t n;

        ASSERT(close(mkstemp(path)) == 0);
        snprintf(whole, sizeof(whole), "%s/lib%s.so", FIXTURE_FOLDER, library);
        ASSERT((file = fopen(whole, "r")));
        n = fread(bytes, 1, sizeof(bytes), file);
        fclose(file);
        for (int round = 0; round < rounds; round++)
                look_up_damaged(library, path, bytes, n, &state);
        unlink(path);
}

TEST(a_damaged_file_is_survived) {
        survive_damage("symbols-debug", n_rounds(300));
        survive_damage("symbols-dwarf4", n_rounds(100));
}

TEST(a_damaged_file_of_cxx_is_survived) {
#ifdef FIXTURE_CXX
        survive_damage("symbols-cxx", n_rounds(50));
#else
        test_skip("no C++ compiler");
#endif
}
