/* What frames say, numbered: the same few hundred addresses come in thousands of stacks, and the file has the words of
 * each once. */
#pragma once

#include <stdbool.h>

#include "model/catalog.h"

struct location_number {
        uint64_t hash; /* of the words */
        uint64_t address;
        uint32_t line;
        uint32_t id; /* 0: the place is free */
};

struct locations {
        struct location_number *numbers; /* by hash, `size` of them, a power of two */
        uint32_t n, size;
};

/* All zeros is empty. */
void locations_finish(struct locations *locations);
/* The number of what a frame says, from 1 in the order in which they first came, or -ENOMEM. */
int locations_number(struct locations *locations, const struct frame *frame, bool *ret_is_new);
