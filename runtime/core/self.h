/* What the runtime knows of the calling thread, whoever made it. Only that thread touches it. */
#pragma once

#include <heddle/mutex.h>
#include <heddle/thread.h>

#include "emit/emit.h"

struct self {
        heddle_thread *thread;     /* NULL: not made by heddle_spawn() */
        struct heddle_mutex *held; /* the mutexes that it holds, linked by next_held, last taken first */
        bool panicking;
};

extern __thread struct self heddle_self __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* Poisons and unlocks every mutex that the calling thread holds, last taken first. */
__attribute__((visibility("hidden"))) void mutex_poison_held(struct emit_site site);
/* Keeps the message of a panic for who joins. Does nothing in a thread that heddle_spawn() did not make. */
__attribute__((visibility("hidden"))) void thread_keep_panic(const char *message);
