/* A small trace file for tests of the store: main holds one lock and waits for another, which `worker` holds. */
#pragma once

#include "model/catalog.h"
#include "store/store.h"

/* Ids in that trace. */
enum { MAIN = 1, WORKER = 2 };
enum { FIRST_LOCK = 1, SECOND_LOCK = 2, WORKER_OBJECT = 3, JOBS = 4, MAP_LOCK = 5 };
enum { STACK_TRANSFER = 1, STACK_REFUND = 2, STACK_UNKNOWN = 3 };

/* A folder of its own for one test. */
struct folder {
        char path[256];
};
struct folder folder_new(void);
/* Removes it and what is in it, one level deep. */
void folder_remove(struct folder *folder);
/* FOLDER/NAME; the string lives as long as the folder. At most four of them. */
const char *folder_file(struct folder *folder, const char *name, char buffer[static 512]);

struct catalog catalog_of_bank(void);
struct recording recording_of_bank(void);
/* What happened, in order; returns how many there are. */
size_t events_of_bank(const struct event **ret_events);
/* Writes it all, as `heddle run` would, to a new file. False after a failure, having printed why. */
bool write_bank(const char *path);

/* A program that never ends: 8 threads that take and release 1000 locks, one event after the other into `events`. */
struct workload {
        uint64_t time_ns, random;
        uint32_t sequences[1001], held[9];
};
void workload_fill(struct workload *workload, struct event *events, size_t n);
