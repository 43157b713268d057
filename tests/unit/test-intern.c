/* From records to events: who is who in the catalog. */
#include "collect/intern.h"

#include <stdlib.h>

#include "test.h"

static struct session_header header;
static struct session session;
static struct processes processes;
static struct catalog catalog;
static struct intern intern;
static struct stream streams[10]; /* by thread */
static uint64_t now;

/* Threads 1 and 2 are of program 1, thread 3 of program 2. Time is in nanoseconds, from 0. */
static void begin(void) {
        header = (struct session_header) { .next_thread = 10 };
        session = (struct session) { .header = &header, .ns_per_tick = UINT64_C(1) << 32 };
        memset(&processes, 0, sizeof(processes));
        processes_image(&processes, 4242, 1, true);
        processes_image(&processes, 4242, 3, true);
        catalog_init(&catalog);
        intern_init(&intern, &catalog, &session, &processes);
        for (uint32_t i = 1; i < 10; i++)
                streams[i] = (struct stream) { .thread = i, .image = i < 3 ? 1 : 2, .tid = 100 + i };
        now = 1000;
}

static void end(void) {
        for (uint32_t i = 1; i < 10; i++)
                intern_end(&streams[i]);
        intern_finish(&intern);
        catalog_finish(&catalog);
        processes_finish(&processes);
}

static struct event record(uint32_t thread, enum event_kind kind, enum object_kind object_kind, uint64_t object, uint32_t sequence, uint64_t where) {
        struct record r = { .what = record_what(object, kind, object_kind, 0), .where = where, .sequence = sequence };
        struct event event = { 0 };

        EXPECT_EQ(intern_record(&intern, &streams[thread], &r, ++now, &event), 1);
        return event;
}

static uint32_t lock(uint32_t thread, uint64_t address, uint32_t sequence) {
        return record(thread, EV_LOCK, OBJECT_MUTEX, address, sequence, 0x5000).object;
}

static void meta(uint32_t thread, enum event_kind kind, enum object_kind object_kind, uint64_t object, uint64_t where, uint32_t value,
                 const void *data, size_t n_bytes) {
        struct record r = { .what = record_what(object, kind, object_kind, 0), .where = where, .value = value };
        struct event event;

        EXPECT_EQ(intern_record(&intern, &streams[thread], &r, 0, &event), 0);
        for (size_t i = 0; i < n_bytes; i += RECORD_DATA_BYTES) {
                char bytes[RECORD_DATA_BYTES] = "";

                memcpy(bytes, (const char *) data + i, n_bytes - i < sizeof(bytes) ? n_bytes - i : sizeof(bytes));
                r = (struct record) { .what = record_what(0, EV_DATA, OBJECT_NONE, 0) };
                memcpy(&r.time, bytes, 8);
                memcpy(&r.where, bytes + 8, 8);
                memcpy(&r.sequence, bytes + 16, 8);
                EXPECT_EQ(intern_record(&intern, &streams[thread], &r, 0, &event), 0);
        }
}

TEST(one_address_is_one_object_for_all_threads_of_a_program_but_not_for_two_programs) {
        uint32_t object;

        begin();
        object = lock(1, 0x1000, 1);
        EXPECT_EQ(lock(2, 0x1000, 3), object);
        EXPECT(lock(2, 0x1008, 1) != object);
        EXPECT(lock(3, 0x1000, 1) != object);
        EXPECT_EQ(catalog_object(&catalog, object)->kind, OBJECT_MUTEX);
        EXPECT_EQ(catalog_object(&catalog, object)->address, 0x1000);
        EXPECT(catalog_object(&catalog, object)->process != catalog_object(&catalog, lock(3, 0x1000, 3))->process);
        end();
}

/* Where the kernel keeps it, unlike those that are memory of one program. */
TEST(a_message_queue_is_one_for_all_programs_and_whoever_opens_it_makes_no_other) {
        struct record opened = { .what = record_what(0x2000, EV_CHANNEL_NEW, OBJECT_QUEUE, 0), .where = record_where(0x5000, RECORD_SHARED), .value = 10 };
        struct record sent = { .what = record_what(0x2000, EV_SEND, OBJECT_QUEUE, 0), .where = record_where(0x5000, RECORD_SHARED) };
        struct event event = { 0 }, later = { 0 };

        begin();
        EXPECT_EQ(intern_record(&intern, &streams[1], &sent, ++now, &event), 1);
        EXPECT_EQ(intern_record(&intern, &streams[3], &opened, ++now, &later), 1);
        EXPECT_EQ(later.object, event.object);
        EXPECT_EQ(catalog_object(&catalog, event.object)->process, 0);
        EXPECT_EQ(catalog_object(&catalog, event.object)->capacity, 10);
        EXPECT(record(1, EV_SEND, OBJECT_QUEUE, 0x2000, 0, 0x5000).object != event.object);
        EXPECT(record(1, EV_CHANNEL_NEW, OBJECT_CHANNEL, 0x3000, 0, 0x5000).object != record(1, EV_CHANNEL_NEW, OBJECT_CHANNEL, 0x3000, 0, 0x5000).object);
        end();
}

TEST(a_lock_made_again_at_the_same_address_is_another_object) {
        uint32_t first, second, third, fourth;

        begin();
        first = record(1, EV_LOCK_INIT, OBJECT_MUTEX, 0x1000, 0, 0x5000).object;
        EXPECT_EQ(lock(1, 0x1000, 1), first);
        EXPECT_EQ(record(1, EV_LOCK_DESTROY, OBJECT_MUTEX, 0x1000, 0, 0).object, first);
        second = lock(2, 0x1000, 1);
        EXPECT(second != first);
        third = record(1, EV_LOCK_INIT, OBJECT_MUTEX, 0x1000, 0, 0).object;
        EXPECT(third != second);
        EXPECT_EQ(lock(1, 0x1000, 1), third);
        EXPECT_EQ(lock(1, 0x1000, 3), third);
        fourth = lock(1, 0x1000, 1); /* nobody said so, but it counts from 1 again */
        EXPECT(fourth != third);
        EXPECT_EQ(catalog_object(&catalog, second)->replaces, 0);
        EXPECT_EQ(catalog_object(&catalog, third)->replaces, second);
        EXPECT_EQ(catalog_object(&catalog, fourth)->replaces, third);
        EXPECT_EQ(catalog_object(&catalog, first)->created_by, 1);
        EXPECT_EQ(catalog_object(&catalog, second)->created_by, 0);
        EXPECT(catalog_object(&catalog, second)->created_at != 0);
        end();
}

/* What a record says of a lock in page `page` of shared memory, 0: nobody knows which. */
static uint32_t shared_lock(uint32_t thread, enum event_kind kind, uint64_t address, uint32_t page) {
        struct record r = { .what = record_what(address, kind, OBJECT_MUTEX, 0), .where = record_where(0x5000, RECORD_SHARED), .sequence = page };
        struct event event = { 0 };

        EXPECT_EQ(intern_record(&intern, &streams[thread], &r, ++now, &event), 1);
        EXPECT_EQ(event.sequence, 0);
        EXPECT_EQ(event.flags, 0);
        return event.object;
}

TEST(a_shared_lock_is_one_object_at_whatever_address_a_process_has_it) {
        uint32_t object;

        begin();
        object = shared_lock(1, EV_LOCK, 0x10028, 77);
        EXPECT_EQ(shared_lock(3, EV_LOCK, 0x7ff028, 77), object);
        EXPECT_EQ(shared_lock(3, EV_LOCK, 0x7ff028, 1), shared_lock(1, EV_LOCK, 0x10028, 1)); /* no number that begins anew */
        EXPECT_EQ(shared_lock(2, EV_LOCK, 0x10028, 77), object);
        EXPECT(shared_lock(1, EV_LOCK, 0x10028, 78) != object); /* other memory at the same address */
        EXPECT(shared_lock(1, EV_LOCK, 0x10050, 77) != object);
        EXPECT(lock(1, 0x10028, 77) != object);
        EXPECT_EQ(catalog_object(&catalog, object)->process, 0);
        end();
}

TEST(a_shared_lock_that_is_made_again_or_destroyed_is_so_for_all_processes) {
        uint32_t first, second;

        begin();
        first = shared_lock(1, EV_LOCK, 0x10028, 77);
        second = shared_lock(3, EV_LOCK_INIT, 0x7ff028, 77);
        EXPECT(second != first);
        EXPECT_EQ(shared_lock(1, EV_LOCK, 0x10028, 77), second);
        EXPECT_EQ(shared_lock(1, EV_LOCK_DESTROY, 0x10028, 77), second);
        EXPECT(shared_lock(3, EV_LOCK, 0x7ff028, 77) != second);
        end();
}

TEST(of_shared_memory_that_nobody_knows_each_process_has_its_own) {
        uint32_t object;

        begin();
        object = shared_lock(1, EV_LOCK, 0x10028, 0);
        EXPECT_EQ(shared_lock(2, EV_LOCK, 0x10028, 0), object);
        EXPECT(shared_lock(3, EV_LOCK, 0x10028, 0) != object);
        EXPECT_EQ(catalog_object(&catalog, object)->process, 0);
        end();
}

TEST(a_lock_whose_numbers_have_gone_round_stays_the_same) {
        uint32_t object;

        begin();
        object = lock(1, 0x1000, UINT32_MAX);
        EXPECT_EQ(lock(1, 0x1000, 1), object);
        end();
}

TEST(equal_stacks_are_one_and_a_slot_may_be_used_again) {
        uint64_t deep[] = { 0x5000, 0x6000, 0x7000, 0x8000 }, other[] = { 0x5001, 0x6000 };
        uint64_t where = 0x5000 | UINT64_C(7) << 48;
        struct event a, b, c, d;

        begin();
        meta(1, EV_STACK, OBJECT_NONE, 0, where, 4, deep, sizeof(deep));
        a = record(1, EV_LOCK, OBJECT_MUTEX, 0x1000, 1, where);
        meta(2, EV_STACK, OBJECT_NONE, 0, 0x5000 | UINT64_C(9) << 48, 4, deep, sizeof(deep));
        b = record(2, EV_LOCK, OBJECT_MUTEX, 0x1000, 3, 0x5000 | UINT64_C(9) << 48);
        meta(1, EV_STACK, OBJECT_NONE, 0, 0x5001 | UINT64_C(7) << 48, 2, other, sizeof(other));
        c = record(1, EV_LOCK, OBJECT_MUTEX, 0x1000, 5, 0x5001 | UINT64_C(7) << 48);
        d = record(1, EV_UNLOCK, OBJECT_MUTEX, 0x1000, 6, 0x9000);
        EXPECT_EQ(a.stack, b.stack);
        EXPECT(c.stack != a.stack);
        EXPECT_EQ(catalog_stack(&catalog, a.stack)->n_pcs, 4);
        EXPECT_EQ(catalog_stack(&catalog, a.stack)->pcs[3], 0x8000);
        EXPECT_EQ(catalog_stack(&catalog, c.stack)->n_pcs, 2);
        EXPECT_EQ(catalog_stack(&catalog, d.stack)->n_pcs, 1);
        EXPECT_EQ(catalog_stack(&catalog, d.stack)->pcs[0], 0x9000);
        end();
}

TEST(a_slot_whose_definition_was_lost_gives_the_caller_alone_and_never_another_stack) {
        uint64_t deep[] = { 0x5000, 0x6000, 0x7000 };
        struct event event;

        begin();
        meta(1, EV_STACK, OBJECT_NONE, 0, 0x5000 | UINT64_C(7) << 48, 3, deep, sizeof(deep));
        event = record(1, EV_LOCK, OBJECT_MUTEX, 0x1000, 1, 0x5555 | UINT64_C(7) << 48);
        EXPECT_EQ(catalog_stack(&catalog, event.stack)->n_pcs, 1);
        EXPECT_EQ(catalog_stack(&catalog, event.stack)->pcs[0], 0x5555);
        end();
}

TEST(names_reach_what_they_name_however_long_they_are) {
        char text[256];
        uint32_t object;

        begin();
        memset(text, 'x', sizeof(text) - 1);
        text[255] = 0;
        object = lock(1, 0x1000, 1);
        meta(2, EV_OBJECT_NAME, OBJECT_MUTEX, 0x1000, 0, 0, "ledger", 7);
        meta(1, EV_THREAD_NAME, OBJECT_THREAD, 2, 0, 0, text, sizeof(text));
        meta(1, EV_START_ROUTINE, OBJECT_THREAD, 2, 0x4321, 0, NULL, 0);
        EXPECT_STR(catalog.objects[object].name, "ledger");
        EXPECT_STR(catalog.threads[2].name, text);
        EXPECT_EQ(catalog.threads[2].start_routine, 0x4321);
        end();
}

TEST(a_module_tells_its_path_and_where_it_lies) {
        struct {
                uint64_t from;
                char path[40];
        } data = { 0x400000, "/usr/lib/libledger.so.1.2.3" };

        begin();
        meta(1, EV_MODULE, OBJECT_NONE, 0x3ff000, 0x480000, 0, &data, sizeof(data.from) + strlen(data.path) + 1);
        meta(1, EV_MODULE, OBJECT_NONE, 0x3ff000, 0x480000, 0, &data, sizeof(data.from) + strlen(data.path) + 1);
        ASSERT(catalog.n_modules == 2);
        EXPECT_STR(catalog.modules[1].path, data.path);
        EXPECT_EQ(catalog.modules[1].from, 0x400000);
        EXPECT_EQ(catalog.modules[1].end, 0x480000);
        EXPECT_EQ(catalog.modules[1].bias, 0x3ff000);
        end();
}

TEST(a_module_of_another_build_is_another_module) {
        struct {
                uint64_t from;
                unsigned char build_id[4];
                char path[20];
        } data = { 0x400000, { 0xc0, 0xff, 0xee, 0x01 }, "/usr/bin/ledger" };

        begin();
        meta(1, EV_MODULE, OBJECT_NONE, 0x3ff000, 0x480000, sizeof(data.build_id), &data, sizeof(data.from) + sizeof(data.build_id) + sizeof(data.path));
        meta(1, EV_MODULE, OBJECT_NONE, 0x3ff000, 0x480000, sizeof(data.build_id), &data, sizeof(data.from) + sizeof(data.build_id) + sizeof(data.path));
        data.build_id[3] = 2;
        meta(1, EV_MODULE, OBJECT_NONE, 0x3ff000, 0x480000, sizeof(data.build_id), &data, sizeof(data.from) + sizeof(data.build_id) + sizeof(data.path));
        ASSERT(catalog.n_modules == 3);
        EXPECT_STR(catalog.modules[1].build_id, "c0ffee01");
        EXPECT_STR(catalog.modules[1].path, data.path);
        EXPECT_STR(catalog.modules[2].build_id, "c0ffee02");
        meta(1, EV_MODULE, OBJECT_NONE, 0x3ff000, 0x480000, UINT32_MAX, &data, sizeof(data));
        EXPECT_EQ(catalog.n_modules, 3); /* no build-id is that long */
        EXPECT(intern.n_damaged > 0);
        end();
}

TEST(threads_know_their_parent_process_and_time) {
        struct event event;

        begin();
        record(1, EV_PROCESS_START, OBJECT_PROCESS, 0, 0, 0);
        event = record(1, EV_SPAWN, OBJECT_THREAD, 2, 1, 0);
        EXPECT_EQ(catalog_object_thread(&catalog, event.object), 2);
        record(2, EV_LOCK_WAIT, OBJECT_MUTEX, 0x1000, 0, 0);
        record(2, EV_THREAD_EXIT, OBJECT_THREAD, 2, 2, 0);
        EXPECT_EQ(record(1, EV_JOIN, OBJECT_THREAD, 2, 2, 0).object, event.object);
        EXPECT_STR(catalog.threads[1].name, "main");
        EXPECT_EQ(catalog.threads[2].parent, 1);
        EXPECT_EQ(catalog.threads[2].process, catalog.threads[1].process);
        EXPECT_EQ(catalog.threads[2].tid, 102);
        EXPECT_EQ(catalog.threads[2].ended_ns, 1004);
        EXPECT_EQ(catalog.threads[1].ended_ns, UINT64_MAX);
        end();
}

TEST(a_record_that_nobody_can_have_made_is_no_event) {
        static const struct {
                enum event_kind kind;
                unsigned object_kind;
                uint64_t object;
        } wild[] = {
                { EV_SPAWN, OBJECT_THREAD, 77777 },    /* nobody was given this number */
                { EV_SPAWN, OBJECT_MUTEX, 0x1000 },
                { EV_JOIN, OBJECT_NONE, 0 },
                { EV_LOCK, OBJECT_THREAD, 1 },
                { EV_LOCK, 14, 0x1000 },               /* there is no such kind */
                { EV_THREAD_START, OBJECT_THREAD, 2 }, /* another thread's */
                { EV_THREAD_EXIT, OBJECT_THREAD, 2 },
                { EV_THREAD_EXIT, OBJECT_NONE, 0 },
        };

        begin();
        for (size_t i = 0; i < sizeof(wild) / sizeof(*wild); i++) {
                struct record r = { .what = record_what(wild[i].object, wild[i].kind, (enum object_kind) wild[i].object_kind, 0) };
                struct event event;

                EXPECT_EQ(intern_record(&intern, &streams[1], &r, ++now, &event), 0);
                EXPECT_EQ(intern.n_damaged, i + 1);
        }
        EXPECT_EQ(catalog.n_objects, 1);
        EXPECT_EQ(catalog.threads[1].ended_ns, UINT64_MAX);
        EXPECT_EQ(record(1, EV_JOIN, OBJECT_THREAD, 0, 1, 0).object, 0); /* of a thread that was not recorded */
        end();
}

TEST(modules_without_end_cost_no_more_each_than_the_first) {
        enum { MODULES = 20000 };
        uint64_t text[3] = { 0 };

        begin();
        for (unsigned i = 0; i < 2 * MODULES; i++) { /* each is told twice */
                text[0] = i % MODULES;
                memcpy(&text[1], "/lib/x", 7);
                meta(1, EV_MODULE, OBJECT_NONE, 0, 0, 0, text, sizeof(text));
        }
        EXPECT_EQ(catalog.n_modules, 1 + MODULES);
        end();
}

TEST(a_name_that_never_ends_is_cut_off) {
        static const char name[1 << 20] = { [0 ...(1 << 20) - 1] = 'x' };

        begin();
        lock(1, 0x1000, 1);
        meta(1, EV_OBJECT_NAME, OBJECT_MUTEX, 0x1000, 0, 0, name, sizeof(name));
        EXPECT(intern.n_damaged > 0);
        EXPECT(!catalog.objects[1].name);
        EXPECT_EQ(lock(1, 0x1000, 3), 1);
        end();
}

TEST(records_that_make_no_sense_are_counted_and_cost_nothing_else) {
        struct record wild = { .what = record_what(0x1000, EV_LOCK, OBJECT_MUTEX, 0) };
        uint64_t deep[] = { 1, 2, 3 };
        struct event event;

        begin();
        streams[9].thread = 4000000000u; /* a serial that nobody was given */
        EXPECT_EQ(intern_record(&intern, &streams[9], &wild, ++now, &event), 0);
        EXPECT_EQ(intern.n_damaged, 1);
        meta(1, EV_STACK, OBJECT_NONE, 0, UINT64_C(2000) << 48, 3, deep, sizeof(deep));
        EXPECT_EQ(intern.n_damaged, 2);
        meta(1, EV_STACK, OBJECT_NONE, 0, UINT64_C(5) << 48, 1u << 30, deep, sizeof(deep));
        EXPECT(intern.n_damaged > 2);
        EXPECT(catalog.n_threads < 20);
        end();
}
