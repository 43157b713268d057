/* See unseen.h. */
#include "collect/unseen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define AT_MOST 1024

void unseen_finish(struct unseen *unseen) {
        for (uint32_t i = 0; i < unseen->n_programs; i++)
                free(unseen->programs[i]);
        free(unseen->programs);
        free(unseen->waits);
        memset(unseen, 0, sizeof(*unseen));
}

int unseen_add_wait(struct unseen *unseen, uint32_t process, uint64_t address) {
        for (uint32_t i = 0; i < unseen->n_waits; i++)
                if (unseen->waits[i].process == process && unseen->waits[i].address == address)
                        return 0;
        if (unseen->n_waits == AT_MOST)
                return 0;
        if (unseen->n_waits == unseen->size_waits) {
                uint32_t size = unseen->size_waits * 2 + 8;
                struct unseen_wait *waits = reallocarray(unseen->waits, size, sizeof(*waits));

                if (!waits)
                        return -ENOMEM;
                unseen->waits = waits;
                unseen->size_waits = size;
        }
        unseen->waits[unseen->n_waits++] = (struct unseen_wait) { process, address };
        return 0;
}

int unseen_add_program(struct unseen *unseen, const char *program) {
        for (uint32_t i = 0; i < unseen->n_programs; i++)
                if (strcmp(unseen->programs[i], program) == 0)
                        return 0;
        if (unseen->n_programs == AT_MOST)
                return 0;
        if (unseen->n_programs == unseen->size_programs) {
                uint32_t size = unseen->size_programs * 2 + 8;
                char **programs = reallocarray(unseen->programs, size, sizeof(*programs));

                if (!programs)
                        return -ENOMEM;
                unseen->programs = programs;
                unseen->size_programs = size;
        }
        unseen->programs[unseen->n_programs] = strdup(program);
        return unseen->programs[unseen->n_programs] ? (unseen->n_programs++, 0) : -ENOMEM;
}
