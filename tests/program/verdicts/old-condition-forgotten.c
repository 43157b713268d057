/* Nobody signals a condition variable of the kind of before 2003.
 *
 * verdict: deadlock main old
 * exit: 123 */
#include <pthread.h>
#include <stdint.h>

__asm__(".symver pthread_cond_wait, pthread_cond_wait@GLIBC_2.2.5");

static uint64_t old;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int main(void) {
        pthread_mutex_lock(&lock);
        pthread_cond_wait((pthread_cond_t *) &old, &lock);
        return 0;
}
