/* A mutex that is not recursive, locked twice.
 *
 * verdict: deadlock main lock
 * exit: 123 */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int main(void) {
        pthread_mutex_lock(&lock);
        pthread_mutex_lock(&lock);
        return 0;
}
