/* For programs of several processes: memory that all of them have, with locks in it, and a way to wait for each other. */
#pragma once

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

struct shared {
        pthread_mutex_t a, b;
        pthread_cond_t cond;
        atomic_int n_arrived;
};

static inline void shared_init(struct shared *shared, int robust) {
        pthread_mutexattr_t attributes;
        pthread_condattr_t cond_attributes;

        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
        pthread_mutexattr_setrobust(&attributes, robust);
        pthread_mutex_init(&shared->a, &attributes);
        pthread_mutex_init(&shared->b, &attributes);
        pthread_condattr_init(&cond_attributes);
        pthread_condattr_setpshared(&cond_attributes, PTHREAD_PROCESS_SHARED);
        pthread_cond_init(&shared->cond, &cond_attributes);
}

static inline struct shared *shared_map(int fd) {
        void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);

        return memory == MAP_FAILED ? (abort(), NULL) : memory;
}

static inline void shared_arrive(struct shared *shared, int n) {
        atomic_fetch_add(&shared->n_arrived, 1);
        while (atomic_load(&shared->n_arrived) < n)
                sched_yield();
}
