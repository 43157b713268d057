/* What a line of source calls the object that a call on it is about. */
#pragma once

#include <stdbool.h>

#define EXPRESSION_BYTES 48

/* "acc->lock" of "pthread_mutex_lock(&acc->lock);", "*lock" of "pthread_mutex_lock(lock);". False where the line has
 * no such call, or more than one, or where the argument is more than a way to a variable. */
bool expression_of_call(const char *line, char ret_expression[static EXPRESSION_BYTES]);
