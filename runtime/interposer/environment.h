/* The environment of a program that is about to be executed, such that it is recorded too. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct carried {
        const char *session, *preload; /* variables to add; NULL: there already, or as the program wants it */
        size_t n_before;               /* variables that the program gives */
        size_t preload_bytes;          /* of a LD_PRELOAD to be put together; 0: `preload` is whole */
        const char *own_preload;       /* the program's, which comes first in it */
};

/* What is missing in `environment` (NULL: an empty one). False when nothing is. */
bool environment_lacks(char *const *environment, struct carried *ret_carried);
/* How many bytes environment_carry() writes. */
size_t environment_bytes(const struct carried *carried);
/* The new environment, in that memory. */
char **environment_carry(const struct carried *carried, char *const *environment, void *memory);
