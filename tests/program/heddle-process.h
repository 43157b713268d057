/* Runs `heddle` (at $HEDDLE) as a user would, in a folder of its own. */
#pragma once

#include <sys/types.h>

#define HEDDLE_TEXT_BYTES 65536

struct heddle_process {
        pid_t pid;
        char folder[64];
        int status;                       /* its exit status; -N when signal N ended it */
        char out[HEDDLE_TEXT_BYTES];      /* what it wrote, to standard output and standard error */
        char err[HEDDLE_TEXT_BYTES];
};

/* Makes a new folder and moves there. */
void heddle_begin(struct heddle_process *heddle);
/* Removes it. */
void heddle_end(struct heddle_process *heddle);
/* Starts `heddle ARGUMENT…` (up to a NULL), in a process group of its own. */
void heddle_start(struct heddle_process *heddle, const char *const *arguments);
/* Waits for it and reads what it wrote. */
void heddle_wait(struct heddle_process *heddle);
#define heddle_run(heddle, ...)                                                   \
        do {                                                                      \
                heddle_start(heddle, (const char *const[]) { __VA_ARGS__, NULL }); \
                heddle_wait(heddle);                                              \
        } while (0)
/* The path of one of the recorded programs; valid until the next call. */
const char *heddle_program(const char *name);
