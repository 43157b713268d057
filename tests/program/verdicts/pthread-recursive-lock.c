/* The harmless twin of pthread-self-deadlock.
 *
 * verdict: none
 * exit: 0 */
#include <pthread.h>

int main(void) {
        pthread_mutexattr_t attributes;
        pthread_mutex_t lock;

        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
        pthread_mutex_init(&lock, &attributes);
        pthread_mutex_lock(&lock);
        pthread_mutex_lock(&lock);
        pthread_mutex_unlock(&lock);
        pthread_mutex_unlock(&lock);
        pthread_mutex_destroy(&lock);
        return 0;
}
