/* A program with functions of its own that are called like GLib's, one in a library: they are its own business.
 *
 * verdict: none
 * exit: 0 */
#include <pthread.h>

extern int g_mutex_lock(int *mutex), g_mutex_unlock(int *mutex);
extern int g_cond_signal(int number);

/* In the program itself, and called from the library as well. */
int g_cond_signal(int number) {
        return number * 2;
}

static void *use(void *data) {
        int mutex = 20;

        return g_mutex_lock(&mutex) == 21 && g_mutex_unlock(&mutex) == 42 ? data : NULL;
}

int main(void) {
        void *right = NULL;
        pthread_t thread;
        int token;

        pthread_create(&thread, NULL, use, &token);
        pthread_join(thread, &right);
        return right == &token ? 0 : 1;
}
