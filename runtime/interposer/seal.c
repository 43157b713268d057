/* What a program forbids itself, and what recording has to give up for it, just before: a thread that leaves itself no system
 * calls may not read the clock either, and a small address space is the program's, not our rings'. And, since it goes through
 * the same function, what it waits for by a system call of its own: not recorded, but told. */
#undef _FILE_OFFSET_BITS /* it gives a function another name in the object file */
#include <assert.h>
#include <errno.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interposer/real.h"

enum { ARGUMENTS = 6 };

/* Those that the caller did not give hold anything; the kernel does not look at them. */
static void take_arguments(long arguments[ARGUMENTS], va_list list) {
        for (int i = 0; i < ARGUMENTS; i++)
                arguments[i] = va_arg(list, long);
}

static void note_prctl(long option, unsigned long value) {
        if (option == PR_SET_SECCOMP && value == SECCOMP_MODE_STRICT)
                heddle_emit_leave();
}

EXPORT int prctl(int option, ...) {
        long arguments[ARGUMENTS];
        va_list list;

        va_start(list, option);
        take_arguments(arguments, list);
        va_end(list);
        note_prctl(option, (unsigned long) arguments[0]);
        return REAL(prctl)(option, arguments[0], arguments[1], arguments[2], arguments[3]);
}

/* Not looked up here: an allocator that begins may call it, and looking up could need that. */
static long real_syscall(long number, const long arguments[ARGUMENTS]) {
#if defined(__x86_64__)
        register long r10 __asm__("r10") = arguments[3], r8 __asm__("r8") = arguments[4], r9 __asm__("r9") = arguments[5];
        long result;

        __asm__ volatile("syscall" : "=a"(result)
                         : "0"(number), "D"(arguments[0]), "S"(arguments[1]), "d"(arguments[2]), "r"(r10), "r"(r8), "r"(r9)
                         : "rcx", "r11", "memory");
        if ((unsigned long) result <= -4096ul)
                return result;
        errno = (int) -result;
        return -1;
#else
        return REAL(syscall)(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
#endif
}

/* Rust's standard library waits like this, std::atomic::wait() of C++20, and many a home-made lock. */
static bool is_futex_wait(long number, long operation) {
        return number == SYS_futex && ((operation & FUTEX_CMD_MASK) == FUTEX_WAIT || (operation & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET);
}

EXPORT long syscall(long number, ...) {
        long arguments[ARGUMENTS];
        va_list list;

        va_start(list, number);
        take_arguments(arguments, list);
        va_end(list);
        if (__builtin_expect(number == SYS_seccomp, 0) && arguments[0] == SECCOMP_SET_MODE_STRICT)
                heddle_emit_leave();
        else if (__builtin_expect(number == SYS_prctl, 0))
                note_prctl(arguments[0], (unsigned long) arguments[1]);
        else if (is_futex_wait(number, arguments[1]) && wrapper_records())
                heddle_emit_unseen_wait(__builtin_return_address(0));
        return real_syscall(number, arguments);
}

/* Before, so that it is never over the limit; when the limit is refused, later threads may find no ring, which is told. */
static void note_limit(int resource, const struct rlimit *limit) {
        if (resource == RLIMIT_AS && limit && limit->rlim_cur != RLIM_INFINITY)
                heddle_emit_limit_memory(limit->rlim_cur);
}

EXPORT int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit) {
        note_limit((int) resource, limit);
        return REAL(setrlimit)(resource, limit);
}

EXPORT int prlimit(pid_t pid, __rlimit_resource_t resource, const struct rlimit *limit, struct rlimit *ret_before) {
        if (pid == 0 || pid == getpid())
                note_limit((int) resource, limit);
        return REAL(prlimit)(pid, resource, limit, ret_before);
}

#if defined(__LP64__)
/* The same there, under the names that large files ask for. */
static_assert(sizeof(struct rlimit64) == sizeof(struct rlimit), "one kind of limit");

EXPORT int setrlimit64(__rlimit_resource_t resource, const struct rlimit64 *limit) {
        return setrlimit(resource, (const struct rlimit *) limit);
}

EXPORT int prlimit64(pid_t pid, enum __rlimit_resource resource, const struct rlimit64 *limit, struct rlimit64 *ret_before) {
        return prlimit(pid, resource, (const struct rlimit *) limit, (struct rlimit *) ret_before);
}
#endif
