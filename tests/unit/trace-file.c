#include "trace-file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct folder folder_new(void) {
        struct folder folder;
        const char *above = getenv("TMPDIR");

        snprintf(folder.path, sizeof(folder.path), "%s/heddle-test-XXXXXX", above ? above : "/tmp");
        if (!mkdtemp(folder.path)) {
                perror(folder.path);
                exit(1);
        }
        return folder;
}

const char *folder_file(struct folder *folder, const char *name, char buffer[static 512]) {
        snprintf(buffer, 512, "%s/%s", folder->path, name);
        return buffer;
}

void folder_remove(struct folder *folder) {
        DIR *entries = opendir(folder->path);
        struct dirent *entry;

        while (entries && (entry = readdir(entries))) {
                char path[512];

                snprintf(path, sizeof(path), "%.250s/%.250s", folder->path, entry->d_name);
                unlink(path);
        }
        if (entries)
                closedir(entries);
        rmdir(folder->path);
}

/* A stack with one frame of the program's own above one of libc's. */
static void add_stack(struct catalog *catalog, const char *function, const char *file, uint32_t line) {
        int id = catalog_add_stack(catalog);
        struct stack *stack = &catalog->stacks[id];

        stack->process = 1;
        stack->n_pcs = 2;
        stack->pcs = calloc(2, sizeof(*stack->pcs));
        stack->pcs[0] = UINT64_C(0x7f0000001000) + (uint64_t) id;
        stack->pcs[1] = UINT64_C(0x555500002000) + (uint64_t) id;
        if (!function)
                return;
        stack->n_frames = 2;
        stack->frames = calloc(2, sizeof(*stack->frames));
        stack->frames[0] = (struct frame) { .address = stack->pcs[0],
                                           .function = strdup("pthread_mutex_lock"),
                                           .module = strdup("/lib/libc.so.6") };
        stack->frames[1] =
                (struct frame) { stack->pcs[1], strdup(function), strdup(file), line, strdup("/home/ada/bank") };
}

static void add_object(struct catalog *catalog, uint8_t kind, uint64_t address, const char *name, uint32_t capacity) {
        struct object *object = &catalog->objects[catalog_add_object(catalog)];

        *object = (struct object) { 1, kind, address, name ? strdup(name) : NULL, capacity, MAIN, STACK_TRANSFER };
}

struct catalog catalog_of_bank(void) {
        struct catalog catalog;

        catalog_init(&catalog);
        catalog_add_process(&catalog);
        catalog.processes[1] = (struct process) { 4711, strdup("/home/ada/bank"), 0, UINT64_MAX };
        catalog_add_thread(&catalog);
        catalog_add_thread(&catalog);
        catalog.threads[MAIN] = (struct thread) { 1, 4711, strdup("main"), 0, 0, 0, UINT64_MAX, 0 };
        catalog.threads[WORKER] = (struct thread) { 1, 4712, NULL, MAIN, 0x555500001200, 250, UINT64_MAX, 0 };
        add_object(&catalog, OBJECT_MUTEX, 0x555500008040, "accounts[0].lock", 0);
        add_object(&catalog, OBJECT_MUTEX, 0x555500008080, "accounts[1].lock", 0);
        add_object(&catalog, OBJECT_THREAD, WORKER, NULL, 0);
        add_object(&catalog, OBJECT_CHANNEL, 0x7f0000009000, "jobs", UINT32_MAX);
        add_object(&catalog, OBJECT_RWLOCK, UINT64_C(0xffffffffffff0000), NULL, 0);
        add_stack(&catalog, "transfer", "/home/ada/bank.c", 31);
        add_stack(&catalog, "refund", "/home/ada/bank.c", 47);
        add_stack(&catalog, NULL, NULL, 0);
        catalog.objects[1].type = strdup("struct account");
        catalog.objects[2].replaces = 1;
        catalog.processes[1].n_unseen = UINT32_MAX;
        catalog.processes[1].catches_signals = true;
        catalog_add_module(&catalog);
        catalog.modules[1] =
                (struct module) { 1, 0x555500000000, 0x555500009000, strdup("/home/ada/bank"), 0x555500000000, strdup("c0ffee") };
        return catalog;
}

struct recording recording_of_bank(void) {
        return (struct recording) {
                .command = strdup("./bank --fast"),
                .directory = strdup("/home/ada"),
                .host = strdup("Linux 6.1 x86_64"),
                .began_unix_ns = UINT64_C(1790000000123456789),
                .duration_ns = 1500,
                .finished = true,
                .exit_status = 123,
                .ended = strdup("stopped by Heddle: deadlock"),
        };
}

size_t events_of_bank(const struct event **ret_events) {
        static const struct event events[] = {
                { 0, MAIN, 0, 0, 0, 0, EV_PROCESS_START, 0 },
                { 100, MAIN, JOBS, STACK_TRANSFER, 0, UINT32_MAX, EV_CHANNEL_NEW, 0 },
                { 200, MAIN, WORKER_OBJECT, STACK_TRANSFER, 1, 0, EV_SPAWN, 0 },
                { 250, WORKER, WORKER_OBJECT, STACK_REFUND, 1, 0, EV_THREAD_START, 0 },
                { 300, MAIN, FIRST_LOCK, STACK_TRANSFER, 1, 0, EV_LOCK, 0 },
                { 350, WORKER, MAP_LOCK, STACK_REFUND, 1, 0, EV_LOCK, RECORD_READ },
                { 400, WORKER, MAP_LOCK, STACK_REFUND, 2, 0, EV_UNLOCK, RECORD_READ },
                { 500, WORKER, JOBS, STACK_REFUND, 1, 1, EV_SEND, 0 },
                { 600, WORKER, SECOND_LOCK, STACK_REFUND, 1, 0, EV_LOCK, 0 },
                { 700, MAIN, JOBS, STACK_TRANSFER, 1, 0, EV_RECV, 0 },
                { 800, MAIN, SECOND_LOCK, STACK_TRANSFER, 0, 0, EV_LOCK_WAIT, 0 },
                { 900, WORKER, FIRST_LOCK, STACK_UNKNOWN, 0, 0, EV_LOCK_WAIT, 0 },
        };

        *ret_events = events;
        return sizeof(events) / sizeof(*events);
}

static int add_derived(struct store_writer *writer, struct fault *fault) {
        const struct wait waits[] = {
                { MAIN, SECOND_LOCK, STACK_TRANSFER, WORKER, EV_LOCK_WAIT, 0, 800, NEVER, 11 },
                { WORKER, FIRST_LOCK, STACK_UNKNOWN, MAIN, EV_LOCK_WAIT, 0, 900, NEVER, 12 },
        };
        const struct message message = { JOBS, 1, WORKER, MAIN, 500, 700, 8, 10 };
        const struct lock_edge edge = { FIRST_LOCK, SECOND_LOCK, 3, MAIN, STACK_TRANSFER, STACK_REFUND, 800, 11, 0 };
        int r = store_writer_add_waits(writer, waits, 2, fault);

        if (r == 0)
                r = store_writer_add_messages(writer, &message, 1, fault);
        return r == 0 ? store_writer_add_lock_edges(writer, &edge, 1, fault) : r;
}

bool write_bank(const char *path) {
        struct catalog catalog = catalog_of_bank();
        struct recording recording = recording_of_bank();
        struct store_writer *writer = NULL;
        struct fault fault = { "" };
        const struct event *events;
        size_t n = events_of_bank(&events);
        int r = store_writer_new(path, &writer, &fault);

        if (r == 0)
                r = store_writer_add_events(writer, events, n, &fault);
        if (r == 0)
                r = store_writer_commit(writer, &catalog, &recording, &fault);
        if (r == 0)
                r = add_derived(writer, &fault);
        if (r == 0)
                r = store_writer_finish(writer, &catalog, &recording, &fault);
        if (r < 0)
                printf("    %s\n", fault.message);
        store_writer_free(writer);
        catalog_finish(&catalog);
        recording_finish(&recording);
        return r == 0;
}

static uint32_t next_random(struct workload *workload) {
        workload->random = workload->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t) (workload->random >> 33);
}

void workload_fill(struct workload *workload, struct event *events, size_t n) {
        for (size_t i = 0; i < n; i++) {
                uint32_t random = next_random(workload), thread = 1 + random % 8, lock = workload->held[thread];
                bool is_lock = lock == 0;

                lock = is_lock ? 1 + next_random(workload) % 1000 : lock;
                workload->held[thread] = is_lock ? lock : 0;
                workload->time_ns += 20 + next_random(workload) % 200 + (random % 997 == 0 ? 50000 : 0);
                events[i] = (struct event) {
                        .time_ns = workload->time_ns,
                        .thread = thread,
                        .object = lock,
                        .stack = 1 + (is_lock ? 0 : 200) + lock * 7 % 200,
                        .sequence = ++workload->sequences[lock],
                        .kind = is_lock ? EV_LOCK : EV_UNLOCK,
                };
        }
}
