/* What mutexes and condition variables do, for others that are made of them (C11's), and for each other. The results are errno
 * values, as those of the pthread functions that do no more than this. */
#pragma once

#include "interposer/real.h"

int mutex_destroy(struct emit_site site, pthread_mutex_t *mutex);
int mutex_lock(struct emit_site site, pthread_mutex_t *mutex);
int mutex_trylock(struct emit_site site, pthread_mutex_t *mutex);
int mutex_timedlock(struct emit_site site, pthread_mutex_t *mutex, const struct timespec *deadline);
int mutex_unlock(struct emit_site site, pthread_mutex_t *mutex);

int cond_wait(struct emit_site site, pthread_cond_t *cond, pthread_mutex_t *mutex);
int cond_timedwait(struct emit_site site, pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *deadline);
int cond_signal(struct emit_site site, pthread_cond_t *cond);
int cond_broadcast(struct emit_site site, pthread_cond_t *cond);
int cond_destroy(struct emit_site site, pthread_cond_t *cond);

/* After it was initialised. */
void record_made(struct emit_site site, pthread_mutex_t *mutex);
void record_cond_made(struct emit_site site, pthread_cond_t *cond);
/* After an acquire that succeeded, with 0 or EOWNERDEAD; before a release. The calling thread holds the mutex. */
void record_acquired(struct emit_site site, pthread_mutex_t *mutex, unsigned flags, int result);
void record_released(struct emit_site site, pthread_mutex_t *mutex);
/* By the C library, because the calling thread does not hold it. */
bool unlock_will_be_refused(const pthread_mutex_t *mutex);
