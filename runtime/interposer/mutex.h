/* What waiting on a condition variable does to its mutex. */
#pragma once

#include "interposer/real.h"

/* After an acquire that succeeded; before a release. The calling thread holds the mutex. */
void record_acquired(struct emit_site site, pthread_mutex_t *mutex, unsigned flags);
void record_released(struct emit_site site, pthread_mutex_t *mutex);
/* By the C library, because the calling thread does not hold it. */
bool unlock_will_be_refused(const pthread_mutex_t *mutex);
