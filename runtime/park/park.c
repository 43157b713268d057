/* The door itself: futex, clock and spinning. See park.h. */
#include "park/park.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "park/atomic.h"

#define NS_PER_S UINT64_C(1000000000)

/* 1 + 2 + 4 + … + 64 pauses: two or three microseconds, about what a sleep and a wake-up cost. */
#define SPIN_ROUNDS 7

void park_tell(struct park_reason *reason) {
        if (!reason || reason->recorded)
                return;
        reason->recorded = true;
        emit(reason->site, reason->event, reason->object_kind, reason->flags, reason->object, 0, reason->value);
}

int park_wait(uint32_t *word, uint32_t expected, uint64_t deadline_ns, struct park_reason *reason) {
        struct timespec deadline = { (time_t) (deadline_ns / NS_PER_S), (long) (deadline_ns % NS_PER_S) };
        int saved = errno, error;

        if (load_relaxed(word) != expected)
                return 0;
        park_tell(reason);
        error = syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected,
                        deadline_ns == PARK_FOREVER ? NULL : &deadline, NULL, FUTEX_BITSET_MATCH_ANY) < 0 ? errno : 0;
        errno = saved;
        return error == ETIMEDOUT ? -ETIMEDOUT : 0;
}

void park_wake(uint32_t *word, int n) {
        int saved = errno;

        /* The word may be gone by now, with the object it was in: then the kernel says so, and no harm is done. */
        (void) syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, n);
        errno = saved;
}

uint64_t park_now_ns(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t) now.tv_sec * NS_PER_S + (uint64_t) now.tv_nsec;
}

uint64_t park_deadline_ns(uint64_t timeout_ns) {
        uint64_t now = park_now_ns();

        /* Beyond what the kernel's signed seconds hold is for ever, too. */
        return timeout_ns > (uint64_t) INT64_MAX - now ? PARK_FOREVER : now + timeout_ns;
}

/* 0: not looked yet. Looked at once; a program that is moved to one processor later only spins a little in vain. */
static uint32_t n_processors;

static uint32_t count_processors(void) {
        cpu_set_t set;
        int saved = errno;
        uint32_t n = sched_getaffinity(0, sizeof set, &set) < 0 ? 2 : (uint32_t) CPU_COUNT(&set);

        errno = saved;
        store_relaxed(&n_processors, n);
        return n;
}

static inline void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        __asm__ volatile("isb");
#else
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
#endif
}

bool park_spin(unsigned *round) {
        uint32_t n = load_relaxed(&n_processors);

        if (*round >= SPIN_ROUNDS || (n ? n : count_processors()) < 2)
                return false;
        for (unsigned i = 0; i < 1u << *round; i++)
                pause_briefly();
        ++*round;
        return true;
}
