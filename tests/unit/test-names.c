/* Objects and threads get names: a variable and the way into it, where they were made, the function they were started with. */
#include <dlfcn.h>
#include <stdlib.h>

#include "lookup.h"

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

/* What a mutex is called, and the structure it is said to be in, that was made at a call. */
static void expect_made_at(const char *library, size_t site, const char *name, const char *type) {
        struct catalog catalog;
        struct fixture fixture;
        uint32_t id;

        ASSERT(begin_with(library, &catalog, &fixture));
        id = add_object(&catalog, OBJECT_MUTEX, 0x1000, add_stack(&catalog, (uint64_t *) ((char *) &fixture + site), 1));
        look_up(&catalog);
        EXPECT_STR(catalog.objects[id].name, name);
        EXPECT_STR(catalog.objects[id].type ? catalog.objects[id].type : "", type);
        catalog_finish(&catalog);
}

TEST(an_object_in_the_heap_is_called_as_the_source_does_and_has_the_type_it_is_in) {
        expect_made_at("symbols-debug", offsetof(struct fixture, said), "acc->lock", "struct account");
        expect_made_at("symbols-unoptimised", offsetof(struct fixture, said), "acc->lock", "struct account");
}

TEST(without_the_source_the_parameter_of_the_call_says_what_the_object_is) {
#ifndef __clang__ /* which tells of parameters that are handed on as they are, and of no sums */
        expect_made_at("symbols-debug", offsetof(struct fixture, given), "acc->lock", "struct account");
#endif
        expect_made_at("symbols-debug", offsetof(struct fixture, handed), "*some_lock", "");
}

TEST(where_neither_says_what_it_is_nothing_is_made_up) {
        struct fixture fixture;
        struct catalog catalog;
        char wanted[64];

        ASSERT(begin_with("symbols-unoptimised", &catalog, &fixture));
        catalog_finish(&catalog);
        snprintf(wanted, sizeof(wanted), "mutex at fixture.c:%u", fixture.given.innermost);
        expect_made_at("symbols-unoptimised", offsetof(struct fixture, given), wanted, "");
}

TEST(in_a_method_it_is_called_by_the_class) {
#ifdef FIXTURE_CXX
        expect_made_at("symbols-cxx", offsetof(struct fixture, given), "account::own", "account");
#else
        test_skip("no C++ compiler");
#endif
}

TEST(without_lines_an_object_is_called_by_the_place_of_its_first_use) {
        struct catalog catalog;
        struct fixture fixture;
        uint32_t with_symbol, without;
        char place[64];

        ASSERT(begin_with("symbols-stripped", &catalog, &fixture));
        with_symbol = add_object(&catalog, OBJECT_MUTEX, 0x1000, add_stack(&catalog, &fixture.plain.pc, 1));
        without = add_object(&catalog, OBJECT_RWLOCK, 0x2000, add_stack(&catalog, &fixture.hidden.pc, 1));
        look_up(&catalog);
        snprintf(place, sizeof(place), "+0x%llx", (unsigned long long) (fixture.plain.pc - fixture.plain_entry));
        EXPECT_CONTAINS(catalog.objects[with_symbol].name, "mutex in fixture_plain+0x");
        EXPECT_CONTAINS(catalog.objects[with_symbol].name, place);
        EXPECT_CONTAINS(catalog.objects[without].name, "read-write lock in libsymbols-stripped.so+0x");
        catalog_finish(&catalog);
}

TEST(a_lock_deep_inside_a_library_is_not_called_by_a_line_of_main) {
        struct fixture library, program;
        struct catalog catalog;
        uint32_t shallow, deep;

        ASSERT(begin_with("symbols-debug", &catalog, &program));
        catalog_finish(&catalog);
        ASSERT(begin_with("symbols-plain", &catalog, &library));
        shallow = add_object(&catalog, OBJECT_MUTEX, 0x1000, add_stack(&catalog, (uint64_t[]) { library.plain.pc, program.plain.pc }, 2));
        deep = add_object(&catalog, OBJECT_MUTEX, 0x2000,
                          add_stack(&catalog, (uint64_t[]) { library.plain.pc, library.hidden.pc, library.given.pc, program.plain.pc }, 4));
        look_up(&catalog);
        EXPECT_CONTAINS(catalog.objects[shallow].name, "mutex at fixture.c:");
        EXPECT_CONTAINS(catalog.objects[deep].name, "mutex in fixture_plain+0x");
        catalog_finish(&catalog);
}

TEST(numbers_go_on_where_an_earlier_look_left_off) {
        struct catalog catalog;
        struct fixture fixture;
        uint32_t stack, second;
        char wanted[64];

        ASSERT(begin_with("symbols-plain", &catalog, &fixture));
        stack = add_stack(&catalog, &fixture.plain.pc, 1);
        add_object(&catalog, OBJECT_MUTEX, 0x1000, stack);
        look_up(&catalog);
        snprintf(wanted, sizeof(wanted), "%s", catalog.objects[1].name);
        EXPECT_CONTAINS(wanted, "mutex in fixture_plain+0x");
        second = add_object(&catalog, OBJECT_MUTEX, 0x2000, stack);
        look_up(&catalog);
        EXPECT_STR(catalog.objects[1].name, wanted);
        strcat(wanted, " #2");
        EXPECT_STR(catalog.objects[second].name, wanted);
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

TEST(a_lambda_is_called_by_where_it_was_written) {
#ifdef FIXTURE_CXX
        struct catalog catalog;
        struct fixture fixture;
        char wanted[64];
        uint32_t stack;

        ASSERT(begin_with("symbols-cxx", &catalog, &fixture));
        stack = add_stack(&catalog, &fixture.hidden.pc, 1);
        look_up(&catalog);
        snprintf(wanted, sizeof(wanted), "lambda at fixture.cc:%u", fixture.hidden.outer);
        EXPECT_STR(frame(&catalog, stack, 0)->function, wanted);
        EXPECT_EQ(frame(&catalog, stack, 0)->line, fixture.hidden.innermost);
        catalog_finish(&catalog);
#else
        test_skip("no C++ compiler");
#endif
}

TEST(without_debug_information_cxx_names_are_the_same) {
#ifdef FIXTURE_CXX
        struct catalog catalog;
        struct fixture fixture;
        uint32_t stack;

        ASSERT(begin_with("symbols-cxx-plain", &catalog, &fixture));
        stack = add_stack(&catalog, &fixture.plain.pc, 1);
        look_up(&catalog);
        EXPECT_STR(frame(&catalog, stack, 0)->function, "bank::account::deposit");
        EXPECT_EQ(frame(&catalog, stack, 0)->line, 0);
        catalog_finish(&catalog);
        EXPECT_STR(NAME_AT("symbols-cxx-plain", whole_mutex), "bank::account::all");
        EXPECT_CONTAINS(NAME_AT("symbols-cxx-plain", fork_lock), "bank::accounts+");
#else
        test_skip("no C++ compiler");
#endif
}
