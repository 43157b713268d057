/* What the C library refuses of a mutex, and what it lets pass where the mutex is free, is the same while it is recorded.
 *
 * verdict: none
 * exit: 0 */
#include <errno.h>
#include <pthread.h>
#include <time.h>

static pthread_mutex_t lock;

static void make(int protocol) {
        pthread_mutexattr_t attributes;

        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_setprotocol(&attributes, protocol);
        pthread_mutex_init(&lock, &attributes);
        pthread_mutexattr_destroy(&attributes);
}

static int misuse(int protocol) {
        struct timespec nonsense = { .tv_nsec = -1 }, long_ago = { 0 };

        make(protocol);
        if (pthread_mutex_clocklock(&lock, CLOCK_PROCESS_CPUTIME_ID, &long_ago) != EINVAL)
                return 1;
        if (pthread_mutex_clocklock(&lock, CLOCK_MONOTONIC, &nonsense) != 0 || pthread_mutex_unlock(&lock) != 0)
                return 2;
        if (pthread_mutex_timedlock(&lock, &nonsense) != 0 || pthread_mutex_trylock(&lock) != EBUSY)
                return 3;
        if (pthread_mutex_clocklock(&lock, CLOCK_PROCESS_CPUTIME_ID, &long_ago) != EINVAL || pthread_mutex_unlock(&lock) != 0)
                return 4;
        return pthread_mutex_destroy(&lock) == 0 ? 0 : 5;
}

int main(void) {
        int error = misuse(PTHREAD_PRIO_NONE);

        return error ? error : misuse(PTHREAD_PRIO_INHERIT);
}
