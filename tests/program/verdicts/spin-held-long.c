/* The harmless twin of spin-self-deadlock: a thread spins for longer than a deadlock takes to be told, and gets its lock.
 *
 * verdict: none
 * exit: 0 */
#include <pthread.h>
#include <unistd.h>

static pthread_spinlock_t lock;

static void *wait_long(void *data) {
        pthread_spin_lock(&lock);
        pthread_spin_unlock(&lock);
        return data;
}

int main(void) {
        pthread_t thread;

        pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
        pthread_spin_lock(&lock);
        pthread_create(&thread, NULL, wait_long, NULL);
        usleep(1000000);
        pthread_spin_unlock(&lock);
        pthread_join(thread, NULL);
        pthread_spin_destroy(&lock);
        return 0;
}
