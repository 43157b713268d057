/* Executing another program: it is recorded too, also when it is given an environment of its own (environment.h). What the
 * C library executes by itself, in system() and popen(), has the program's. */
#include <alloca.h>
#include <spawn.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include "interposer/environment.h"
#include "interposer/real.h"

/* A larger environment gets pages of its own, which a child of vfork() that goes on to execute leaves to its parent. */
#define BYTES_ON_STACK 8192

/* Calls `call`, in which `carrying` is the environment, and sets `result`. */
#define CARRYING(environment, result, call)                                                               \
        do {                                                                                              \
                char *const *carrying = (environment);                                                    \
                struct carried carried_;                                                                  \
                                                                                                          \
                if (!environment_lacks(carrying, &carried_)) {                                            \
                        (result) = (call);                                                                \
                } else {                                                                                  \
                        size_t n_bytes_ = environment_bytes(&carried_);                                   \
                        void *memory_ = n_bytes_ <= BYTES_ON_STACK ? alloca(n_bytes_) : pages(n_bytes_);   \
                                                                                                          \
                        if (memory_)                                                                      \
                                carrying = environment_carry(&carried_, carrying, memory_);               \
                        (result) = (call);                                                                \
                        if (memory_ && n_bytes_ > BYTES_ON_STACK)                                         \
                                munmap(memory_, n_bytes_);                                                \
                }                                                                                         \
        } while (0)

static void *pages(size_t n_bytes) {
        void *memory = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        return memory == MAP_FAILED ? NULL : memory;
}

/* The collector says so where that program cannot be recorded. */
static void note(const char *program) {
        if (wrapper_records())
                heddle_emit_exec(program);
}

EXPORT int execve(const char *path, char *const argv[], char *const environment[]) {
        int result;

        note(path);
        CARRYING(environment, result, REAL(execve)(path, argv, carrying));
        return result;
}

EXPORT int execv(const char *path, char *const argv[]) {
        int result;

        note(path);
        CARRYING(environ, result, REAL(execve)(path, argv, carrying));
        return result;
}

EXPORT int execvpe(const char *file, char *const argv[], char *const environment[]) {
        int result;

        note(file);
        CARRYING(environment, result, REAL(execvpe)(file, argv, carrying));
        return result;
}

EXPORT int execvp(const char *file, char *const argv[]) {
        int result;

        note(file);
        CARRYING(environ, result, REAL(execvpe)(file, argv, carrying));
        return result;
}

EXPORT int fexecve(int fd, char *const argv[], char *const environment[]) {
        int result;

        CARRYING(environment, result, REAL(fexecve)(fd, argv, carrying));
        return result;
}

EXPORT int execveat(int folder, const char *path, char *const argv[], char *const environment[], int flags) {
        int result;

        CARRYING(environment, result, REAL(execveat)(folder, path, argv, carrying, flags));
        return result;
}

EXPORT int posix_spawn(pid_t *ret_pid, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                       char *const argv[], char *const environment[]) {
        int result;

        note(path);
        CARRYING(environment, result, REAL(posix_spawn)(ret_pid, path, actions, attributes, argv, carrying));
        return result;
}

EXPORT int posix_spawnp(pid_t *ret_pid, const char *file, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                        char *const argv[], char *const environment[]) {
        int result;

        note(file);
        CARRYING(environment, result, REAL(posix_spawnp)(ret_pid, file, actions, attributes, argv, carrying));
        return result;
}

/* ---- with the arguments one by one */

static size_t count_arguments(const char *first, va_list arguments) {
        size_t n = 0;

        for (const char *argument = first; argument; argument = va_arg(arguments, const char *))
                n++;
        return n;
}

static void collect_arguments(char **argv, const char *first, size_t n, va_list arguments) {
        argv[0] = (char *) first;
        for (size_t i = 1; i <= n; i++)
                argv[i] = va_arg(arguments, char *);
}

/* Sets `argv` to what follows `first`, and does `rest` while `arguments_` stands behind the NULL that ends it. */
#define WITH_ARGUMENTS(argv, first, rest)                                \
        va_list arguments_;                                              \
        size_t n_arguments_;                                             \
                                                                         \
        va_start(arguments_, first);                                     \
        n_arguments_ = count_arguments(first, arguments_);               \
        va_end(arguments_);                                              \
        char **argv = alloca((n_arguments_ + 2) * sizeof(*argv));        \
        argv[0] = NULL;                                                  \
        va_start(arguments_, first);                                     \
        if (n_arguments_ > 0)                                            \
                collect_arguments(argv, first, n_arguments_, arguments_); \
        rest;                                                            \
        va_end(arguments_)

EXPORT int execl(const char *path, const char *first, ...) {
        WITH_ARGUMENTS(argv, first, (void) 0);
        return execv(path, argv);
}

EXPORT int execlp(const char *file, const char *first, ...) {
        WITH_ARGUMENTS(argv, first, (void) 0);
        return execvp(file, argv);
}

EXPORT int execle(const char *path, const char *first, ...) {
        char *const *environment;

        WITH_ARGUMENTS(argv, first, environment = va_arg(arguments_, char *const *));
        return execve(path, argv, environment);
}
