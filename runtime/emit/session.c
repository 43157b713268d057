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

static struct session_header *session;
static uint32_t n_mapped_rings;

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

/* The collector knows a process by its pid, and watches it, looks whether its threads sleep, and kills it by that. In a pid
 * namespace of our own, our pid is some other process's to it: better unrecorded than mistaken for that one. */
bool emit_pid_is_the_collectors(void) {
        char self[16];
        ssize_t n = readlink("/proc/self", self, sizeof(self) - 1);

        if (n <= 0)
                return true; /* a changed root, and not known to be anything more */
        self[n] = 0;
        return strtol(self, NULL, 10) == getpid();
}

static uint32_t n_rings_that_fit(const struct session_header *header) {
        uint64_t ring_bytes = session_ring_bytes(header->ring_records);
        struct rlimit limit;

        if (getrlimit(RLIMIT_AS, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY ||
            limit.rlim_cur / ADDRESS_SPACE_SHARE / ring_bytes >= header->n_rings)
                return header->n_rings;
        return (uint32_t) (limit.rlim_cur / ADDRESS_SPACE_SHARE / ring_bytes) + 1;
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
        if (session_is_ours(header)) {
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

/* Runs before the program's own constructors where the library is preloaded. A session that cannot be opened, or that
 * another version of Heddle made, leaves recording off: the program must run as it would without us. */
__attribute__((constructor(101))) static void open_session(void) {
        const char *path = getenv(SESSION_ENV);

        if (!path || !emit_pid_is_the_collectors() || !map_session(path))
                return;
        (void) madvise(&heddle_emit_switch, sizeof(heddle_emit_switch), MADV_WIPEONFORK); /* not on old kernels */
        heddle_emit_switch.on = session->clock == SESSION_CLOCK_CPU ? EMIT_CPU_CLOCK : EMIT_MONOTONIC;
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

/* The first free ring, so that few are ever touched, and those stay in the cache. */
static int claim_index(void) {
        for (uint32_t i = 0; i < n_mapped_rings; i++)
                if (win_ring(i))
                        return (int) i;
        return -EAGAIN;
}

/* Drawn with a ring only, so that the collector hears of every one. */
static uint32_t new_serial(void) {
        return atomic_fetch_add_explicit(&session->next_thread, 1, memory_order_relaxed);
}

struct ring_header *emit_claim_ring(void) {
        int i = claim_index();
        struct ring_header *ring;

        if (i < 0) {
                atomic_fetch_add_explicit(&session->n_unrecorded_threads, 1, memory_order_relaxed);
                return NULL;
        }
        ring = (struct ring_header *) ((char *) session + session_ring_offset(session->ring_records, (uint32_t) i));
        ring->index = (uint32_t) i;
        ring->thread = new_serial();
        ring->generation++;
        atomic_store_explicit(&ring->tid, 0, memory_order_relaxed);
        note_ring_used((uint32_t) i);
        atomic_store_explicit(&ring->pid, (uint32_t) getpid(), memory_order_release);
        return ring;
}

void emit_close_ring(struct ring_header *ring) {
        atomic_store_explicit(&session->ring_state[ring->index], RING_CLOSED, memory_order_release);
}
