/* The same lock, which handlers take before the fork and let go of after it, in both processes.
 *
 * verdict: none
 * exit: 0 */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void before(void) {
        pthread_mutex_lock(&lock);
}

static void after(void) {
        pthread_mutex_unlock(&lock);
}

static void *use(void *data) {
        for (int i = 0; i < 1000; i++) {
                pthread_mutex_lock(&lock);
                pthread_mutex_unlock(&lock);
        }
        return data;
}

int main(void) {
        pthread_t thread;

        pthread_atfork(before, after, after);
        pthread_create(&thread, NULL, use, NULL);
        for (int i = 0; i < 3; i++)
                if (fork() == 0) {
                        pthread_t other;

                        pthread_mutex_lock(&lock);
                        pthread_create(&other, NULL, use, NULL);
                        usleep(400000); /* a thread that exists holds it */
                        pthread_mutex_unlock(&lock);
                        pthread_join(other, NULL);
                        _exit(0);
                }
        while (wait(NULL) > 0)
                ;
        pthread_join(thread, NULL);
}
