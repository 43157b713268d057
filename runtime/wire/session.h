/* The memory that the traced program and the collector share: one session header, then one ring for each
 * thread that is alive. A file without a name (memfd) made by the collector; the traced program opens it by
 * the path in HEDDLE_SESSION, "/proc/<collector>/fd/<n>", and maps it whole. The file is sparse: a ring that nobody
 * has used costs address space only.
 *
 * Who may do what:
 *   session header   written by the collector before the program starts, then only through its atomics, by both
 *   ring.head        the ring's thread alone, published after the records below it are written
 *   ring.tail        the collector alone, after it has copied the records below it
 *   ring_state[i]    FREE -> CLAIMED by the thread that wins the exchange (a parent claims its child's ring);
 *                    CLAIMED -> CLOSED by that ring's thread as the last thing it does;
 *                    any -> FREE by the collector, once drained, when CLOSED or when its process is gone
 *
 * A record in [tail, head) is whole and never changes. Head and tail count up and wrap never (64 bits). */
#pragma once

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/record.h"

#define SESSION_ENV "HEDDLE_SESSION"
#define SESSION_MAGIC UINT64_C(0x31454c4444454800) /* "\0HEDDLE1" */
#define SESSION_ABI 3 /* bumped when anything here changes; a program built against another one runs unrecorded */
#define SESSION_PAGE 4096
#define SESSION_HEADER_BYTES (2 * SESSION_PAGE)
#define SESSION_RINGS 4096        /* threads alive at once that can be recorded */
#define SESSION_RING_RECORDS 32768 /* by default; a power of two */

enum session_clock {
        SESSION_CLOCK_MONOTONIC, /* ticks are nanoseconds of CLOCK_MONOTONIC */
        SESSION_CLOCK_CPU,       /* ticks are the processor's invariant counter (rdtsc, cntvct_el0) */
};

enum session_when_full { SESSION_WAIT, SESSION_DROP };

struct session_header {
        uint64_t magic;
        uint32_t abi;
        uint32_t clock;         /* enum session_clock */
        uint32_t when_full;     /* enum session_when_full */
        uint32_t n_rings;
        uint32_t ring_records;  /* each */
        int32_t collector_pid;
        uint64_t pid_namespace; /* the collector's, 0: not known */

        _Alignas(64) _Atomic uint32_t closed; /* 1: the collector has left; stop recording, wait for nothing */
        _Atomic uint32_t heartbeat;           /* counts the collector's rounds */
        /* The collector sleeps on it (futex) while there is little to do; a ring that becomes half full wakes it. */
        _Atomic uint32_t doorbell;

        _Alignas(64) _Atomic uint32_t next_thread; /* next thread serial, from 1; every process of the session draws from it */
        _Atomic uint32_t rings_used;               /* one more than the highest ring ever claimed */
        _Atomic uint32_t n_unrecorded_threads;     /* threads that found no free ring */
        _Atomic uint32_t n_sealed_threads;         /* threads that left, since they forbade themselves what recording needs */

        _Atomic uint32_t any_elsewhere;            /* 1: a process left itself unrecorded, in another pid namespace */

        /* enum ring_state of each ring. Here and not in the rings, so that a claim maps one ring only. */
        _Alignas(64) _Atomic uint8_t ring_state[SESSION_RINGS];
};
static_assert(sizeof(struct session_header) <= SESSION_HEADER_BYTES, "the header is two pages");

enum ring_state { RING_FREE, RING_CLAIMED, RING_CLOSED };

struct ring_header {
        uint32_t thread;         /* serial; set by the claimer before its pid */
        _Atomic uint32_t pid;    /* 0 until the claimer has set it (release); the collector sets it to 0 as it frees the ring */
        _Atomic uint32_t tid;    /* of the thread itself, 0 until it runs */
        uint32_t generation;     /* counts claims */
        uint32_t index;          /* which ring this is */
        uint32_t parent;         /* serial of the thread that spawned this one, 0: none was seen to */
        /* The start of a spawned thread, so that spawning allocates nothing. Not for the collector. */
        void *(*start)(void *);
        void *start_argument;
        void *(*routine)(void *); /* what the thread is known by: start, or the function that it leads to */

        _Alignas(64) _Atomic uint64_t head;
        _Atomic uint64_t n_lost;  /* dropped because the ring was full, in all */

        _Alignas(64) _Atomic uint64_t tail;
        /* A thread that waits for room sleeps on it (futex); the collector counts it up, and wakes, after moving tail
         * while `wants_room` is set. */
        _Atomic uint32_t room;
        _Atomic uint32_t wants_room;
};
static_assert(sizeof(struct ring_header) <= SESSION_PAGE, "a ring's header is one page");

/* The calling process's, "pid:[4026531836]", or 0 where that cannot be read. */
static inline uint64_t session_own_pid_namespace(void) {
        char name[40];
        ssize_t n = readlink("/proc/self/ns/pid", name, sizeof(name) - 1);

        if (n <= 0)
                return 0;
        name[n] = 0;
        return strchr(name, '[') ? strtoull(strchr(name, '[') + 1, NULL, 10) : 0;
}

/* Offset of ring `i` in the file; its records follow one page behind. */
static inline uint64_t session_ring_bytes(uint32_t ring_records) {
        return SESSION_PAGE + (uint64_t) ring_records * sizeof(struct record);
}

static inline uint64_t session_ring_offset(uint32_t ring_records, uint32_t i) {
        return SESSION_HEADER_BYTES + i * session_ring_bytes(ring_records);
}

static inline struct record *ring_records(struct ring_header *ring) {
        return (struct record *) ((char *) ring + SESSION_PAGE);
}
