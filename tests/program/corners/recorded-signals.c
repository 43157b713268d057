/* recorded-signals NAME: signals that come at any moment, and programs that end by one. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "corner.h"

enum { STORM_US = 200, STORM_MS = 200, THREADS = 3 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, handlers_lock = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t n_signals;
static __thread sigjmp_buf *back;

static void use_lock(void) {
        pthread_mutex_lock(&lock);
        pthread_mutex_unlock(&lock);
}

static void use_handlers_lock(int signal) {
        int saved_errno = errno;

        n_signals++;
        if (pthread_mutex_trylock(&handlers_lock) == 0)
                pthread_mutex_unlock(&handlers_lock);
        errno = saved_errno;
}

/* Also out of a handler that has interrupted a handler. */
static void jump_out(int signal) {
        use_handlers_lock(signal);
        if (back && n_signals % 3 == 0)
                siglongjmp(*back, 1);
}

static long long now_ms(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void start_storm(void (*handler)(int), int flags) {
        struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART | flags };
        struct itimerval often = { { 0, STORM_US }, { 0, STORM_US } };

        sigaction(SIGALRM, &action, NULL);
        setitimer(ITIMER_REAL, &often, NULL);
}

static void stop_storm(void) {
        struct itimerval never = { 0 };

        setitimer(ITIMER_REAL, &never, NULL);
        signal(SIGALRM, SIG_IGN);
}

static void *lock_for_a_while(void *argument) {
        pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
        long long end = now_ms() + STORM_MS;

        while (now_ms() < end) {
                pthread_mutex_lock(&own);
                pthread_mutex_unlock(&own);
                use_lock();
        }
        return NULL;
}

static int storm(void) {
        pthread_t threads[THREADS];

        start_storm(use_handlers_lock, SA_NODEFER);
        for (int i = 0; i < THREADS; i++)
                pthread_create(&threads[i], NULL, lock_for_a_while, NULL);
        for (int i = 0; i < THREADS; i++)
                pthread_join(threads[i], NULL);
        stop_storm();
        return n_signals > 0 ? ENDED_WELL : 1;
}

/* The handler jumps out while a recorded call is at work; the lock is the thread's own, of a kind that may be left locked. */
static void *lock_and_be_thrown_out(void *argument) {
        long long end = now_ms() + STORM_MS;
        sigjmp_buf here;

        while (now_ms() < end) {
                pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;

                if (sigsetjmp(here, 1) == 0) {
                        back = &here;
                        pthread_mutex_lock(&own);
                        pthread_mutex_unlock(&own);
                }
                back = NULL;
        }
        return NULL;
}

static int jumps(void) {
        pthread_t thread;
        sigset_t alarms;

        /* One thread has them all. */
        sigemptyset(&alarms);
        sigaddset(&alarms, SIGALRM);
        start_storm(jump_out, 0);
        pthread_create(&thread, NULL, lock_and_be_thrown_out, NULL);
        pthread_sigmask(SIG_BLOCK, &alarms, NULL);
        pthread_join(thread, NULL);
        stop_storm();
        return ENDED_WELL;
}

static int storm_on_a_small_stack(void) {
        static char small[8192];
        stack_t stack = { .ss_sp = small, .ss_size = sizeof(small) };

        if (sigaltstack(&stack, NULL) < 0)
                return 1;
        start_storm(use_handlers_lock, SA_ONSTACK);
        lock_for_a_while(NULL);
        stop_storm();
        return ENDED_WELL;
}

static int signals_blocked(void) {
        pthread_t thread;
        sigset_t all;

        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, NULL);
        for (int i = 0; i < 100; i++) {
                pthread_create(&thread, NULL, lock_for_a_while, NULL);
                if (i == 99)
                        pthread_join(thread, NULL);
                else
                        pthread_detach(thread);
                if (i < 99)
                        usleep(100);
        }
        return ENDED_WELL;
}

static int aborted(void) {
        use_lock();
        abort();
}

static void *crash(void *argument) {
        use_lock();
        *(volatile int *) argument = 1;
        return NULL;
}

static int crashed(void) {
        pthread_t thread;

        pthread_create(&thread, NULL, crash, NULL);
        pthread_join(thread, NULL);
        return 1;
}

static int divided_by_zero(void) {
        use_lock();
        raise(SIGFPE);
        return 1;
}

static void end_well(int signal) {
        use_handlers_lock(signal);
        _exit(ENDED_WELL);
}

static unsigned sink;

__attribute__((noinline)) static unsigned go_deep(unsigned depth) {
        volatile char room[512];

        room[depth % 512] = (char) depth;
        use_lock();
        if (depth < 1u << 30)
                sink += go_deep(depth + 1);
        return sink + (unsigned) room[depth % 512];
}

static void handle_crashes(void) {
        struct sigaction action = { .sa_handler = end_well, .sa_flags = SA_ONSTACK };
        stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };

        sigaltstack(&stack, NULL);
        sigaction(SIGSEGV, &action, NULL);
}

static int crash_that_is_handled(void) {
        handle_crashes();
        crash(NULL);
        return 1;
}

static void *overflow(void *argument) {
        if (argument)
                handle_crashes();
        go_deep(0);
        return NULL;
}

static int overflow_in_a_thread(bool is_handled) {
        pthread_attr_t attributes;
        pthread_t thread;

        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, 262144);
        pthread_create(&thread, &attributes, overflow, is_handled ? &lock : NULL);
        pthread_join(thread, NULL);
        return 1;
}

static int stack_overflow(void) {
        return overflow_in_a_thread(false);
}

static int stack_overflow_that_is_handled(void) {
        return overflow_in_a_thread(true);
}

static int stopped_and_continued(void) {
        pid_t child = fork();
        int status;

        if (child == 0) {
                pthread_t thread;

                pthread_create(&thread, NULL, lock_for_a_while, NULL);
                pthread_join(thread, NULL);
                _exit(ENDED_WELL);
        }
        for (int i = 0; i < 3; i++) {
                usleep(50000);
                kill(child, SIGSTOP);
                usleep(50000);
                kill(child, SIGCONT);
        }
        return waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : 1;
}

/* Held by a thread that is stopped: whoever waits for it is not deadlocked. */
static int waited_for_while_stopped(void) {
        struct {
                pthread_mutex_t lock;
                volatile bool is_held;
        } *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        pthread_mutexattr_t attributes;
        pid_t child, helper;

        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
        pthread_mutex_init(&shared->lock, &attributes);
        child = fork();
        if (child == 0) {
                pthread_mutex_lock(&shared->lock);
                shared->is_held = true;
                raise(SIGSTOP);
                pthread_mutex_unlock(&shared->lock);
                _exit(0);
        }
        while (!shared->is_held)
                usleep(1000);
        helper = fork();
        if (helper == 0) {
                usleep(900000);
                kill(child, SIGCONT);
                _exit(0);
        }
        pthread_mutex_lock(&shared->lock);
        pthread_mutex_unlock(&shared->lock);
        waitpid(child, NULL, 0);
        waitpid(helper, NULL, 0);
        return ENDED_WELL;
}

CORNERS({ "storm", storm },
        { "jumps", jumps },
        { "small-stack", storm_on_a_small_stack },
        { "blocked", signals_blocked },
        { "abort", aborted },
        { "crash", crashed },
        { "fpe", divided_by_zero },
        { "handled", crash_that_is_handled },
        { "overflow", stack_overflow },
        { "overflow-handled", stack_overflow_that_is_handled },
        { "stopped", stopped_and_continued },
        { "stopped-owner", waited_for_while_stopped })
