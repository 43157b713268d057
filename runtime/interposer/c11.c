/* The threads of C11. In glibc they are pthreads by other names, and so are their locks and condition variables; but it calls its own
 * functions for them, not those that are wrapped. So each does here what the pthread function does.
 *
 * thrd_exit() needs nothing: a thread's exit is recorded whichever way it ends. */
#include <errno.h>
#include <stdint.h>
#include <threads.h>

#include "interposer/mutex.h"
#include "interposer/once.h"
#include "interposer/thread.h"

static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t), "a mtx_t is a pthread_mutex_t");
static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t), "a cnd_t is a pthread_cond_t");
static_assert(sizeof(once_flag) == sizeof(pthread_once_t), "a once_flag is a pthread_once_t");
static_assert(sizeof(thrd_t) == sizeof(pthread_t), "a thrd_t is a pthread_t");

static pthread_mutex_t *mutex_of(mtx_t *mutex) {
        return (pthread_mutex_t *) (void *) mutex;
}

static pthread_cond_t *cond_of(cnd_t *cond) {
        return (pthread_cond_t *) (void *) cond;
}

/* As the C library says it. */
static int result_of(int error) {
        switch (error) {
        case 0:
                return thrd_success;
        case ENOMEM:
                return thrd_nomem;
        case ETIMEDOUT:
                return thrd_timedout;
        case EBUSY:
                return thrd_busy;
        default:
                return thrd_error;
        }
}

/* Threads */

/* Has pthread_create()'s form. The thread's function returns an int, and the C library takes no more of it. */
static int create(pthread_t *ret_thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
        int result = REAL(thrd_create)(ret_thread, (thrd_start_t) (void (*)(void)) start, argument);

        return result == thrd_success ? 0 : result == thrd_nomem ? ENOMEM : EAGAIN;
}

EXPORT int thrd_create(thrd_t *ret_thread, thrd_start_t start, void *argument) {
        struct emit_spawn spawn = { EMIT_SITE, create, (void *(*) (void *) ) (void (*)(void)) start, argument, NULL };

        if (!wrapper_records())
                return REAL(thrd_create)(ret_thread, start, argument);
        return result_of(heddle_emit_spawn(&spawn, ret_thread, NULL, NULL));
}

EXPORT int thrd_join(thrd_t thread, int *ret_value) {
        void *value = NULL;
        int error = thread_join(EMIT_SITE, thread, &value);

        if (error == 0 && ret_value)
                *ret_value = (int) (intptr_t) value;
        return result_of(error);
}

EXPORT int thrd_detach(thrd_t thread) {
        return result_of(thread_detach(EMIT_SITE, thread));
}

/* Mutexes */

EXPORT int mtx_init(mtx_t *mutex, int type) {
        struct emit_site site = EMIT_SITE;
        int result = REAL(mtx_init)(mutex, type);

        if (result == thrd_success)
                record_made(site, mutex_of(mutex));
        return result;
}

EXPORT void mtx_destroy(mtx_t *mutex) {
        mutex_destroy(EMIT_SITE, mutex_of(mutex));
}

EXPORT int mtx_lock(mtx_t *mutex) {
        return result_of(mutex_lock(EMIT_SITE, mutex_of(mutex)));
}

EXPORT int mtx_trylock(mtx_t *mutex) {
        return result_of(mutex_trylock(EMIT_SITE, mutex_of(mutex)));
}

EXPORT int mtx_timedlock(mtx_t *mutex, const struct timespec *deadline) {
        return result_of(mutex_timedlock(EMIT_SITE, mutex_of(mutex), deadline));
}

EXPORT int mtx_unlock(mtx_t *mutex) {
        return result_of(mutex_unlock(EMIT_SITE, mutex_of(mutex)));
}

/* Condition variables */

EXPORT int cnd_init(cnd_t *cond) {
        struct emit_site site = EMIT_SITE;
        int result = REAL(cnd_init)(cond);

        if (result == thrd_success)
                record_cond_made(site, cond_of(cond));
        return result;
}

EXPORT void cnd_destroy(cnd_t *cond) {
        cond_destroy(EMIT_SITE, cond_of(cond));
}

EXPORT int cnd_wait(cnd_t *cond, mtx_t *mutex) {
        return result_of(cond_wait(EMIT_SITE, cond_of(cond), mutex_of(mutex)));
}

EXPORT int cnd_timedwait(cnd_t *cond, mtx_t *mutex, const struct timespec *deadline) {
        return result_of(cond_timedwait(EMIT_SITE, cond_of(cond), mutex_of(mutex), deadline));
}

EXPORT int cnd_signal(cnd_t *cond) {
        return result_of(cond_signal(EMIT_SITE, cond_of(cond)));
}

EXPORT int cnd_broadcast(cnd_t *cond) {
        return result_of(cond_broadcast(EMIT_SITE, cond_of(cond)));
}

/* Once */

EXPORT void call_once(once_flag *flag, void (*routine)(void)) {
        once_do(EMIT_SITE, (pthread_once_t *) (void *) flag, routine);
}
