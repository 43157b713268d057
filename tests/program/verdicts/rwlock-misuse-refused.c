/* The harmless twin of rwlock-upgrade: what the C library refuses is no wait, and a lock that is read twice is read until
 * it has been unlocked twice.
 *
 * verdict: none
 * exit: 0 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>

static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;

static void *try_to_write(void *data) {
        int result = pthread_rwlock_trywrlock(&table);

        (void) data;
        if (result == 0)
                pthread_rwlock_unlock(&table);
        return (void *) (intptr_t) result;
}

static int try_in_a_thread(void) {
        pthread_t thread;
        void *result;

        pthread_create(&thread, NULL, try_to_write, NULL);
        pthread_join(thread, &result);
        return (int) (intptr_t) result;
}

int main(void) {
        struct timespec nonsense = { .tv_nsec = -1 };

        if (pthread_rwlock_wrlock(&table) != 0 || pthread_rwlock_wrlock(&table) != EDEADLK || pthread_rwlock_rdlock(&table) != EDEADLK)
                return 1;
        pthread_rwlock_unlock(&table);
        if (pthread_rwlock_timedwrlock(&table, &nonsense) != EINVAL || pthread_rwlock_clockrdlock(&table, -5, &nonsense) != EINVAL)
                return 2;
        if (pthread_rwlock_rdlock(&table) != 0 || pthread_rwlock_rdlock(&table) != 0)
                return 3;
        pthread_rwlock_unlock(&table);
        if (try_in_a_thread() != EBUSY)
                return 4;
        pthread_rwlock_unlock(&table);
        return try_in_a_thread();
}
