/* A process's way into the session, and a ring for each of its threads.
 *
 * The session's file is mapped whole, once, before the program's own code runs: later it may have closed the file
 * descriptor, become another user, changed its root or forbidden itself to open files. The file is sparse, so that rings
 * which nobody uses cost address space only; where that is limited, as many rings are mapped as fit into a part of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emit/internal.h"

struct emit_switch heddle_emit_switch __attribute__((aligned(SESSION_PAGE)));

/* Of a limited address space, leave the rest to the program. */
#define ADDRESS_SPACE_SHARE 8

/* A ring that a thread has left is free once the collector has emptied it. */
#define WAIT_FOR_RING_NS 500000
#define WAITS_FOR_RING 2000

int heddle_emit_opened;

static struct session_header *session;
static _Atomic uint32_t n_mapped_rings;
static _Atomic uint32_t n_claiming; /* threads that are looking for a ring among them */
static atomic_bool is_slow;         /* the collector let somebody wait in vain */

struct session_header *emit_session(void) {
        return session;
}

uint32_t emit_os_thread_id(void) {
        return (uint32_t) syscall(SYS_gettid);
}

/* Maps that much of the file at `path`, or returns NULL. */
static void *map_file(const char *path, uint64_t n_bytes) {
        int fd = open(path, O_RDWR | O_CLOEXEC);
        void *memory;

        if (fd < 0)
                return NULL;
        memory = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
        close(fd);
        return memory == MAP_FAILED ? NULL : memory;
}

/* The collector knows a process by its pid, and watches it, looks whether its threads sleep, and kills it by that. In another pid
 * namespace our pid is some other process's to it: better unrecorded than mistaken for that one. What /proc calls us does not
 * tell: it may have been mounted anew. */
static bool is_elsewhere(struct session_header *header) {
        uint64_t own = session_own_pid_namespace();

        if (own == 0 || header->pid_namespace == 0 || own == header->pid_namespace)
                return false; /* also in a changed root, where that is not known */
        atomic_store_explicit(&header->any_elsewhere, 1, memory_order_relaxed);
        return true;
}

bool emit_is_elsewhere(void) {
        return is_elsewhere(session);
}

static uint32_t n_rings_within(const struct session_header *header, uint64_t address_space) {
        uint64_t n = address_space / ADDRESS_SPACE_SHARE / session_ring_bytes(header->ring_records) + 1;

        return n < header->n_rings ? (uint32_t) n : header->n_rings;
}

static uint32_t n_rings_that_fit(const struct session_header *header) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_AS, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
                return header->n_rings;
        return n_rings_within(header, limit.rlim_cur);
}

static bool session_is_ours(const struct session_header *header) {
        return header->magic == SESSION_MAGIC && header->abi == SESSION_ABI &&
               atomic_load_explicit(&header->closed, memory_order_acquire) == 0;
}

/* The header is mapped by itself first, since it says how much more there is. */
static bool map_session(const char *path) {
        struct session_header *header = map_file(path, SESSION_HEADER_BYTES);
        uint64_t n_bytes = 0;

        if (!header)
                return false;
        if (session_is_ours(header) && !is_elsewhere(header)) {
                n_mapped_rings = n_rings_that_fit(header);
                n_bytes = session_ring_offset(header->ring_records, n_mapped_rings);
        }
        munmap(header, SESSION_HEADER_BYTES);
        session = n_bytes > 0 ? map_file(path, n_bytes) : NULL;
        if (!session)
                return false;
        madvise(session, n_bytes, MADV_DONTDUMP); /* a core file is the program's */
        return true;
}

void emit_switch_on(void) {
        n_claiming = 0; /* in a child they are its parent's */
        heddle_emit_switch.on = session->clock == SESSION_CLOCK_CPU ? EMIT_CPU_CLOCK : EMIT_MONOTONIC;
        heddle_emit_opened = 1;
}

/* Runs before the program's own constructors where the library is preloaded. A session that cannot be opened, or that
 * another version of Heddle made, leaves recording off: the program must run as it would without us. */
__attribute__((constructor(101))) static void open_session(void) {
        const char *path = getenv(SESSION_ENV);

        if (!path || !map_session(path))
                return;
        (void) madvise(&heddle_emit_switch, sizeof(heddle_emit_switch), MADV_WIPEONFORK); /* not on old kernels */
        emit_switch_on();
        /* The first record says that the process is there, even if no thread of it ever does anything of note. */
        heddle_emit_thread_serial();
}

/* Pairs with the collector's release when it frees the ring. */
static bool win_ring(uint32_t i) {
        uint8_t expected = RING_FREE;

        return atomic_load_explicit(&session->ring_state[i], memory_order_relaxed) == RING_FREE &&
               atomic_compare_exchange_strong_explicit(&session->ring_state[i], &expected, RING_CLAIMED, memory_order_acq_rel,
                                                       memory_order_relaxed);
}

/* Lets the collector look as far as ring `i`. */
static void note_ring_used(uint32_t i) {
        uint32_t used = atomic_load_explicit(&session->rings_used, memory_order_relaxed);

        while (used < i + 1 &&
               !atomic_compare_exchange_weak_explicit(&session->rings_used, &used, i + 1, memory_order_acq_rel, memory_order_relaxed))
                ;
}

static struct ring_header *ring_at(uint32_t i) {
        return (struct ring_header *) ((char *) session + session_ring_offset(session->ring_records, i));
}

/* The first free ring, so that few are ever touched, and those stay in the cache. */
static int find_free(void) {
        for (uint32_t i = 0; i < n_mapped_rings; i++)
                if (win_ring(i))
                        return (int) i;
        return -EAGAIN;
}

static bool any_closed(void) {
        for (uint32_t i = 0; i < n_mapped_rings; i++)
                if (atomic_load_explicit(&session->ring_state[i], memory_order_relaxed) == RING_CLOSED)
                        return true;
        return false;
}

/* Threads may be made and ended faster than the collector empties their rings, where only few fit into the memory. */
static int find_free_in_time(void) {
        int i = find_free();

        for (unsigned n = 0; i < 0 && any_closed() && !is_slow; n++) {
                if (n == WAITS_FOR_RING || emit_collector_is_gone(session)) {
                        is_slow = true;
                        break;
                }
                emit_ring_doorbell(session);
                emit_pause(WAIT_FOR_RING_NS);
                i = find_free();
        }
        return i;
}

/* Drawn with a ring only, so that the collector hears of every one. */
static uint32_t new_serial(void) {
        return atomic_fetch_add_explicit(&session->next_thread, 1, memory_order_relaxed);
}

static struct ring_header *claim_ring(void) {
        int i = find_free_in_time();
        struct ring_header *ring;

        if (i < 0)
                return NULL;
        ring = ring_at((uint32_t) i);
        ring->index = (uint32_t) i;
        ring->thread = new_serial();
        ring->generation++;
        atomic_store_explicit(&ring->tid, 0, memory_order_relaxed);
        note_ring_used((uint32_t) i);
        atomic_store_explicit(&ring->pid, (uint32_t) getpid(), memory_order_release);
        return ring;
}

struct ring_header *emit_claim_ring(void) {
        struct ring_header *ring;

        atomic_fetch_add(&n_claiming, 1); /* pairs with unmap_beyond() */
        ring = claim_ring();
        atomic_fetch_sub(&n_claiming, 1);
        if (!ring)
                atomic_fetch_add_explicit(&session->n_unrecorded_threads, 1, memory_order_relaxed);
        return ring;
}

void emit_close_ring(struct ring_header *ring) {
        atomic_store_explicit(&session->ring_state[ring->index], RING_CLOSED, memory_order_release);
}

/* ---- a smaller address space */

/* One more than the last ring that is this process's. */
static uint32_t n_own_rings(uint32_t n) {
        while (n > 0 && (atomic_load_explicit(&session->ring_state[n - 1], memory_order_acquire) == RING_FREE ||
                         atomic_load_explicit(&ring_at(n - 1)->pid, memory_order_acquire) != (uint32_t) getpid()))
                n--;
        return n;
}

/* Rings beyond the first `n` go, as far as no thread of ours has one or is just looking for one. */
static void unmap_beyond(uint32_t n, uint32_t n_before) {
        uint64_t end = session_ring_offset(session->ring_records, n_before), from;
        uint32_t n_own;

        atomic_store(&n_mapped_rings, n);
        for (unsigned i = 0; atomic_load(&n_claiming) > 0; i++) {
                if (i == WAITS_FOR_RING) {
                        atomic_store(&n_mapped_rings, n_before);
                        return;
                }
                emit_pause(WAIT_FOR_RING_NS / 10);
        }
        n_own = n_own_rings(n_before);
        n = n_own > n ? n_own : n;
        from = session_ring_offset(session->ring_records, n);
        munmap((char *) session + from, end - from);
}

void heddle_emit_limit_memory(uint64_t address_space) {
        int saved_errno = errno;
        uint32_t n_before = atomic_load(&n_mapped_rings), n;

        if (!emit_is_on())
                return;
        n = n_rings_within(session, address_space);
        if (n < n_before)
                unmap_beyond(n, n_before);
        errno = saved_errno;
}
