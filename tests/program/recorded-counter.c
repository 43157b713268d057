/* recorded-counter FILE: three threads and main lock and unlock for ever, and each counts in FILE, in memory shared
 * with whoever looks, how often it has. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { THREADS = 4, LOCKS = 3 };

static pthread_mutex_t locks[LOCKS] = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER };
static _Atomic uint64_t *counts;

static void *count(void *argument) {
        intptr_t i = (intptr_t) argument;
        unsigned seed = (unsigned) i;

        for (;;) {
                pthread_mutex_t *lock = &locks[rand_r(&seed) % LOCKS];

                pthread_mutex_lock(lock);
                pthread_mutex_unlock(lock);
                atomic_fetch_add(&counts[i], 1);
                if (counts[i] % 8 == 0)
                        usleep(20);
        }
        return NULL;
}

int main(int argc, char **argv) {
        int fd = argc > 1 ? open(argv[1], O_RDWR | O_CREAT, 0600) : -1;
        pthread_t thread;

        if (fd < 0 || ftruncate(fd, THREADS * sizeof(*counts)) < 0)
                return 1;
        counts = mmap(NULL, THREADS * sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        for (intptr_t i = 1; i < THREADS; i++)
                pthread_create(&thread, NULL, count, (void *) i);
        count(NULL);
        return 0;
}
