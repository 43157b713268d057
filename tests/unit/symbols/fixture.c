#include "fixture.h"

#include <pthread.h>
#include <semaphore.h>

typedef pthread_mutex_t seat_lock;

struct fork_on_table {
        int number;
        seat_lock lock;
};

struct own_spin {
        volatile int word[4];
};

struct table {
        int n_seats;
        const struct fork_on_table forks[5];
        pthread_rwlock_t grid[2][3];
        union {
                long nothing[2];
                sem_t posted;
        } either;
        struct {
                int padding;
                pthread_cond_t ready;
        };
};

struct table fixture_table;
pthread_mutex_t fixture_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t hidden_mutexes[4];
static struct own_spin own_spins[2];

#define KEEP_CALL __asm__ volatile("" ::: "memory") /* else the call before it may become a jump */

uint64_t fixture_here(void);
void *fixture_worker(void *argument);
void fixture_plain(struct fixture_site *site);
void fixture_outer(struct fixture_site *site);

__attribute__((noinline)) uint64_t fixture_here(void) {
        return (uint64_t) (uintptr_t) __builtin_return_address(0);
}

__attribute__((noinline)) void fixture_plain(struct fixture_site *site) {
        site->innermost = __LINE__, site->pc = fixture_here();
        KEEP_CALL;
}

static inline __attribute__((always_inline)) void inner_step(struct fixture_site *site) {
        site->innermost = __LINE__, site->pc = fixture_here();
        KEEP_CALL;
}

static inline __attribute__((always_inline)) void middle_step(struct fixture_site *site) {
        site->middle = __LINE__, inner_step(site);
}

__attribute__((noinline)) void fixture_outer(struct fixture_site *site) {
        site->outer = __LINE__, middle_step(site);
}

struct account {
        int balance;
        pthread_mutex_t lock;
};

uint64_t pthread_mutex_said(pthread_mutex_t *lock);
uint64_t fixture_given(pthread_mutex_t *lock);
void fixture_say(struct fixture_site *site, struct account *acc);
void fixture_give(struct fixture_site *site, struct account *acc);
void fixture_hand(struct fixture_site *site, pthread_mutex_t *some_lock);

/* A name by which a line of source is known to be about a lock. */
__attribute__((noinline)) uint64_t pthread_mutex_said(pthread_mutex_t *lock) {
        __asm__ volatile("" : : "r"(lock) : "memory");
        return (uint64_t) (uintptr_t) __builtin_return_address(0);
}

__attribute__((noinline)) uint64_t fixture_given(pthread_mutex_t *lock) {
        __asm__ volatile("" : : "r"(lock) : "memory");
        return (uint64_t) (uintptr_t) __builtin_return_address(0);
}

__attribute__((noinline)) void fixture_say(struct fixture_site *site, struct account *acc) {
        site->innermost = __LINE__, site->pc = pthread_mutex_said(&acc->lock);
        KEEP_CALL;
}

__attribute__((noinline)) void fixture_give(struct fixture_site *site, struct account *acc) {
        site->innermost = __LINE__, site->pc = fixture_given(&acc->lock);
        KEEP_CALL;
        acc->balance++;
}

__attribute__((noinline)) void fixture_hand(struct fixture_site *site, pthread_mutex_t *some_lock) {
        site->innermost = __LINE__, site->pc = fixture_given(some_lock);
        __asm__ volatile("" : : "r"(some_lock) : "memory");
}

static __attribute__((noinline)) void hidden_step(struct fixture_site *site) {
        site->innermost = __LINE__, site->pc = fixture_here();
        KEEP_CALL;
}

static uint64_t address_of_local(void) {
        static pthread_mutex_t once_lock;

        __asm__ volatile("" : : "r"(&once_lock) : "memory");
        return (uintptr_t) &once_lock;
}

__attribute__((noinline)) void *fixture_worker(void *argument) {
        KEEP_CALL;
        return argument;
}

__attribute__((noinline)) void fixture_get(struct fixture *ret_fixture) {
        struct account account = { 0 };

        fixture_plain(&ret_fixture->plain);
        fixture_outer(&ret_fixture->inlined);
        hidden_step(&ret_fixture->hidden);
        ret_fixture->plain_entry = (uintptr_t) fixture_plain;
        fixture_say(&ret_fixture->said, &account);
        fixture_give(&ret_fixture->given, &account);
        fixture_hand(&ret_fixture->handed, &account.lock);
        ret_fixture->start_routine = (uintptr_t) fixture_worker;
        ret_fixture->fork_lock = (uintptr_t) &fixture_table.forks[2].lock;
        ret_fixture->first_fork_lock = (uintptr_t) &fixture_table.forks[0].lock;
        ret_fixture->grid_lock = (uintptr_t) &fixture_table.grid[1][2];
        ret_fixture->union_semaphore = (uintptr_t) &fixture_table.either.posted;
        ret_fixture->nameless_cond = (uintptr_t) &fixture_table.ready;
        ret_fixture->whole_mutex = (uintptr_t) &fixture_mutex;
        ret_fixture->hidden_mutex = (uintptr_t) &hidden_mutexes[3];
        ret_fixture->local_mutex = address_of_local();
        ret_fixture->own_spin = (uintptr_t) &own_spins[1];
        ret_fixture->no_lock = (uintptr_t) &fixture_table.n_seats;
        __asm__ volatile("" : : "r"(hidden_mutexes), "r"(own_spins) : "memory");
}
