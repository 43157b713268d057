/* What the traced processes said that they did without being recorded. What it means is for others to say. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct unseen_wait {
        uint32_t process; /* of the catalog */
        uint64_t address; /* behind the call */
};

struct unseen {
        struct unseen_wait *waits; /* each once */
        uint32_t n_waits, size_waits;
        char **programs;           /* executed, by path or by name, each once */
        uint32_t n_programs, size_programs;
        bool any_elsewhere; /* processes in another pid namespace */
};

void unseen_finish(struct unseen *unseen);

/* 0 or -ENOMEM. Beyond a number that nobody would read, nothing is added. */
int unseen_add_wait(struct unseen *unseen, uint32_t process, uint64_t address);
int unseen_add_program(struct unseen *unseen, const char *program);
