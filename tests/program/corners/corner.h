/* A program of many small ones, each awkward in its own way: PROGRAM NAME runs the one of that name. What ends well ends with
 * status 7. */
#pragma once

#include <stddef.h>
#include <string.h>

enum { ENDED_WELL = 7, NO_SUCH_CORNER = 99 };

struct corner {
        const char *name;
        int (*run)(void);
};

#define CORNERS(...)                                                          \
        int main(int argc, char **argv) {                                     \
                static const struct corner corners[] = { __VA_ARGS__ };       \
                                                                              \
                for (size_t i = 0; argc > 1 && i < sizeof(corners) / sizeof(*corners); i++) \
                        if (strcmp(argv[1], corners[i].name) == 0)            \
                                return corners[i].run();                      \
                return NO_SUCH_CORNER;                                        \
        }
