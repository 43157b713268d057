/* The tables that everything else is made from. */
#include "model/catalog.h"
#include "model/event.h"
#include "model/finding.h"
#include "story.h"
#include "test.h"

TEST(every_event_kind_is_found_again_by_its_name) {
        for (unsigned kind = 0; kind < 256; kind++)
                if (event_info(kind)->name)
                        EXPECT_EQ(event_kind_from_name(event_info(kind)->name), kind);
        EXPECT_EQ(event_kind_from_name("no such event"), 0);
}

TEST(meta_records_are_not_events) {
        EXPECT(event_info(EV_STACK)->name == NULL);
        EXPECT(event_info(EV_DATA)->name == NULL);
        EXPECT(event_info(100000)->name == NULL);
}

TEST(a_record_keeps_what_was_put_into_it) {
        struct record record = { .what = record_what(0x7fff12345678, EV_LOCK, OBJECT_MUTEX, RECORD_READ | RECORD_TRY) };

        EXPECT_EQ(record_object(&record), 0x7fff12345678);
        EXPECT_EQ(record_kind(&record), EV_LOCK);
        EXPECT_EQ(record_object_kind(&record), OBJECT_MUTEX);
        EXPECT_EQ(record_flags(&record), RECORD_READ | RECORD_TRY);
}

TEST(an_unknown_id_reads_as_blank) {
        struct catalog catalog;
        char name[CATALOG_NAME_BYTES];

        ASSERT(catalog_init(&catalog) == 0);
        EXPECT_EQ(catalog_object(&catalog, 4711)->kind, OBJECT_NONE);
        EXPECT_STR(catalog_thread_name(&catalog, 4711, name), "thread 4711");
        EXPECT_EQ(catalog_add_thread(&catalog), 1);
        catalog_finish(&catalog);
}

TEST(findings_are_sorted_worst_first_and_numbered_from_one) {
        struct finding_list list = { 0 };

        finding_list_add(&list)->kind = FINDING_LOCK_ORDER_CYCLE;
        finding_list_add(&list)->kind = FINDING_DEADLOCK;
        finding_list_sort(&list);
        EXPECT_EQ(list.items[0].kind, FINDING_DEADLOCK);
        EXPECT_EQ(list.items[0].id, 1);
        EXPECT_EQ(list.items[1].id, 2);
        finding_list_finish(&list);
}

TEST(threads_of_one_name_in_several_processes_are_told_with_their_process) {
        struct story *s = story("main/1: start main; main2/2: start main2; other/2: start other");
        char buffer[CATALOG_LABEL_BYTES];

        EXPECT_STR(catalog_thread_label(&s->catalog, 1, buffer), "main");
        s->catalog.threads[2].name[4] = 0;
        EXPECT_STR(catalog_thread_label(&s->catalog, 1, buffer), "main of 101");
        EXPECT_STR(catalog_thread_label(&s->catalog, 2, buffer), "main of 102");
        EXPECT_STR(catalog_thread_label(&s->catalog, 3, buffer), "other");
}
