/* What a line of source calls the object that a call on it is about. */
#pragma once

#include <stdbool.h>

#define EXPRESSION_BYTES 48

struct expression {
        char text[EXPRESSION_BYTES]; /* names, "." and "->", indices; "*" in front where a pointer was given as it is */
        bool is_guess; /* "g.lock()" may as well be about a guard as about a lock: ask for the type */
};

/* "acc->lock" of "pthread_mutex_lock(&acc->lock);", "*lock" of "pthread_mutex_lock(lock);", "self.m" of
 * "std::lock_guard<std::mutex> g(self.m);". False where the line has no such call, or more than one, or where the object is
 * more than a way to a variable. */
bool expression_of_call(const char *line, struct expression *ret_expression);
