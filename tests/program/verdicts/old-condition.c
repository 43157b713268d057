/* Condition variables as a program linked before 2003 has them: half the size of today's, and its functions of an older version.
 *
 * verdict: none
 * exit: 0 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

__asm__(".symver pthread_cond_init, pthread_cond_init@GLIBC_2.2.5");
__asm__(".symver pthread_cond_destroy, pthread_cond_destroy@GLIBC_2.2.5");
__asm__(".symver pthread_cond_wait, pthread_cond_wait@GLIBC_2.2.5");
__asm__(".symver pthread_cond_timedwait, pthread_cond_timedwait@GLIBC_2.2.5");
__asm__(".symver pthread_cond_signal, pthread_cond_signal@GLIBC_2.2.5");
__asm__(".symver pthread_cond_broadcast, pthread_cond_broadcast@GLIBC_2.2.5");

static struct {
        void *cond;
        uint64_t behind[5];
} old;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool is_ready;

static pthread_cond_t *cond(void) {
        return (pthread_cond_t *) &old;
}

static void *make_ready(void *data) {
        pthread_mutex_lock(&lock);
        is_ready = true;
        pthread_cond_signal(cond());
        pthread_cond_broadcast(cond());
        pthread_mutex_unlock(&lock);
        return data;
}

static bool nothing_is_behind(void) {
        for (unsigned i = 0; i < 5; i++)
                if (old.behind[i] != 0)
                        return false;
        return true;
}

int main(void) {
        struct timespec long_ago = { 0 };
        pthread_t thread;

        pthread_cond_init(cond(), NULL);
        pthread_mutex_lock(&lock);
        if (pthread_cond_timedwait(cond(), &lock, &long_ago) != ETIMEDOUT)
                return 1;
        pthread_create(&thread, NULL, make_ready, NULL);
        while (!is_ready)
                pthread_cond_wait(cond(), &lock);
        pthread_mutex_unlock(&lock);
        pthread_join(thread, NULL);
        pthread_cond_destroy(cond());
        return nothing_is_behind() ? 0 : 2;
}
