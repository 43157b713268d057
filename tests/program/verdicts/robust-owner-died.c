/* The harmless twin of owner-died: the next one to lock a robust mutex is told that its owner died, and goes on.
 *
 * verdict: none
 * exit: 0 */
#include <errno.h>
#include <pthread.h>

static pthread_mutex_t lock;

static void *forget_to_unlock(void *data) {
        pthread_mutex_lock(&lock);
        return data;
}

static void forget(void) {
        pthread_t thread;

        pthread_create(&thread, NULL, forget_to_unlock, NULL);
        pthread_join(thread, NULL);
}

int main(void) {
        pthread_mutexattr_t attributes;

        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
        pthread_mutex_init(&lock, &attributes);
        forget();
        if (pthread_mutex_lock(&lock) != EOWNERDEAD || pthread_mutex_consistent(&lock) != 0 || pthread_mutex_unlock(&lock) != 0)
                return 1;
        forget();
        if (pthread_mutex_trylock(&lock) != EOWNERDEAD)
                return 2;
        /* Not made consistent: unlocking works, and then nobody gets it any more. */
        if (pthread_mutex_unlock(&lock) != 0 || pthread_mutex_lock(&lock) != ENOTRECOVERABLE)
                return 3;
        return pthread_mutex_destroy(&lock);
}
