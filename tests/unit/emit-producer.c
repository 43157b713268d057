/* The traced side of test-emit.c: records what its argument names, and ends. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emit/emit.h"

enum { OBJECT_MAIN = 0x1000, OBJECT_HANDLER = 0x2000, OBJECT_DESTRUCTOR = 0x3000, N_EVENTS = 300000 };

__attribute__((noinline)) static void event(enum event_kind kind, uint64_t object, uint32_t sequence, uint32_t value) {
        struct emit_site site = EMIT_SITE;

        emit(site, kind, OBJECT_MUTEX, 0, object, sequence, value);
}

static volatile uint32_t n_handled;

static void on_alarm(int signal) {
        event(EV_UNLOCK, OBJECT_HANDLER, ++n_handled, 0);
}

/* A signal every 50 us, while the main loop records as fast as it can. */
static int signals(void) {
        struct itimerval every = { { 0, 50 }, { 0, 50 } }, never = { { 0, 0 }, { 0, 0 } };
        struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };

        sigaction(SIGALRM, &action, NULL);
        setitimer(ITIMER_REAL, &every, NULL);
        for (uint32_t i = 1; i <= N_EVENTS; i++)
                event(EV_LOCK, OBJECT_MAIN, i, 0);
        setitimer(ITIMER_REAL, &never, NULL);
        event(EV_LOCK_INIT, OBJECT_HANDLER, 0, n_handled);
        return 0;
}

static void *run(void *argument) {
        event(EV_LOCK, OBJECT_MAIN, 1, 0);
        return argument;
}

static int spawn_threads(unsigned n) {
        for (unsigned i = 0; i < n; i++) {
                struct emit_spawn child = { .create = pthread_create, .start = run };
                pthread_t thread;
                uint32_t serial;

                if (heddle_emit_spawn(&child, &thread, NULL, &serial) != 0 || serial == 0 ||
                    heddle_emit_serial_of(thread) != serial || pthread_join(thread, NULL) != 0)
                        return 1;
        }
        return 0;
}

static int spawn(void) {
        return spawn_threads(100);
}

static void on_destroy(void *value) {
        event(EV_LOCK, OBJECT_DESTRUCTOR, 0, 0);
}

static void *run_with_destructor(void *argument) {
        pthread_setspecific(*(pthread_key_t *) argument, argument);
        pthread_exit(NULL);
}

static int destructor(void) {
        pthread_key_t key;
        struct emit_spawn child = { .create = pthread_create, .start = run_with_destructor, .argument = &key };
        pthread_t thread;

        return pthread_key_create(&key, on_destroy) ||
               heddle_emit_spawn(&child, &thread, NULL, NULL) || pthread_join(thread, NULL);
}

static int forks(void) {
        pid_t child = fork();

        event(EV_LOCK, OBJECT_MAIN, child == 0 ? 2 : 1, 0);
        if (child == 0)
                _exit(0);
        return waitpid(child, NULL, 0) != child;
}

/* A fork that runs no handlers. The child has its parent's rings before it, and must not write to them. */
static int bare_fork(void) {
        pid_t child = (pid_t) syscall(SYS_fork);

        for (uint32_t i = 0; child == 0 && i < 1000; i++)
                event(EV_UNLOCK, OBJECT_HANDLER, 0, 0);
        if (child == 0)
                _exit(0);
        event(EV_LOCK, OBJECT_MAIN, 1, 0);
        return waitpid(child, NULL, 0) != child;
}

static sigjmp_buf back;

static void jump_back(int signal) {
        siglongjmp(back, 1);
}

/* Handlers that do not return, most of them while a record is being written. */
static int jumps(void) {
        struct itimerval soon = { { 0, 0 }, { 0, 50 } };
        struct sigaction action = { .sa_handler = jump_back };

        sigaction(SIGALRM, &action, NULL);
        for (volatile uint32_t i = 0; i < 1000; i++)
                if (sigsetjmp(back, 1) == 0) {
                        setitimer(ITIMER_REAL, &soon, NULL);
                        for (;;)
                                event(EV_UNLOCK, OBJECT_HANDLER, 0, 0);
                }
        for (uint32_t i = 1; i <= 1000; i++)
                event(EV_LOCK, OBJECT_MAIN, i, 0);
        return 0;
}

static int keeps_errno(void) {
        for (unsigned i = 0; i < N_EVENTS; i++) {
                errno = 4711;
                event(EV_LOCK, OBJECT_MAIN, 0, 0);
                if (errno != 4711)
                        return 1;
        }
        return 0;
}

/* As deep as `depth`, so that each has a stack of its own. */
__attribute__((noinline)) static void deep(unsigned depth) {
        if (depth > 0)
                deep(depth - 1);
        else
                event(EV_LOCK, OBJECT_MAIN, 0, 0);
        __asm__ volatile("" ::: "memory");
}

static int stacks(void) {
        for (unsigned i = 0; i < 1000; i++)
                deep(i % 8);
        return 0;
}

/* A lock taken by one function that many call: the same call site, the same frame, another stack from each of them. */
__attribute__((noinline)) static void from_one_place(void) {
        event(EV_LOCK, OBJECT_MAIN, 0, 0);
        __asm__ volatile("" ::: "memory");
}

#define CALLER(n)                                                     \
        case n:                                                       \
                from_one_place();                                     \
                __asm__ volatile("# not the others' call: " #n ::: "memory"); \
                break;

static int callers(void) {
        for (unsigned i = 0; i < 1000; i++)
                switch (i % 6) {
                        CALLER(0)
                        CALLER(1)
                        CALLER(2)
                        CALLER(3)
                        CALLER(4)
                        CALLER(5)
                }
        return 0;
}

/* What a daemon does: closes every file, changes its root where it may, becomes somebody else; then begins its threads. */
static int daemon_like(void) {
        struct emit_spawn child = { .create = pthread_create, .start = run };
        pthread_t thread;

        for (int fd = 3; fd < 1024; fd++)
                close(fd);
        if (geteuid() == 0 && (chroot("/proc/self/fdinfo") < 0 || setgid(65534) < 0 || setuid(65534) < 0))
                return 1;
        return heddle_emit_spawn(&child, &thread, NULL, NULL) || pthread_join(thread, NULL);
}

/* The session is several gigabytes of address space; a program that is allowed less is recorded all the same. */
static int little_memory(void) {
        struct rlimit limit = { 256 << 20, 256 << 20 };

        if (getenv("LIMITED"))
                return spawn_threads(20); /* fewer than the rings that fit, however late the collector empties them */
        setenv("LIMITED", "1", 1);
        if (setrlimit(RLIMIT_AS, &limit) < 0)
                return 1;
        execl("/proc/self/exe", "emit-producer", "little-memory", (char *) NULL);
        return 1;
}

static int many(void) {
        for (uint32_t i = 1; i <= N_EVENTS; i++)
                event(EV_LOCK, OBJECT_MAIN, i, 0);
        return 0;
}

int main(int argc, char **argv) {
        static const struct {
                const char *name;
                int (*run)(void);
        } modes[] = { { "signals", signals }, { "spawn", spawn },   { "destructor", destructor }, { "forks", forks },
                      { "bare-fork", bare_fork }, { "jumps", jumps }, { "errno", keeps_errno }, { "stacks", stacks }, { "callers", callers },
                      { "many", many },           { "daemon", daemon_like }, { "little-memory", little_memory } };

        for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(*modes); i++)
                if (strcmp(argv[1], modes[i].name) == 0)
                        return modes[i].run();
        return 2;
}
