/* What test-symbols.c looks up: a library built three times, with debug information, without, and without any symbols
 * that the dynamic linker does not need. Each exports fixture_get(). */
#pragma once

#include <stdint.h>

/* An address that a call returns to, and the lines of the calls that led there, innermost first. */
struct fixture_site {
        uint64_t pc;
        unsigned innermost, middle, outer;
};

struct fixture {
        struct fixture_site plain;   /* fixture_plain() */
        struct fixture_site inlined; /* inner_step() inlined into middle_step() inlined into fixture_outer() */
        struct fixture_site hidden;  /* hidden_step(), which is static; in C++ a lambda */
        uint64_t plain_entry;        /* where fixture_plain() begins */
        struct fixture_site said;    /* a call that the source says is about acc->lock, a struct account; in C++ own of account */
        struct fixture_site given;   /* one of which only DWARF says what it is given: the same */
        struct fixture_site handed;  /* one that is given a pointer to a lock, as its function was */
        uint64_t start_routine;      /* fixture_worker() */
        uint64_t fork_lock;          /* fixture_table.forks[2].lock */
        uint64_t first_fork_lock;    /* fixture_table.forks[0].lock */
        uint64_t grid_lock;          /* fixture_table.grid[1][2] */
        uint64_t union_semaphore;    /* fixture_table.either.posted */
        uint64_t nameless_cond;      /* fixture_table.ready, inside a structure without a name */
        uint64_t whole_mutex;        /* fixture_mutex */
        uint64_t hidden_mutex;       /* hidden_mutexes[3] */
        uint64_t local_mutex;        /* once_lock, static inside a function */
        uint64_t own_spin;           /* own_spins[1], of a type that is no known lock */
        uint64_t no_lock;            /* fixture_table.n_seats */
};

typedef void fixture_get_function(struct fixture *ret_fixture);
fixture_get_function fixture_get;
