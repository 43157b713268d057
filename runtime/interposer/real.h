/* The functions that are wrapped, as they are without us. */
#pragma once

#include <mqueue.h>
#include <pthread.h>
#include <semaphore.h>
#include <spawn.h>
#include <sys/resource.h>
#include <threads.h>
#include <time.h>

#include "emit/emit.h"

#define EXPORT __attribute__((visibility("default")))

struct real_functions {
#define WRAP(name, version, result, parameters, model) result(*name) parameters;
#define WRAP_OLD(name, version, result, parameters, model) result(*old_##name) parameters;
#include "interposer/functions.def"
#undef WRAP
#undef WRAP_OLD
};

extern struct real_functions real_functions;

/* Looks them all up; harmless to call twice. Ends the process, with a sentence, where one is missing from the C
 * library: there would be nothing right to do on its first call. */
void real_look_up(void);

/* For a wrapper called before our constructor (another library's constructor that locks). */
#define REAL(name) (__builtin_expect(!real_functions.name, 0) ? (real_look_up(), real_functions.name) : real_functions.name)

/* Is this call to be recorded? Not while nothing listens, and not when Heddle itself made it. */
static inline bool wrapper_records(void) {
        return (emit_is_on() || (heddle_emit_opened && heddle_emit_join_again())) && !heddle_emit_quiet;
}
