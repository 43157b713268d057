/* What the C library asks of a deadline before it looks whether there is anything to wait for at all. */
#pragma once

#include <stdbool.h>
#include <time.h>

static inline bool clock_is_valid(clockid_t clock) {
        return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC;
}

static inline bool deadline_is_valid(clockid_t clock, const struct timespec *deadline) {
        return clock_is_valid(clock) && deadline->tv_nsec >= 0 && deadline->tv_nsec < 1000000000;
}
