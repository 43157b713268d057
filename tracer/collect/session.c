/* See session.h. */
#include "collect/session.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

#define CALIBRATION_NS 10000000
/* More than this is no count of threads: the program has written over it. */
#define THREADS_AT_MOST (1u << 24)

static long futex(_Atomic uint32_t *word, int operation, uint32_t value, const struct timespec *timeout) {
        return syscall(SYS_futex, word, operation, value, timeout, NULL, 0);
}

static uint64_t monotonic_ns(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t) now.tv_sec * UINT64_C(1000000000) + (uint64_t) now.tv_nsec;
}

/* The counter runs at one speed, whatever the processor's frequency and sleep states. */
static bool have_invariant_counter(void) {
#if defined(__x86_64__)
        unsigned a, b, c, d;

        return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & 1u << 8);
#elif defined(__aarch64__)
        return true; /* by definition of the generic timer */
#else
        return false;
#endif
}

static uint64_t read_clock(uint32_t clock) {
        if (clock == SESSION_CLOCK_CPU) {
#if defined(__x86_64__)
                return __rdtsc();
#elif defined(__aarch64__)
                uint64_t ticks;

                __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
                return ticks;
#endif
        }
        return monotonic_ns();
}

/* Both clocks at one moment: of several tries the one that took least. */
static void read_both(uint64_t *ret_ticks, uint64_t *ret_ns) {
        uint64_t shortest = UINT64_MAX;

        for (int i = 0; i < 10; i++) {
                uint64_t before = read_clock(SESSION_CLOCK_CPU), ns = monotonic_ns(), after = read_clock(SESSION_CLOCK_CPU);

                if (after - before < shortest) {
                        shortest = after - before;
                        *ret_ticks = before + (after - before) / 2;
                        *ret_ns = ns;
                }
        }
}

static void calibrate(struct session *session) {
        uint64_t ticks[2], ns[2];

        session->ticks_per_second = 1000000000;
        session->ns_per_tick = UINT64_C(1) << 32;
        if (session->clock != SESSION_CLOCK_CPU)
                return;
        read_both(&ticks[0], &ns[0]);
        clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec) { .tv_nsec = CALIBRATION_NS }, NULL);
        read_both(&ticks[1], &ns[1]);
        session->ticks_per_second = (uint64_t) ((double) (ticks[1] - ticks[0]) * 1e9 / (double) (ns[1] - ns[0]));
        session->ns_per_tick = (uint64_t) ((double) (ns[1] - ns[0]) / (double) (ticks[1] - ticks[0]) * 4294967296.0);
}

/* A file in memory counts as one to the limit on the size of files; the soft limit is there to be raised. */
static int resize(int fd, uint64_t n_bytes) {
        struct rlimit before, raised;
        int error;

        if (getrlimit(RLIMIT_FSIZE, &before) < 0)
                return -errno;
        raised = (struct rlimit) { before.rlim_max, before.rlim_max };
        (void) setrlimit(RLIMIT_FSIZE, &raised); /* if not, that is told by the next call */
        error = ftruncate(fd, (off_t) n_bytes) < 0 ? errno : 0;
        (void) setrlimit(RLIMIT_FSIZE, &before);
        return -error;
}

static int map_session(struct session *session, uint32_t ring_records) {
        int r;

        session->n_bytes = session_ring_offset(ring_records, SESSION_RINGS);
        session->fd = memfd_create("heddle-session", MFD_CLOEXEC);
        if (session->fd < 0)
                return -errno;
        r = resize(session->fd, session->n_bytes);
        if (r < 0)
                return r;
        session->header = mmap(NULL, session->n_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, session->fd, 0);
        if (session->header == MAP_FAILED) {
                session->header = NULL;
                return -errno;
        }
        return 0;
}

int session_init(struct session *session, enum session_when_full when_full, uint32_t ring_records, struct fault *ret_fault) {
        int r;

        *session = (struct session) { .fd = -1 };
        r = map_session(session, ring_records);
        if (r < 0) {
                session_finish(session);
                return fault_set(ret_fault, -r, "cannot make the memory that is shared with the program: %s%s", strerror(-r),
                                 r == -EFBIG ? "; raise the limit on the size of files (ulimit -f)" : "");
        }
        *session->header = (struct session_header) {
                .magic = SESSION_MAGIC,
                .abi = SESSION_ABI,
                .clock = have_invariant_counter() ? SESSION_CLOCK_CPU : SESSION_CLOCK_MONOTONIC,
                .when_full = when_full,
                .n_rings = SESSION_RINGS,
                .ring_records = ring_records,
                .collector_pid = getpid(),
                .pid_namespace = session_own_pid_namespace(),
                .next_thread = 1,
        };
        session->ring_records = ring_records;
        session->clock = session->header->clock;
        calibrate(session);
        session->began = session_now(session);
        snprintf(session->path, sizeof(session->path), "/proc/%d/fd/%d", (int) getpid(), session->fd);
        return 0;
}

void session_leave(struct session *session) {
        struct session_header *header = session->header;

        if (!header || session->left)
                return;
        session->left = true;
        atomic_store(&header->closed, 1);
        for (uint32_t i = 0; i < SESSION_RINGS; i++)
                if (atomic_load(&header->ring_state[i]) != RING_FREE)
                        session_wake(session_ring(session, i));
}

void session_finish(struct session *session) {
        session_leave(session);
        if (session->header)
                munmap(session->header, session->n_bytes);
        if (session->fd >= 0)
                close(session->fd);
        *session = (struct session) { .fd = -1 };
}

bool session_is_damaged(const struct session *session) {
        const struct session_header *header = session->header;

        return header->magic != SESSION_MAGIC || header->abi != SESSION_ABI || header->clock != session->clock ||
               header->n_rings != SESSION_RINGS || header->ring_records != session->ring_records || header->collector_pid != getpid() ||
               atomic_load_explicit(&header->closed, memory_order_relaxed) != session->left ||
               atomic_load_explicit(&header->n_unrecorded_threads, memory_order_relaxed) > THREADS_AT_MOST ||
               atomic_load_explicit(&header->n_sealed_threads, memory_order_relaxed) > THREADS_AT_MOST;
}

uint32_t session_n_unrecorded(const struct session *session) {
        return session_is_damaged(session) ? 0 : atomic_load_explicit(&session->header->n_unrecorded_threads, memory_order_relaxed);
}

uint32_t session_n_sealed(const struct session *session) {
        return session_is_damaged(session) ? 0 : atomic_load_explicit(&session->header->n_sealed_threads, memory_order_relaxed);
}

bool session_any_elsewhere(const struct session *session) {
        return !session_is_damaged(session) && atomic_load_explicit(&session->header->any_elsewhere, memory_order_relaxed) != 0;
}

bool session_was_joined(const struct session *session) {
        return atomic_load_explicit(&session->header->next_thread, memory_order_relaxed) != 1;
}

uint64_t session_now(const struct session *session) {
        return read_clock(session->clock);
}

uint64_t session_ns(const struct session *session, uint64_t ticks) {
        if (ticks <= session->began)
                return 0;
        return (uint64_t) ((unsigned __int128) (ticks - session->began) * session->ns_per_tick >> 32);
}

/* Pairs with wait_for_room() in the emitter: it sets wants_room and then reads tail, we have moved tail and now read
 * wants_room. The fence keeps our two apart. */
void session_wake(struct ring_header *ring) {
        atomic_thread_fence(memory_order_seq_cst);
        if (!atomic_load_explicit(&ring->wants_room, memory_order_seq_cst))
                return;
        atomic_fetch_add_explicit(&ring->room, 1, memory_order_seq_cst);
        futex(&ring->room, FUTEX_WAKE, INT_MAX, NULL);
}

void session_sleep(struct session *session, uint32_t seen, uint64_t timeout_ns) {
        struct timespec timeout = { .tv_sec = (time_t) (timeout_ns / 1000000000), .tv_nsec = (long) (timeout_ns % 1000000000) };

        futex(&session->header->doorbell, FUTEX_WAIT, seen, &timeout);
}
