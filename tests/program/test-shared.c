/* Objects that several processes use are one object in the trace, and what only seems so is not. */
#include "heddle-process.h"
#include "store/store.h"
#include "test.h"

static struct heddle_process heddle;

struct count {
        unsigned n_shared, n_private; /* mutexes that belong to no process, and to one */
        unsigned n_processes;
};

static struct count record(const char *how) {
        struct count count = { 0 };
        struct store_reader *reader;
        const struct catalog *catalog;

        heddle_begin(&heddle);
        heddle_run(&heddle, "run", "-o", "t.heddle", heddle_program("recorded-shared"), how);
        EXPECT_EQ(heddle.status, 0);
        EXPECT_CONTAINS(heddle.err, "nothing found");
        if (store_reader_new("t.heddle", &reader, NULL) == 0) {
                EXPECT(store_reader_is_complete(reader));
                catalog = store_reader_catalog(reader);
                count.n_processes = catalog->n_processes - 1;
                for (uint32_t i = 1; i < catalog->n_objects; i++) {
                        count.n_shared += catalog->objects[i].kind == OBJECT_MUTEX && catalog->objects[i].process == 0;
                        count.n_private += catalog->objects[i].kind == OBJECT_MUTEX && catalog->objects[i].process != 0;
                }
                store_reader_free(reader);
        }
        heddle_end(&heddle);
        return count;
}

static void expect(const char *how, unsigned n_shared, unsigned n_private, unsigned n_processes) {
        struct count count = record(how);

        EXPECT_EQ(count.n_shared, n_shared);
        EXPECT_EQ(count.n_private, n_private);
        EXPECT_EQ(count.n_processes, n_processes);
}

TEST(two_files_one_after_the_other_at_one_address_are_told_apart) {
        expect("remap", 2, 0, 2);
}

TEST(a_file_made_again_under_its_name_is_another_one) {
        expect("again", 2, 0, 1);
}

TEST(private_memory_marked_as_shared_is_copied_by_fork) {
        expect("copies", 0, 2, 2);
}

TEST(a_hundred_thousand_shared_locks_are_that_many) {
        expect("many", 100000, 0, 2);
}

TEST(a_program_that_was_executed_and_was_over_at_once_shared_its_lock) {
        expect("exec", 1, 0, 3);
}

TEST(a_segment_of_system_v_is_shared_wherever_it_is_attached) {
        expect("segment", 1, 0, 2);
}
