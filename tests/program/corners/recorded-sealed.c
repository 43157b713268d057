/* recorded-sealed NAME: programs that take from themselves what they, and Heddle in them, could lean on. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "corner.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void use_lock(void) {
        pthread_mutex_lock(&lock);
        pthread_mutex_unlock(&lock);
}

static void *use_lock_in_a_thread(void *argument) {
        for (int i = 0; i < 200; i++)
                use_lock();
        return NULL;
}

static int go_on_with_threads(void) {
        for (int i = 0; i < 20; i++) {
                pthread_t thread;

                if (pthread_create(&thread, NULL, use_lock_in_a_thread, NULL) != 0)
                        return 1;
                use_lock();
                pthread_join(thread, NULL);
        }
        return ENDED_WELL;
}

static int close_everything(void) {
        use_lock();
        close_range(0, ~0u, 0);
        return go_on_with_threads();
}

static int close_one_by_one(void) {
        for (int i = 0; i < 1024; i++)
                close(i);
        return go_on_with_threads();
}

static int limit(int resource, rlim_t to) {
        struct rlimit limit = { to, to };

        return setrlimit(resource, &limit) < 0 ? 1 : go_on_with_threads();
}

static int limit_files(void) {
        return limit(RLIMIT_NOFILE, 0);
}

static int limit_address_space(void) {
        return limit(RLIMIT_AS, (rlim_t) 1 << 30);
}

static int limit_stack(void) {
        return limit(RLIMIT_STACK, 65536);
}

static int not_dumpable(void) {
        if (prctl(PR_SET_DUMPABLE, 0) < 0)
                return 1;
        return go_on_with_threads();
}

static int renamed(void) {
        if (prctl(PR_SET_NAME, "weaver") < 0)
                return 1;
        return go_on_with_threads();
}

static int other_user(void) {
        if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
                return 1;
        return go_on_with_threads();
}

static int map_low_and_move(void) {
        char *low = mmap((void *) 0x10000, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        char *moved;

        if (low != (void *) 0x10000)
                return go_on_with_threads(); /* not allowed here */
        pthread_mutex_init((pthread_mutex_t *) low, NULL);
        pthread_mutex_lock((pthread_mutex_t *) low);
        pthread_mutex_unlock((pthread_mutex_t *) low);
        moved = mremap(low, 65536, 131072, MREMAP_MAYMOVE);
        if (moved == MAP_FAILED)
                return 1;
        pthread_mutex_lock((pthread_mutex_t *) moved);
        pthread_mutex_unlock((pthread_mutex_t *) moved);
        return go_on_with_threads();
}

static int status_of(pid_t child) {
        int status;

        if (waitpid(child, &status, 0) != child)
                return -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static volatile int lived;

/* Only read(), write(), _exit() and sigreturn() are left to it. A lock that is free needs none. */
static void live_strictly(long (*seal)(void)) {
        static pthread_mutex_t fresh[2000];

        use_lock();
        for (size_t i = 0; i < 2000; i++)
                pthread_mutex_init(&fresh[i], NULL);
        if (seal() != 0)
                _exit(1);
        for (int round = 0; round < 20; round++)
                for (size_t i = 0; i < 2000; i++) {
                        pthread_mutex_lock(&fresh[i]);
                        pthread_mutex_unlock(&fresh[i]);
                }
        lived = 1;
        syscall(SYS_exit, ENDED_WELL);
}

static long seal_by_prctl(void) {
        return prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
}

static long seal_by_syscall(void) {
        return syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL);
}

static int strict(long (*seal)(void)) {
        pid_t child = fork();

        if (child == 0)
                live_strictly(seal);
        use_lock();
        return status_of(child);
}

static int strict_by_prctl(void) {
        return strict(seal_by_prctl);
}

static int strict_by_syscall(void) {
        return strict(seal_by_syscall);
}

static void *seal_and_lock(void *argument) {
        live_strictly(seal_by_prctl);
        return NULL;
}

/* One thread is sealed, the others are not. */
static int strict_in_a_thread(void) {
        pthread_t thread;

        pthread_create(&thread, NULL, seal_and_lock, NULL);
        pthread_detach(thread);
        while (!lived)
                usleep(1000);
        return go_on_with_threads();
}

/* As sandboxes do: no files, no sockets, no exec, and death for trying. */
static int filtered(void) {
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#define DENY(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
                DENY(openat), DENY(readlink), DENY(readlinkat), DENY(kill), DENY(getcwd), DENY(socket), DENY(execve), DENY(ptrace),
                DENY(getppid), DENY(memfd_create), DENY(prctl),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = { sizeof(filter) / sizeof(*filter), filter };
        int result;

        use_lock();
        free(malloc(1));
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
                return 1;
        result = go_on_with_threads();
        _exit(result);
}

static int traced_by_parent(void) {
        pid_t child = fork();
        int status;

        if (child == 0) {
                raise(SIGSTOP);
                _exit(go_on_with_threads());
        }
        waitpid(child, &status, WUNTRACED);
        if (ptrace(PTRACE_SEIZE, child, NULL, NULL) < 0)
                return 1;
        kill(child, SIGCONT);
        while (waitpid(child, &status, 0) == child && WIFSTOPPED(status))
                ptrace(PTRACE_CONT, child, NULL, WSTOPSIG(status) == SIGTRAP || WSTOPSIG(status) == SIGSTOP ? 0 : WSTOPSIG(status));
        return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

CORNERS({ "close-range", close_everything },
        { "close", close_one_by_one },
        { "limit-files", limit_files },
        { "limit-as", limit_address_space },
        { "limit-stack", limit_stack },
        { "not-dumpable", not_dumpable },
        { "renamed", renamed },
        { "other-user", other_user },
        { "low", map_low_and_move },
        { "strict-prctl", strict_by_prctl },
        { "strict-syscall", strict_by_syscall },
        { "strict-thread", strict_in_a_thread },
        { "filtered", filtered },
        { "ptrace", traced_by_parent })
