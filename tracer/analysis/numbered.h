/* Which event each message of a channel belongs to, for as long as somebody may ask. Numbers grow by one. */
#pragma once

#include <stdint.h>

/* An event of a thread. */
struct point {
        uint32_t thread, event;
};

struct numbered {
        struct point *points;
        uint32_t n_points, size_points;
        uint32_t first;  /* number of points[0] */
        uint32_t n_dead; /* points at the begin that nobody will ask for */
};

void numbered_finish(struct numbered *numbered);
/* 0 or -ENOMEM. Numbers that only a damaged trace can have are let be. */
int numbered_put(struct numbered *numbered, uint32_t number, struct point point);
/* Zeroes where there is none. */
struct point numbered_get(const struct numbered *numbered, uint32_t number);
/* Nobody will ask for this number or one before it again. */
void numbered_forget(struct numbered *numbered, uint32_t number);
