/* Libraries that are the same but for the name (PLUG) of their function, so that one can take the other's place. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void PLUG(void);
void run(void);

__attribute__((noinline)) void PLUG(void) {
        pthread_mutex_lock(&lock);
        pthread_mutex_unlock(&lock);
        __asm__ volatile("");
}

void run(void) {
        PLUG();
        __asm__ volatile("");
}
