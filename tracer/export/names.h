/* Words, each with the number of the thing that it stands for. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct names {
        struct name {
                char *text;
                uint32_t id; /* 0: a free place */
        } *table; /* by hash, `size` of them, a power of two */
        size_t n, size;
};

/* All zeros is empty. */
void names_finish(struct names *names);
/* The number, for the caller to read, or to fill in where it is 0: then it is new. NULL when out of memory. */
uint32_t *names_find(struct names *names, const char *text, size_t length);
