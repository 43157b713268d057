/* A process's way into the session, and a ring for each of its threads.
 *
 * The session's file is opened by its path each time a ring is mapped, rather than once: programs close file
 * descriptors that they do not know, and a limited address space should pay only for threads that exist. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emit/internal.h"

int heddle_emit_on;

static struct session_header *session;
static char session_path[64];

struct session_header *emit_session(void) {
        return session;
}

uint32_t emit_os_thread_id(void) {
        return (uint32_t) syscall(SYS_gettid);
}

/* Maps a part of the session's file, or returns NULL. */
static void *map_session(uint64_t offset, uint64_t n_bytes) {
        int fd = open(session_path, O_RDWR | O_CLOEXEC);
        void *memory;

        if (fd < 0)
                return NULL;
        memory = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t) offset);
        close(fd);
        return memory == MAP_FAILED ? NULL : memory;
}

/* The collector knows a process by its pid, and watches it, looks whether its threads sleep, and kills it by that. In a pid
 * namespace of our own, our pid is some other process's to it: better unrecorded than mistaken for that one. */
bool emit_pid_is_the_collectors(void) {
        char self[16];
        ssize_t n = readlink("/proc/self", self, sizeof(self) - 1);

        self[n > 0 ? n : 0] = 0;
        return strtol(self, NULL, 10) == getpid();
}

static bool session_is_ours(const struct session_header *header) {
        return header->magic == SESSION_MAGIC && header->abi == SESSION_ABI &&
               atomic_load_explicit(&header->closed, memory_order_acquire) == 0;
}

/* Runs before the program's own constructors where the library is preloaded. A session that cannot be opened, or that
 * another version of Heddle made, leaves recording off: the program must run as it would without us. */
__attribute__((constructor(101))) static void open_session(void) {
        const char *path = getenv(SESSION_ENV);
        struct session_header *header;

        if (!path || strlen(path) >= sizeof(session_path))
                return;
        strcpy(session_path, path);
        header = map_session(0, SESSION_HEADER_BYTES);
        if (!header)
                return;
        if (!session_is_ours(header) || !emit_pid_is_the_collectors()) {
                munmap(header, SESSION_HEADER_BYTES);
                return;
        }
        session = header;
        heddle_emit_on = header->clock == SESSION_CLOCK_CPU ? EMIT_CPU_CLOCK : EMIT_MONOTONIC;
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
        for (uint32_t i = 0; i < session->n_rings; i++)
                if (win_ring(i))
                        return (int) i;
        return -EAGAIN;
}

struct ring_header *emit_claim_ring(uint32_t thread) {
        int i = claim_index();
        struct ring_header *ring = NULL;

        if (i >= 0)
                ring = map_session(session_ring_offset(session->ring_records, (uint32_t) i), session_ring_bytes(session->ring_records));
        if (!ring) {
                if (i >= 0)
                        atomic_store_explicit(&session->ring_state[i], RING_FREE, memory_order_release);
                atomic_fetch_add_explicit(&session->n_unrecorded_threads, 1, memory_order_relaxed);
                return NULL;
        }
        ring->index = (uint32_t) i;
        ring->thread = thread;
        ring->generation++;
        atomic_store_explicit(&ring->tid, 0, memory_order_relaxed);
        note_ring_used((uint32_t) i);
        atomic_store_explicit(&ring->pid, (uint32_t) getpid(), memory_order_release);
        return ring;
}

void emit_close_ring(struct ring_header *ring) {
        uint32_t i = ring->index;

        munmap(ring, session_ring_bytes(session->ring_records));
        atomic_store_explicit(&session->ring_state[i], RING_CLOSED, memory_order_release);
}
