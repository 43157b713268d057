/* See launch.h. */
#include "command/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command/config.h"
#include "wire/session.h"

#define LIBRARY "libheddle-interpose.so"

static volatile sig_atomic_t n_interrupts;
static volatile pid_t program; /* 0: not running */
static sigset_t mask_before;   /* until the program is there to be told, signals wait */

/* ---- the library */

static char *in_folder(const char *folder) {
        char *path;

        if (asprintf(&path, "%s/" LIBRARY, folder) < 0)
                return NULL;
        if (access(path, R_OK) == 0)
                return path;
        free(path);
        return NULL;
}

/* Seen from the folder that our own executable lies in. */
static char *beside_executable(const char *way) {
        char executable[4096], *folder, *path = NULL;
        ssize_t n = readlink("/proc/self/exe", executable, sizeof(executable) - 1);

        if (n <= 0)
                return NULL;
        executable[n] = 0;
        *strrchr(executable, '/') = 0;
        if (asprintf(&folder, "%s/%s", executable, way) < 0)
                return NULL;
        path = in_folder(folder);
        free(folder);
        return path;
}

int launch_find_library(char **ret_library, struct fault *ret_fault) {
        const char *folder = getenv("HEDDLE_LIBDIR");
        char *library = NULL, *real;

        if (folder && folder[0]) {
                library = in_folder(folder);
                if (!library)
                        return fault_set(ret_fault, ENOENT, "cannot find " LIBRARY " in %s, which HEDDLE_LIBDIR names", folder);
        }
        if (!library)
                library = beside_executable(HEDDLE_BUILD_LIBDIR);
        if (!library)
                library = beside_executable(HEDDLE_LIBDIR_FROM_BINDIR);
        if (!library)
                library = in_folder(HEDDLE_LIBDIR);
        if (!library)
                return fault_set(ret_fault, ENOENT, "cannot find " LIBRARY ", which is loaded into the program, in %s; install Heddle, or say in HEDDLE_LIBDIR where it lies", HEDDLE_LIBDIR);
        real = realpath(library, NULL);
        free(library);
        if (!real)
                return fault_set(ret_fault, ENOMEM, "not enough memory to start the program");
        if (strpbrk(real, " :")) {
                fault_set(ret_fault, EINVAL, "cannot load %s into the program: the system takes no blank or colon in its path; move Heddle elsewhere", real);
                free(real);
                return -EINVAL;
        }
        *ret_library = real;
        return 0;
}

/* ---- signals */

static void on_interrupt(int signal) {
        n_interrupts++;
}

static void on_end(int signal) {
        int saved_errno = errno;

        if (program > 0)
                kill(program, signal);
        else
                n_interrupts++;
        errno = saved_errno;
}

static void on_child(int signal) {
}

/* Those that mean the program as well as us. */
static const int taken[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };

/* What was ignored when we were started stays ignored, for the program too (nohup). */
static void take_signal(int signal, void (*handler)(int)) {
        struct sigaction before, action = { .sa_handler = handler };

        if (sigaction(signal, NULL, &before) == 0 && before.sa_handler == SIG_IGN)
                return;
        sigaction(signal, &action, NULL);
}

void launch_take_signals(void) {
        sigset_t ours;

        sigemptyset(&ours);
        for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
                sigaddset(&ours, taken[i]);
        sigprocmask(SIG_BLOCK, &ours, &mask_before);
        take_signal(SIGINT, on_interrupt);
        take_signal(SIGQUIT, on_interrupt);
        take_signal(SIGTERM, on_end);
        take_signal(SIGHUP, on_end);
        take_signal(SIGPIPE, on_child); /* a closed standard error ends nothing */
        take_signal(SIGXFSZ, on_child); /* a file that may not grow is an error of write() */
        signal(SIGCHLD, SIG_DFL);
        take_signal(SIGCHLD, on_child);
}

unsigned launch_n_interrupts(void) {
        unsigned n = (unsigned) n_interrupts;

        n_interrupts -= (sig_atomic_t) n;
        return n;
}

/* ---- the program */

static int set_environment(const char *session, const char *library) {
        const char *before = getenv("LD_PRELOAD");
        char *preload;
        int r;

        if (setenv(SESSION_ENV, session, 1) < 0)
                return -errno;
        if (!library)
                return 0;
        if (asprintf(&preload, "%s%s%s", library, before && before[0] ? ":" : "", before ? before : "") < 0)
                return -ENOMEM;
        r = setenv("LD_PRELOAD", preload, 1) < 0 ? -errno : 0;
        free(preload);
        return r;
}

/* A signal that waited for the fork is the program's from here on, and must not end up in our handlers. */
static void give_signals_back(void) {
        struct sigaction now;

        for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
                if (sigaction(taken[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
                        signal(taken[i], SIG_DFL);
        sigprocmask(SIG_SETMASK, &mask_before, NULL);
}

/* Runs in the child. */
static void become(char **argv, const char *session, const char *library, int report) {
        int error = -set_environment(session, library);

        give_signals_back();
        if (error == 0) {
                execvp(argv[0], argv);
                error = errno;
        }
        /* Nobody to tell that telling failed; the parent then takes the end of the pipe for success, and waits. */
        (void) !write(report, &error, sizeof(error));
        _exit(127);
}

int launch(char **argv, const char *session, const char *library, pid_t *ret_pid) {
        int pipe_fds[2], error = 0;
        ssize_t n;
        pid_t pid;

        if (pipe2(pipe_fds, O_CLOEXEC) < 0)
                return -errno;
        pid = fork();
        if (pid < 0) {
                error = errno;
                close(pipe_fds[0]);
                close(pipe_fds[1]);
                return -error;
        }
        if (pid == 0)
                become(argv, session, library, pipe_fds[1]);
        program = pid;
        sigprocmask(SIG_SETMASK, &mask_before, NULL);
        close(pipe_fds[1]);
        do
                n = read(pipe_fds[0], &error, sizeof(error));
        while (n < 0 && errno == EINTR);
        close(pipe_fds[0]);
        if (n == sizeof(error)) {
                while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                        ;
                program = 0;
                return -error;
        }
        *ret_pid = pid;
        return 0;
}

bool launch_reap(pid_t pid, int *ret_status) {
        if (waitpid(pid, ret_status, WNOHANG) != pid)
                return false;
        program = 0;
        return true;
}
