/* Atomics with their memory order in their name. The public structures hold plain integers, so that the headers
 * can be read by C++ as well; everything that two threads touch at once goes through these. */
#pragma once

#define load_relaxed(p) __atomic_load_n(p, __ATOMIC_RELAXED)
#define load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define load_seq_cst(p) __atomic_load_n(p, __ATOMIC_SEQ_CST)
#define store_relaxed(p, v) __atomic_store_n(p, v, __ATOMIC_RELAXED)
#define store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define exchange_acquire(p, v) __atomic_exchange_n(p, v, __ATOMIC_ACQUIRE)
#define exchange_release(p, v) __atomic_exchange_n(p, v, __ATOMIC_RELEASE)
#define exchange_acq_rel(p, v) __atomic_exchange_n(p, v, __ATOMIC_ACQ_REL)
#define exchange_seq_cst(p, v) __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
#define add_relaxed(p, v) __atomic_fetch_add(p, v, __ATOMIC_RELAXED)
#define sub_acq_rel(p, v) __atomic_fetch_sub(p, v, __ATOMIC_ACQ_REL)
#define sub_seq_cst(p, v) __atomic_fetch_sub(p, v, __ATOMIC_SEQ_CST)
/* Returns whether it was exchanged; `expected` is a pointer to what it should be, and gets what it was. */
#define replace_acquire(p, expected, v) \
        __atomic_compare_exchange_n(p, expected, v, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)
#define replace_seq_cst(p, expected, v) \
        __atomic_compare_exchange_n(p, expected, v, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)
