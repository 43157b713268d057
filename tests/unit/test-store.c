/* From writer to reader: what went in comes out, whole and in words. */
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>

#include "test.h"
#include "trace-file.h"

static struct store_reader *opened(const char *path) {
        struct store_reader *reader = NULL;
        struct fault fault = { "" };

        if (store_reader_new(path, &reader, &fault) < 0)
                test_fail(__FILE__, __LINE__, "%s", fault.message);
        return reader;
}

/* What a query prints, on the heap. */
static char *queried(struct store_reader *reader, const char *query) {
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        struct fault fault = { "" };

        if (store_reader_sql(reader, query, out, &fault) < 0)
                fprintf(out, "%s", fault.message);
        fclose(out);
        return text;
}

#define EXPECT_QUERY(reader, query, wanted)                                                                            \
        do {                                                                                                           \
                char *printed_ = queried(reader, query);                                                               \
                EXPECT_STR(printed_, wanted);                                                                          \
                free(printed_);                                                                                        \
        } while (0)

TEST(the_events_view_reads_like_a_story) {
        struct folder folder = folder_new();
        char path[512];
        struct store_reader *reader;

        ASSERT(write_bank(folder_file(&folder, "bank.heddle", path)));
        reader = opened(path);
        ASSERT(reader);
        EXPECT_QUERY(reader, "SELECT * FROM events",
                     "time_ns\tprocess\tthread\tevent\tobject\tvalue\tfunction\tfile\tline\n"
                     "0\tbank\tmain\tprocess-start\t\t0\t\t\t\n"
                     "100\tbank\tmain\tchannel\tjobs\t4294967295\ttransfer\t/home/ada/bank.c\t31\n"
                     "200\tbank\tmain\tspawn\tthread 2\t0\ttransfer\t/home/ada/bank.c\t31\n"
                     "250\tbank\tthread 2\tstart\tthread 2\t0\trefund\t/home/ada/bank.c\t47\n"
                     "300\tbank\tmain\tlock\taccounts[0].lock\t0\ttransfer\t/home/ada/bank.c\t31\n"
                     "350\tbank\tthread 2\tlock\tread-write lock 5\t0\trefund\t/home/ada/bank.c\t47\n"
                     "400\tbank\tthread 2\tunlock\tread-write lock 5\t0\trefund\t/home/ada/bank.c\t47\n"
                     "500\tbank\tthread 2\tsend\tjobs\t1\trefund\t/home/ada/bank.c\t47\n"
                     "600\tbank\tthread 2\tlock\taccounts[1].lock\t0\trefund\t/home/ada/bank.c\t47\n"
                     "700\tbank\tmain\trecv\tjobs\t0\ttransfer\t/home/ada/bank.c\t31\n"
                     "800\tbank\tmain\twait-lock\taccounts[1].lock\t0\ttransfer\t/home/ada/bank.c\t31\n"
                     "900\tbank\tthread 2\twait-lock\taccounts[0].lock\t0\t\t\t\n");
        store_reader_free(reader);
        folder_remove(&folder);
}

TEST(the_other_views_have_the_columns_of_the_design) {
        struct folder folder = folder_new();
        char path[512];
        struct store_reader *reader;

        ASSERT(write_bank(folder_file(&folder, "bank.heddle", path)));
        reader = opened(path);
        ASSERT(reader);
        EXPECT_QUERY(reader, "SELECT * FROM waits",
                     "thread\tobject\towner\tbegan_ns\tended_ns\tended_by\tprocess\n"
                     "main\taccounts[1].lock\tthread 2\t800\t\t\tbank\n"
                     "thread 2\taccounts[0].lock\tmain\t900\t\t\tbank\n");
        EXPECT_QUERY(reader, "SELECT * FROM holds",
                     "thread\tobject\tmode\tbegan_ns\tended_ns\tsite\tprocess\n"
                     "main\taccounts[0].lock\texclusive\t300\t\ttransfer at bank.c:31\tbank\n"
                     "thread 2\tread-write lock 5\tshared\t350\t400\trefund at bank.c:47\tbank\n"
                     "thread 2\taccounts[1].lock\texclusive\t600\t\trefund at bank.c:47\tbank\n");
        EXPECT_QUERY(reader, "SELECT * FROM messages",
                     "channel\tsender\treceiver\tsent_ns\treceived_ns\n"
                     "jobs\tthread 2\tmain\t500\t700\n");
        EXPECT_QUERY(reader, "SELECT * FROM lock_order",
                     "held\ttaken\tn_times\tfirst_thread\theld_site\ttaken_site\n"
                     "accounts[0].lock\taccounts[1].lock\t3\tmain\ttransfer at bank.c:31\trefund at bank.c:47\n");
        store_reader_free(reader);
        folder_remove(&folder);
}

static bool are_same_text(const char *a, const char *b) {
        return a && b ? strcmp(a, b) == 0 : a == b;
}

static void expect_same_stack(const struct stack *got, const struct stack *wanted) {
        EXPECT_EQ(got->process, wanted->process);
        ASSERT(got->n_pcs == wanted->n_pcs);
        EXPECT(memcmp(got->pcs, wanted->pcs, got->n_pcs * sizeof(*got->pcs)) == 0);
        ASSERT(got->n_frames == wanted->n_frames);
        for (uint32_t i = 0; i < got->n_frames; i++) {
                const struct frame *a = &got->frames[i], *b = &wanted->frames[i];

                EXPECT(a->address == b->address && a->line == b->line);
                EXPECT(are_same_text(a->function, b->function));
                EXPECT(are_same_text(a->file, b->file));
                EXPECT(are_same_text(a->module, b->module));
        }
}

static void expect_same_catalog(const struct catalog *got, const struct catalog *wanted) {
        ASSERT(got->n_processes == wanted->n_processes && got->n_threads == wanted->n_threads);
        ASSERT(got->n_objects == wanted->n_objects && got->n_stacks == wanted->n_stacks);
        ASSERT(got->n_modules == wanted->n_modules);
        for (uint32_t i = 1; i < got->n_processes; i++) {
                const struct process *a = &got->processes[i], *b = &wanted->processes[i];

                EXPECT(a->pid == b->pid && a->began_ns == b->began_ns && a->ended_ns == b->ended_ns);
                EXPECT(a->n_unseen == b->n_unseen && a->catches_signals == b->catches_signals);
                EXPECT(are_same_text(a->program, b->program));
        }
        for (uint32_t i = 1; i < got->n_threads; i++) {
                const struct thread *a = &got->threads[i], *b = &wanted->threads[i];

                EXPECT(a->process == b->process && a->tid == b->tid && a->parent == b->parent);
                EXPECT(a->began_ns == b->began_ns && a->ended_ns == b->ended_ns);
                EXPECT_EQ(a->start_routine, b->start_routine);
                EXPECT(are_same_text(a->name, b->name));
        }
        for (uint32_t i = 1; i < got->n_objects; i++) {
                const struct object *a = &got->objects[i], *b = &wanted->objects[i];

                EXPECT(a->process == b->process && a->kind == b->kind && a->address == b->address);
                EXPECT(a->capacity == b->capacity && a->created_by == b->created_by && a->created_at == b->created_at);
                EXPECT(are_same_text(a->type, b->type));
                EXPECT_EQ(a->replaces, b->replaces);
                EXPECT(are_same_text(a->name, b->name));
        }
        for (uint32_t i = 1; i < got->n_stacks; i++)
                expect_same_stack(&got->stacks[i], &wanted->stacks[i]);
        for (uint32_t i = 1; i < got->n_modules; i++) {
                const struct module *a = &got->modules[i], *b = &wanted->modules[i];

                EXPECT(are_same_text(a->build_id, b->build_id));

                EXPECT(a->process == b->process && a->bias == b->bias && a->from == b->from && a->end == b->end);
                EXPECT(are_same_text(a->path, b->path));
        }
}

TEST(the_catalog_and_the_recording_come_back_whole) {
        struct folder folder = folder_new();
        struct catalog catalog = catalog_of_bank();
        struct recording wanted = recording_of_bank();
        const struct recording *got;
        struct store_reader *reader;
        char path[512];

        ASSERT(write_bank(folder_file(&folder, "bank.heddle", path)));
        reader = opened(path);
        ASSERT(reader);
        expect_same_catalog(store_reader_catalog(reader), &catalog);
        got = store_reader_recording(reader);
        EXPECT_STR(got->command, wanted.command);
        EXPECT_STR(got->directory, wanted.directory);
        EXPECT_STR(got->host, wanted.host);
        EXPECT_STR(got->ended, wanted.ended);
        EXPECT(got->remarks == NULL);
        EXPECT_EQ(got->began_unix_ns, wanted.began_unix_ns);
        EXPECT_EQ(got->duration_ns, wanted.duration_ns);
        EXPECT_EQ(got->exit_status, 123);
        EXPECT_EQ(got->n_lost, 0);
        EXPECT(got->finished);
        EXPECT(store_reader_is_complete(reader));
        EXPECT(store_reader_damage(reader) == NULL);
        store_reader_free(reader);
        catalog_finish(&catalog);
        recording_finish(&wanted);
        folder_remove(&folder);
}

/* A stack in which work() calls itself, beside one that begins the same and is on another line outside. */
static void add_deep_stack(struct catalog *catalog, uint32_t n_frames, uint32_t last_line) {
        int id = catalog_add_stack(catalog);
        struct stack *stack = &catalog->stacks[id];

        stack->process = 1;
        stack->n_frames = n_frames;
        stack->pcs = calloc(1, sizeof(*stack->pcs));
        stack->frames = calloc(n_frames, sizeof(*stack->frames));
        for (uint32_t i = 0; i < n_frames; i++)
                stack->frames[i] = (struct frame) { 0x4000, strdup("work"), strdup("/deep.c"),
                                                   i + 1 < n_frames ? 7 : last_line, strdup("/deep") };
}

TEST(what_an_address_means_is_stored_once_however_many_stacks_it_is_in) {
        struct folder folder = folder_new();
        struct catalog catalog = catalog_of_bank();
        struct recording recording = recording_of_bank();
        struct store_writer *writer;
        struct store_reader *reader;
        struct fault fault;
        char path[512];

        ASSERT(store_writer_new(folder_file(&folder, "deep.heddle", path), &writer, &fault) == 0);
        EXPECT_EQ(store_writer_commit(writer, &catalog, &recording, &fault), 0);
        add_deep_stack(&catalog, 90, 7);
        EXPECT_EQ(store_writer_commit(writer, &catalog, &recording, &fault), 0);
        add_deep_stack(&catalog, 90, 8); /* two functions at one address, as where one is inlined */
        add_deep_stack(&catalog, 500, 8);
        EXPECT_EQ(store_writer_finish(writer, &catalog, &recording, &fault), 0);
        store_writer_free(writer);
        reader = opened(path);
        ASSERT(reader);
        expect_same_catalog(store_reader_catalog(reader), &catalog);
        EXPECT_QUERY(reader, "SELECT function, line FROM location WHERE address = 0x4000",
                     "function\tline\nwork\t7\nwork\t8\n");
        EXPECT_QUERY(reader, "SELECT stack, line, count(*) FROM frame WHERE module = '/deep' GROUP BY 1, 2",
                     "stack\tline\tcount(*)\n4\t7\t90\n5\t7\t89\n5\t8\t1\n6\t7\t499\n6\t8\t1\n");
        store_reader_free(reader);
        catalog_finish(&catalog);
        recording_finish(&recording);
        folder_remove(&folder);
}

TEST(the_frame_view_has_a_stack_in_words) {
        struct folder folder = folder_new();
        struct store_reader *reader;
        char path[512];

        ASSERT(write_bank(folder_file(&folder, "bank.heddle", path)));
        reader = opened(path);
        ASSERT(reader);
        EXPECT_QUERY(reader, "SELECT * FROM frame WHERE stack = 1",
                     "stack\tdepth\taddress\tfunction\tfile\tline\tmodule\n"
                     "1\t0\t139637976731649\tpthread_mutex_lock\t\t\t/lib/libc.so.6\n"
                     "1\t1\t93823560589313\ttransfer\t/home/ada/bank.c\t31\t/home/ada/bank\n");
        store_reader_free(reader);
        folder_remove(&folder);
}

TEST(waits_messages_and_lock_edges_come_back_ordered_by_begin) {
        struct folder folder = folder_new();
        struct store_reader *reader;
        struct wait *waits;
        struct message *messages;
        struct lock_edge *edges;
        struct fault fault;
        char path[512];
        size_t n;

        ASSERT(write_bank(folder_file(&folder, "bank.heddle", path)));
        reader = opened(path);
        ASSERT(reader);
        ASSERT(store_reader_waits(reader, &waits, &n, &fault) == 0 && n == 2);
        EXPECT(waits[0].thread == MAIN && waits[0].object == SECOND_LOCK && waits[0].stack == STACK_TRANSFER);
        EXPECT(waits[0].owner == WORKER && waits[0].kind == EV_LOCK_WAIT && waits[0].ended_by == 0);
        EXPECT(waits[0].began_ns == 800 && waits[0].ended_ns == NEVER && waits[0].event_id == 11);
        EXPECT_EQ(waits[1].thread, WORKER);
        ASSERT(store_reader_messages(reader, &messages, &n, &fault) == 0 && n == 1);
        EXPECT(messages->channel == JOBS && messages->number == 1 && messages->sender == WORKER);
        EXPECT(messages->receiver == MAIN && messages->sent_ns == 500 && messages->received_ns == 700);
        EXPECT(messages->sent_id == 8 && messages->received_id == 10);
        ASSERT(store_reader_lock_edges(reader, &edges, &n, &fault) == 0 && n == 1);
        EXPECT(edges->held == FIRST_LOCK && edges->taken == SECOND_LOCK && edges->n_times == 3);
        EXPECT(edges->thread == MAIN && edges->held_stack == STACK_TRANSFER && edges->taken_stack == STACK_REFUND);
        EXPECT(edges->time_ns == 800 && edges->event_id == 11 && edges->flags == 0);
        free(waits);
        free(messages);
        free(edges);
        store_reader_free(reader);
        folder_remove(&folder);
}

/* A finding with something in every field. */
static void add_finding(struct finding_list *list, enum finding_kind kind, const char *title) {
        struct finding *finding = finding_list_add(list);

        finding->kind = kind;
        finding->certainty = kind == FINDING_DEADLOCK ? CERTAINTY_OBSERVED : CERTAINTY_POSSIBLE;
        finding->time_ns = 900 + list->n;
        finding->n_seen = 3;
        finding->n_rings = 2;
        finding->title = strdup(title);
        finding->advice = strdup("Take them in one order.");
        finding_add_thread(finding, WORKER);
        finding_add_thread(finding, MAIN);
        finding_add_object(finding, SECOND_LOCK);
        finding_add_object(finding, FIRST_LOCK);
        finding_add_object(finding, JOBS);
        *finding_add_step(finding) =
                (struct finding_step) { STEP_HOLDS, 1, MAIN, FIRST_LOCK, 0, STACK_TRANSFER, 5, 300, EV_LOCK };
        *finding_add_step(finding) = (struct finding_step) { STEP_WAITS,     1,  MAIN, SECOND_LOCK, WORKER,
                                                            STACK_TRANSFER, 11, 800,  EV_LOCK_WAIT };
        *finding_add_step(finding) = (struct finding_step) { .role = STEP_QUEUES, .ring = 2 };
        *finding_add_step(finding) = (struct finding_step) { .role = STEP_WITNESS, .time_ns = NEVER };
}

static bool are_same_steps(const struct finding_step *a, const struct finding_step *b) {
        return a->role == b->role && a->ring == b->ring && a->thread == b->thread && a->object == b->object &&
               a->holder == b->holder && a->stack == b->stack && a->event_id == b->event_id &&
               a->time_ns == b->time_ns && a->event == b->event;
}

static void expect_same_finding(const struct finding *got, const struct finding *wanted) {
        EXPECT(got->id == wanted->id && got->kind == wanted->kind && got->certainty == wanted->certainty);
        EXPECT(got->time_ns == wanted->time_ns && got->n_seen == wanted->n_seen && got->n_rings == wanted->n_rings);
        EXPECT_STR(got->title, wanted->title);
        EXPECT_STR(got->advice, wanted->advice);
        ASSERT(got->n_threads == wanted->n_threads && got->n_objects == wanted->n_objects);
        ASSERT(got->n_steps == wanted->n_steps);
        EXPECT(memcmp(got->threads, wanted->threads, got->n_threads * sizeof(*got->threads)) == 0);
        EXPECT(memcmp(got->objects, wanted->objects, got->n_objects * sizeof(*got->objects)) == 0);
        for (size_t i = 0; i < got->n_steps; i++)
                EXPECT(are_same_steps(&got->steps[i], &wanted->steps[i]));
}

TEST(findings_come_back_as_they_were) {
        struct folder folder = folder_new();
        struct catalog catalog = catalog_of_bank();
        struct recording recording = recording_of_bank();
        struct finding_list wanted = { 0 }, got;
        struct store_writer *writer;
        struct store_reader *reader;
        struct fault fault;
        char path[512];

        add_finding(&wanted, FINDING_LOCK_ORDER_CYCLE, "Two locks are taken in both orders");
        add_finding(&wanted, FINDING_DEADLOCK, "main and thread 2 wait for each other");
        finding_list_sort(&wanted);
        ASSERT(store_writer_new(folder_file(&folder, "bank.heddle", path), &writer, &fault) == 0);
        EXPECT_EQ(store_writer_add_findings(writer, &wanted, &fault), 0);
        EXPECT_EQ(store_writer_add_findings(writer, &wanted, &fault), 0); /* more, numbered from 1 again */
        EXPECT_EQ(store_writer_finish(writer, &catalog, &recording, &fault), 0);
        store_writer_free(writer);
        reader = opened(path);
        ASSERT(reader);
        ASSERT(store_reader_findings(reader, &got, &fault) == 0 && got.n == 4);
        expect_same_finding(&got.items[0], &wanted.items[0]);
        expect_same_finding(&got.items[1], &wanted.items[1]);
        EXPECT_EQ(got.items[2].id, 3);
        EXPECT_EQ(got.items[3].n_steps, wanted.items[1].n_steps);
        finding_list_finish(&got);
        finding_list_finish(&wanted);
        store_reader_free(reader);
        catalog_finish(&catalog);
        recording_finish(&recording);
        folder_remove(&folder);
}

TEST(events_are_found_by_their_id) {
        struct folder folder = folder_new();
        struct store_reader *reader;
        struct event_source *source;
        const struct event *events, *wanted;
        struct event event;
        struct fault fault;
        char path[512];
        size_t n = events_of_bank(&wanted);

        ASSERT(write_bank(folder_file(&folder, "bank.heddle", path)));
        reader = opened(path);
        ASSERT(reader);
        EXPECT_EQ(store_reader_n_events(reader), n);
        ASSERT(store_reader_source(reader, 7, &source, &fault) == 0);
        EXPECT_EQ(source->next(source, &events), n - 6);
        EXPECT_EQ(source->first_id, 7);
        EXPECT_EQ(events[0].time_ns, wanted[6].time_ns);
        EXPECT_EQ(source->next(source, &events), 0);
        store_source_free(source);
        ASSERT(store_reader_event(reader, 10, &event, &fault) == 0);
        EXPECT(event.kind == EV_RECV && event.thread == MAIN && event.object == JOBS && event.sequence == 1);
        EXPECT_EQ(store_reader_event(reader, n + 1, &event, &fault), -ENOENT);
        EXPECT_CONTAINS(fault.message, "there is no event 13");
        EXPECT_EQ(store_reader_event(reader, 0, &event, &fault), -ENOENT);
        store_reader_free(reader);
        folder_remove(&folder);
}
