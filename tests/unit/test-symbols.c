/* Addresses of code become functions and lines. */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lookup.h"

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

/* Code that only the symbol table knows: one function inside another, one without a size, and a gap after one with a size. */
__asm__(".pushsection .text.by_hand, \"ax\", %progbits\n"
        ".type outer_code, %function\n.type inner_code, %function\n.type sizeless_code, %function\n.type last_code, %function\n"
        ".globl outer_code, inner_code, sizeless_code, last_code\n"
        "outer_code: .zero 16\n"
        "inner_code: .zero 16\n.size inner_code, 16\n"
        ".zero 16\n.size outer_code, 48\n"
        "sizeless_code: .zero 16\n"
        "last_code: .zero 16\n.size last_code, 16\n"
        ".zero 16\n"
        ".popsection\n");
extern const char outer_code[], inner_code[], sizeless_code[], last_code[];

static void expect_function(const char *address, const char *function) {
        uint64_t pc = (uintptr_t) address;
        struct catalog catalog;
        uint32_t stack;

        begin(&catalog);
        stack = add_stack(&catalog, &pc, 1);
        look_up(&catalog);
        EXPECT_STR(frame(&catalog, stack, 0)->function ? frame(&catalog, stack, 0)->function : "(none)", function);
        catalog_finish(&catalog);
}

TEST(the_innermost_symbol_that_covers_an_address_names_it) {
        expect_function(outer_code + 8, "outer_code");
        expect_function(inner_code + 8, "inner_code");
        expect_function(inner_code + 16 + 8, "outer_code");
        expect_function(sizeless_code + 8, "sizeless_code");
        expect_function(last_code + 8, "last_code");
        expect_function(last_code + 16 + 8, "(none)");
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
