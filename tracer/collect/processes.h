/* The processes of a session: which program a thread belongs to, and whether its process is still there.
 *
 * An image is one program in one process: a pid that execs another program goes on as a new image, in which addresses
 * mean something else. An image begins with the thread that records PROCESS_START; serials count up over the whole session,
 * so a thread belongs to that image of its pid which began last before its own serial. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "collect/table.h"

struct image {
        uint32_t pid;
        uint32_t first_thread; /* serial; 0: its beginning was not seen */
        char *program;         /* path of its executable; NULL: could not be read */
        uint32_t before;       /* the image of this pid that was before, 0: none */
        uint32_t n_streams;    /* of its threads, that are not over; the drain and the collector count */
};

/* A process that has a ring. */
struct watch {
        uint32_t pid;
        uint32_t n_rings;
        int fd;     /* pidfd; -1 where there is none to be had */
        bool gone;  /* it has ended, and all it did is visible */
        struct watch *next;
};

struct processes {
        struct image *images; /* by id, from 1 */
        uint32_t n_images, size_images;
        struct table latest;   /* by pid: its last image */
        struct watch *watches;
};

void processes_finish(struct processes *processes);

/* The image of this thread; `begins` where the thread's first record is PROCESS_START. Call it for those first. Returns
 * its id, or -ENOMEM. */
int processes_image(struct processes *processes, uint32_t pid, uint32_t thread, bool begins);

/* One more ring is this process's. NULL when out of memory. */
struct watch *processes_watch(struct processes *processes, uint32_t pid);
/* One less. */
void processes_unwatch(struct processes *processes, struct watch *watch);
/* Looks which processes have ended since. */
void processes_look(struct processes *processes);
bool processes_any_left(const struct processes *processes);
/* Sends it to each that is still there and has the session mapped. One that is just exec'ing is missed: call it again. */
void processes_kill(const struct processes *processes, int signal);
