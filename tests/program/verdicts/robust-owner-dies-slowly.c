/* The harmless twin of owner-died: a thread that has done all that Heddle sees of it takes its time to end, with a robust mutex
 * in hand that the kernel passes on then.
 *
 * verdict: none
 * exit: 0 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <unistd.h>

#include "all-arrive.h"

static pthread_mutex_t lock;
static pthread_key_t key;
static atomic_int n_arrived, n_rounds;

/* Called in each of the last rounds of destructors, behind Heddle's own. */
static void end_slowly(void *data) {
        pthread_setspecific(key, data);
        if (++n_rounds == PTHREAD_DESTRUCTOR_ITERATIONS)
                usleep(800000);
}

static void *forget_to_unlock(void *data) {
        pthread_setspecific(key, &lock);
        pthread_mutex_lock(&lock);
        all_arrive(&n_arrived, 2);
        return data;
}

int main(void) {
        pthread_mutexattr_t attributes;
        pthread_t thread;

        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
        pthread_mutex_init(&lock, &attributes);
        pthread_key_create(&key, end_slowly);
        pthread_create(&thread, NULL, forget_to_unlock, NULL);
        all_arrive(&n_arrived, 2);
        if (pthread_mutex_lock(&lock) != EOWNERDEAD)
                return 1;
        return pthread_join(thread, NULL);
}
