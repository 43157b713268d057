/* Parent and child lock a read-write lock and a spin lock in memory that they share, each beginning with another one.
 *
 * verdict: deadlock main main shared->table shared->spin
 * exit: 123 */
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

int main(void) {
        make();
        if (fork() == 0) {
                pthread_spin_lock(&shared->spin);
                all_arrive(&shared->n_arrived, 2);
                pthread_rwlock_rdlock(&shared->table);
                _exit(0);
        }
        pthread_rwlock_wrlock(&shared->table);
        all_arrive(&shared->n_arrived, 2);
        pthread_spin_lock(&shared->spin);
        wait(NULL);
}
