/* What running a routine once does, for call_once() of C11, which is the same. */
#pragma once

#include "interposer/real.h"

int once_do(struct emit_site site, pthread_once_t *control, void (*routine)(void));
