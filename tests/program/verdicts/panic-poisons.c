/* A thread panics under a lock; the others notice, mend, and go on.
 *
 * verdict: none
 * exit: 0 */
#include <heddle/heddle.h>

#include <errno.h>

static struct heddle_mutex lock = HEDDLE_MUTEX_INIT;

static void *fall(void *data) {
        HEDDLE_GUARD guard = heddle_mutex_guard(&lock);

        heddle_panic("nothing holds");
        return data;
}

int main(void) {
        heddle_thread *thread;

        if (heddle_spawn("Icarus", fall, NULL, &thread) < 0 || heddle_join(thread, NULL) != -EOWNERDEAD)
                return 1;
        if (heddle_mutex_lock(&lock) != -EOWNERDEAD)
                return 2;
        heddle_mutex_clear_poison(&lock);
        heddle_mutex_unlock(&lock);
        return heddle_mutex_lock(&lock) || heddle_mutex_unlock(&lock);
}
