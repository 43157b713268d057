/* recorded-processes NAME: processes that fork, exec, spawn, and leave others behind. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "corner.h"

enum { CHILDREN = 20, LOCKERS = 3 };

/* As execve() takes them. */
#define WORDS(...) ((char **) (const char *[]) { __VA_ARGS__ })

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, other_lock = PTHREAD_MUTEX_INITIALIZER;
static volatile bool over;

static void use_lock(void) {
        pthread_mutex_lock(&lock);
        pthread_mutex_unlock(&lock);
}

static void *use_other_lock_for_long(void *argument) {
        while (!over) {
                pthread_mutex_lock(&other_lock);
                pthread_mutex_unlock(&other_lock);
                usleep(10);
        }
        return NULL;
}

static void start_lockers(pthread_t threads[LOCKERS]) {
        for (int i = 0; i < LOCKERS; i++)
                pthread_create(&threads[i], NULL, use_other_lock_for_long, NULL);
}

/* The status of a child that is waited for; -1 when it did not exit by itself. */
static int status_of(pid_t child) {
        int status;

        while (waitpid(child, &status, 0) < 0)
                if (errno != EINTR)
                        return -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int well(void) {
        use_lock();
        return ENDED_WELL;
}

static void *use_lock_in_a_thread(void *argument) {
        use_lock();
        return NULL;
}

static int fork_with_threads(void) {
        pthread_t threads[LOCKERS];
        int result = ENDED_WELL;

        start_lockers(threads);
        for (int i = 0; i < CHILDREN; i++) {
                pid_t child = fork();

                if (child == 0) {
                        pthread_t thread;

                        use_lock();
                        pthread_create(&thread, NULL, use_lock_in_a_thread, NULL);
                        pthread_join(thread, NULL);
                        _exit(i);
                }
                if (status_of(child) != i)
                        result = 1;
        }
        over = true;
        for (int i = 0; i < LOCKERS; i++)
                pthread_join(threads[i], NULL);
        return result;
}

static void become(const char *corner, char **environment) {
        execve("/proc/self/exe", WORDS("recorded-processes", corner, NULL), environment);
        _exit(90);
}

static int exec_with_threads(void) {
        pthread_t threads[LOCKERS];

        start_lockers(threads);
        usleep(2000);
        use_lock();
        become("well", environ);
        return 1;
}

static void *become_well(void *argument) {
        use_lock();
        become("well", environ);
        return NULL;
}

static int exec_in_a_thread(void) {
        pthread_t thread;

        pthread_create(&thread, NULL, become_well, NULL);
        pthread_join(thread, NULL);
        return 1;
}

static int exec_that_fails(void) {
        for (int i = 0; i < 50; i++) {
                if (execl("/no/such/program", "program", NULL) != -1 || errno != ENOENT)
                        return 1;
                use_lock();
        }
        return ENDED_WELL;
}

static int vfork_and_exit(void) {
        for (int i = 0; i < CHILDREN; i++) {
                pid_t child = vfork();

                if (child == 0)
                        _exit(4);
                use_lock();
                if (status_of(child) != 4)
                        return 1;
        }
        return ENDED_WELL;
}

static int vfork_and_exec(void) {
        for (int i = 0; i < 3; i++) {
                pid_t child = vfork();

                if (child == 0) {
                        execl("/no/such/program", "program", NULL);
                        execl("/proc/self/exe", "recorded-processes", "well", NULL);
                        _exit(90);
                }
                use_lock();
                if (status_of(child) != ENDED_WELL)
                        return 1;
        }
        return ENDED_WELL;
}

static int spawn_with_everything(void) {
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        sigset_t signals;
        pid_t child;

        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 5, "spawned", O_WRONLY | O_CREAT, 0600);
        posix_spawn_file_actions_adddup2(&actions, 5, STDOUT_FILENO);
        posix_spawn_file_actions_addclose(&actions, 5);
        posix_spawn_file_actions_addchdir_np(&actions, "/");
        posix_spawnattr_init(&attributes);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        posix_spawnattr_setpgroup(&attributes, 0);
        sigfillset(&signals);
        posix_spawnattr_setsigdefault(&attributes, &signals);
        posix_spawnattr_setsigmask(&attributes, &signals);
        if (posix_spawnp(&child, "sh", &actions, &attributes, WORDS("sh", "-c", "pwd; exit 6", NULL), environ) != 0)
                return 1;
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
        return status_of(child) == 6 ? ENDED_WELL : 2;
}

static int spawn_that_fails(void) {
        pid_t child;

        use_lock();
        return posix_spawn(&child, "/no/such/program", NULL, NULL, WORDS("program", NULL), environ) == ENOENT ? ENDED_WELL : 1;
}

static int system_and_popen(void) {
        char line[16] = "";
        FILE *pipe;

        use_lock();
        if (WEXITSTATUS(system("exit 5")) != 5)
                return 1;
        pipe = popen("echo woven", "r");
        if (!pipe || !fgets(line, sizeof(line), pipe) || pclose(pipe) != 0)
                return 2;
        return strcmp(line, "woven\n") == 0 ? ENDED_WELL : 3;
}

static int use_lock_and_end(void *argument) {
        use_lock();
        _exit(*(int *) argument);
}

static char clone_stack[65536] __attribute__((aligned(16)));

static int cloned(int flags) {
        int status = 9;
        pid_t child = clone(use_lock_and_end, clone_stack + sizeof(clone_stack), flags | SIGCHLD, &status);

        use_lock();
        return status_of(child) == status ? ENDED_WELL : 1;
}

static int clone_without_memory(void) {
        return cloned(0);
}

static int clone_with_memory(void) {
        return cloned(CLONE_VM | CLONE_VFORK);
}

static int bare_fork(void) {
        for (int i = 0; i < CHILDREN; i++) {
                pid_t child = i % 2 ? (pid_t) syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : _Fork();

                use_lock();
                if (child == 0)
                        _exit(8);
                if (status_of(child) != 8)
                        return 1;
        }
        return ENDED_WELL;
}

/* Its child does nothing that is recorded before it forks in its turn. */
static int fork_after_bare_fork(void) {
        pid_t child = _Fork();

        if (child == 0) {
                pid_t grandchild = fork();

                if (grandchild == 0) {
                        use_lock();
                        _exit(8);
                }
                _exit(status_of(grandchild));
        }
        return status_of(child) == 8 ? ENDED_WELL : 1;
}

static int exec_after_bare_fork(void) {
        pid_t child = _Fork();

        if (child == 0)
                become("well", environ);
        use_lock();
        return status_of(child);
}

/* The environment is gone, and with it what tells the child to load Heddle. */
static int exec_with_empty_environment(void) {
        pid_t child = fork();

        if (child == 0)
                become("well", WORDS(NULL));
        return status_of(child);
}

/* Without what is Heddle's. */
static int print_environment(void) {
        for (char **variable = environ; *variable; variable++) {
                char *ours = strncmp(*variable, "LD_PRELOAD=", 11) == 0 ? strstr(*variable, ":/") : NULL;

                if (ours)
                        *ours = 0;
                if (strncmp(*variable, "HEDDLE_", 7) != 0 && !strstr(*variable, "heddle"))
                        puts(*variable);
        }
        return ENDED_WELL;
}

static int exec_with_own_environment(void) {
        pid_t child = fork();

        if (child == 0)
                become("print", WORDS("WARP=1", "LD_PRELOAD=libm.so.6", "WEFT=2", NULL));
        return status_of(child);
}

static int spawn_with_empty_environment(void) {
        pid_t child;

        if (posix_spawn(&child, "/proc/self/exe", NULL, NULL, WORDS("recorded-processes", "well", NULL), WORDS(NULL)) != 0)
                return 1;
        return status_of(child);
}

static int clear_environment_and_exec(void) {
        pid_t child = vfork();

        if (child == 0) {
                clearenv();
                execv("/proc/self/exe", WORDS("recorded-processes", "well", NULL));
                _exit(90);
        }
        return status_of(child);
}

/* The parent ends at once; the daemon has given everything away, and ends later. */
static int daemon_that_goes_on(void) {
        pthread_t thread;
        int ready[2];
        char byte;

        use_lock();
        if (pipe(ready) < 0)
                return 1;
        if (fork() > 0) {
                close(ready[1]);
                return read(ready[0], &byte, 1) == 1 ? ENDED_WELL : 2;
        }
        setsid();
        if (fork() > 0)
                _exit(0);
        if (write(ready[1], "", 1) != 1)
                _exit(1);
        close_range(0, ~0u, 0);
        if (chdir("/") < 0)
                _exit(1);
        usleep(300000);
        pthread_create(&thread, NULL, use_lock_in_a_thread, NULL);
        pthread_join(thread, NULL);
        _exit(0);
}

static int daemon_of_the_library(void) {
        use_lock();
        if (daemon(0, 0) < 0)
                return 1;
        usleep(100000);
        use_lock();
        return ENDED_WELL;
}

static int change_root(void) {
        pthread_t thread;

        use_lock();
        if (geteuid() == 0 && (chroot("/proc") < 0 || chdir("/") < 0))
                return 1;
        pthread_create(&thread, NULL, use_lock_in_a_thread, NULL);
        pthread_join(thread, NULL);
        return ENDED_WELL;
}

CORNERS({ "well", well },
        { "print", print_environment },
        { "fork-with-threads", fork_with_threads },
        { "exec-with-threads", exec_with_threads },
        { "exec-in-a-thread", exec_in_a_thread },
        { "exec-that-fails", exec_that_fails },
        { "vfork-and-exit", vfork_and_exit },
        { "vfork-and-exec", vfork_and_exec },
        { "spawn", spawn_with_everything },
        { "spawn-that-fails", spawn_that_fails },
        { "system", system_and_popen },
        { "clone", clone_without_memory },
        { "clone-vm", clone_with_memory },
        { "bare-fork", bare_fork },
        { "exec-after-bare-fork", exec_after_bare_fork },
        { "fork-after-bare-fork", fork_after_bare_fork },
        { "exec-empty", exec_with_empty_environment },
        { "exec-own", exec_with_own_environment },
        { "spawn-empty", spawn_with_empty_environment },
        { "clearenv", clear_environment_and_exec },
        { "daemon", daemon_that_goes_on },
        { "daemon-3", daemon_of_the_library },
        { "chroot", change_root })
