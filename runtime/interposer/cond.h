/* A wait on a condition variable, of today's kind or of the old one. */
#pragma once

#include "interposer/mutex.h"

struct cond_wait {
        struct emit_site site;
        pthread_cond_t *cond;
        pthread_mutex_t *mutex;
        unsigned flags;
        int (*call)(const struct cond_wait *wait); /* the real function */
        clockid_t clock;
        const struct timespec *deadline;
};

/* Waits, and records it unless nothing is to be recorded. The result is the real function's. */
int cond_wait_recorded(struct cond_wait *wait);
