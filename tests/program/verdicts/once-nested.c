/* The harmless twin of once-recursive: a once routine that calls others, one of which is done already.
 *
 * verdict: none
 * exit: 0 */
#include <pthread.h>

static pthread_once_t outer = PTHREAD_ONCE_INIT, inner = PTHREAD_ONCE_INIT, done = PTHREAD_ONCE_INIT;
static int n_made;

static void make(void) {
        n_made++;
}

static void make_outer(void) {
        pthread_once(&inner, make);
        pthread_once(&done, make);
        n_made++;
}

int main(void) {
        pthread_once(&done, make);
        pthread_once(&outer, make_outer);
        pthread_once(&outer, make_outer);
        return n_made == 3 ? 0 : 1;
}
