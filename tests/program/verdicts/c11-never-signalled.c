/* A wait on a condition variable of C11 that nobody is left to signal.
 *
 * verdict: deadlock main changed
 * exit: 123 */
#include <stdbool.h>
#include <threads.h>

static mtx_t lock;
static cnd_t changed;
static bool done;

static int forget_to_signal(void *data) {
        return 0;
}

int main(void) {
        thrd_t thread;

        mtx_init(&lock, mtx_plain);
        cnd_init(&changed);
        thrd_create(&thread, forget_to_signal, NULL);
        thrd_join(thread, NULL);
        mtx_lock(&lock);
        while (!done)
                cnd_wait(&changed, &lock);
        mtx_unlock(&lock);
        return 0;
}
