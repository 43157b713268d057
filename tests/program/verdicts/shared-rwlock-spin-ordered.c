/* The harmless twin of shared-rwlock-spin, in one order.
 *
 * verdict: none
 * exit: 0 */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "all-arrive.h"

struct shared {
        pthread_rwlock_t table;
        pthread_spinlock_t spin;
        atomic_int n_arrived;
};

static struct shared *shared;

static void make(void) {
        pthread_rwlockattr_t attributes;

        shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        pthread_rwlockattr_init(&attributes);
        pthread_rwlockattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
        pthread_rwlock_init(&shared->table, &attributes);
        pthread_spin_init(&shared->spin, PTHREAD_PROCESS_SHARED);
}

static void use(void) {
        for (int i = 0; i < 1000; i++) {
                pthread_rwlock_wrlock(&shared->table);
                pthread_spin_lock(&shared->spin);
                pthread_spin_unlock(&shared->spin);
                pthread_rwlock_unlock(&shared->table);
        }
}

int main(void) {
        make();
        if (fork() == 0) {
                all_arrive(&shared->n_arrived, 2);
                use();
                _exit(0);
        }
        all_arrive(&shared->n_arrived, 2);
        use();
        wait(NULL);
}
