/* A library's function that leads to one of ours: g_thread_new() to pthread_create(). What is recorded then is the call that
 * the program made, and the function that it gave. */
#pragma once

#include "emit/emit.h"

struct errand {
        struct emit_site site;
        void *(*routine)(void *); /* which a thread is known by; NULL: none was given */
};

extern __thread const struct errand *heddle_errand;

static inline void errand_end(const struct errand *const *before) {
        heddle_errand = *before;
}

/* To the end of the block, however it is left. */
#define ERRAND(from, function)                                                                                    \
        const struct errand errand = { from, function };                                                          \
        __attribute__((cleanup(errand_end), unused)) const struct errand *errand_before = heddle_errand;          \
        heddle_errand = &errand

/* Where a call of ours came from that arrived from `site`. */
static inline struct emit_site errand_site(struct emit_site site) {
        return heddle_errand ? heddle_errand->site : site;
}
