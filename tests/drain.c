#include "drain.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint64_t session_bytes(void) {
        return session_ring_offset(SESSION_RING_RECORDS, SESSION_RINGS);
}

/* Reads every record, as a collector would have to. */
static void sum_up(const struct ring_header *ring, const struct record *record, void *data) {
        *(volatile uint64_t *) data += record->time;
}

int drain_init(struct drain *drain) {
        void *memory;

        drain->n_records = 0;
        drain->rung = 0;
        drain->sum = 0;
        drain->visit = sum_up;
        drain->data = &drain->sum;
        drain->fd = memfd_create("heddle-bench", MFD_CLOEXEC);
        if (drain->fd < 0 || ftruncate(drain->fd, (off_t) session_bytes()) < 0)
                return -errno;
        memory = mmap(NULL, session_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, drain->fd, 0);
        if (memory == MAP_FAILED)
                return -errno;
        drain->header = memory;
        *drain->header = (struct session_header) {
                .magic = SESSION_MAGIC,
                .abi = SESSION_ABI,
                .clock = SESSION_CLOCK_CPU,
                .n_rings = SESSION_RINGS,
                .ring_records = SESSION_RING_RECORDS,
                .collector_pid = getpid(),
                .next_thread = 1,
        };
        snprintf(drain->path, sizeof(drain->path), "/proc/%d/fd/%d", getpid(), drain->fd);
        return 0;
}

static void drain_ring(struct drain *drain, struct ring_header *ring) {
        const struct record *records = ring_records(ring);
        uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
        uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);

        for (uint64_t i = tail; i < head; i++)
                drain->visit(ring, &records[i % SESSION_RING_RECORDS], drain->data);
        drain->n_records += head - tail;
        atomic_store_explicit(&ring->tail, head, memory_order_seq_cst);
        if (atomic_load_explicit(&ring->wants_room, memory_order_seq_cst)) {
                atomic_fetch_add(&ring->room, 1);
                syscall(SYS_futex, &ring->room, FUTEX_WAKE, 1, NULL, NULL, 0);
        }
}

void drain_wait(struct drain *drain) {
        uint32_t rung = atomic_load_explicit(&drain->header->doorbell, memory_order_acquire);

        if (rung == drain->rung)
                syscall(SYS_futex, &drain->header->doorbell, FUTEX_WAIT, rung, &(struct timespec) { .tv_nsec = 1000000 }, NULL, 0);
        drain->rung = atomic_load_explicit(&drain->header->doorbell, memory_order_acquire);
}

void drain_round(struct drain *drain) {
        uint32_t n = atomic_load_explicit(&drain->header->rings_used, memory_order_acquire);

        for (uint32_t i = 0; i < n; i++) {
                struct ring_header *ring = (void *) ((char *) drain->header + session_ring_offset(SESSION_RING_RECORDS, i));
                uint8_t state = atomic_load_explicit(&drain->header->ring_state[i], memory_order_acquire);

                if (state == RING_FREE)
                        continue;
                drain_ring(drain, ring);
                if (state == RING_CLOSED)
                        atomic_store_explicit(&drain->header->ring_state[i], RING_FREE, memory_order_release);
        }
        atomic_fetch_add_explicit(&drain->header->heartbeat, 1, memory_order_relaxed);
}

void drain_finish(struct drain *drain) {
        atomic_store(&drain->header->closed, 1);
        munmap(drain->header, session_bytes());
        close(drain->fd);
}
