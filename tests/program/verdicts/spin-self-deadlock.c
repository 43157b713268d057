/* A spin lock locked twice.
 *
 * verdict: deadlock main lock
 * exit: 123 */
#include <pthread.h>

static pthread_spinlock_t lock;

int main(void) {
        pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
        pthread_spin_lock(&lock);
        pthread_spin_lock(&lock);
        return 0;
}
