/* A once routine that asks for what it is about to make.
 *
 * verdict: deadlock main made
 * exit: 123 */
#include <pthread.h>

static pthread_once_t made = PTHREAD_ONCE_INIT;

static void make(void) {
        pthread_once(&made, make);
}

int main(void) {
        pthread_once(&made, make);
        return 0;
}
