/* See processes.h. */
#include "collect/processes.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void processes_finish(struct processes *processes) {
        for (uint32_t i = 1; i < processes->n_images; i++)
                free(processes->images[i].program);
        free(processes->images);
        table_finish(&processes->latest);
        while (processes->watches) {
                processes->watches->n_rings = 1;
                processes_unwatch(processes, processes->watches);
        }
        memset(processes, 0, sizeof(*processes));
}

/* The executable's path. NULL when the process is gone already. */
static char *read_program(uint32_t pid) {
        char link[64], path[PATH_MAX];
        ssize_t n;

        snprintf(link, sizeof(link), "/proc/%u/exe", pid);
        n = readlink(link, path, sizeof(path) - 1);
        if (n <= 0)
                return NULL;
        path[n] = 0;
        return strdup(path);
}

static int add_image(struct processes *processes, uint32_t pid, uint32_t first_thread) {
        uint64_t *latest = table_put(&processes->latest, pid, 1);

        if (!latest)
                return -ENOMEM;
        if (processes->n_images == processes->size_images) {
                uint32_t size = processes->size_images ? processes->size_images * 2 : 16;
                struct image *images = reallocarray(processes->images, size, sizeof(*images));

                if (!images)
                        return -ENOMEM;
                processes->images = images;
                processes->size_images = size;
        }
        if (processes->n_images == 0)
                processes->images[processes->n_images++] = (struct image) { 0 };
        processes->images[processes->n_images] = (struct image) {
                .pid = pid,
                .first_thread = first_thread,
                .program = read_program(pid),
                .before = (uint32_t) *latest,
        };
        *latest = processes->n_images;
        return (int) processes->n_images++;
}

int processes_image(struct processes *processes, uint32_t pid, uint32_t thread, bool begins) {
        const uint64_t *latest = begins ? NULL : table_find(&processes->latest, pid, 1);

        for (uint32_t i = latest ? (uint32_t) *latest : 0; i > 0; i = processes->images[i].before)
                if (processes->images[i].first_thread <= thread)
                        return (int) i;
        return add_image(processes, pid, begins ? thread : 0);
}

/* To kill() others than these mean several processes, and some that are always there. */
static bool is_pid(uint32_t pid) {
        return pid > 0 && pid <= INT32_MAX;
}

struct watch *processes_watch(struct processes *processes, uint32_t pid) {
        struct watch *watch;

        for (watch = processes->watches; watch; watch = watch->next)
                if (watch->pid == pid && !watch->gone) {
                        watch->n_rings++;
                        return watch;
                }
        watch = calloc(1, sizeof(*watch));
        if (!watch)
                return NULL;
        *watch = (struct watch) { .pid = pid, .n_rings = 1, .next = processes->watches };
        watch->fd = is_pid(pid) ? (int) syscall(SYS_pidfd_open, (pid_t) pid, 0) : -1;
        watch->gone = !is_pid(pid) || (watch->fd < 0 && errno == ESRCH);
        processes->watches = watch;
        return watch;
}

void processes_unwatch(struct processes *processes, struct watch *watch) {
        struct watch **link = &processes->watches;

        if (--watch->n_rings > 0)
                return;
        while (*link != watch)
                link = &(*link)->next;
        *link = watch->next;
        if (watch->fd >= 0)
                close(watch->fd);
        free(watch);
}

/* A pidfd becomes readable when the last thread has ended, even while nobody has waited for the process yet; kill() would
 * still find that one, and would take another process for it that has been given its pid since. */
static bool is_gone(const struct watch *watch) {
        struct pollfd poll_fd = { .fd = watch->fd, .events = POLLIN };

        if (watch->fd < 0)
                return kill((pid_t) watch->pid, 0) < 0 && errno == ESRCH;
        return poll(&poll_fd, 1, 0) > 0;
}

void processes_look(struct processes *processes) {
        for (struct watch *watch = processes->watches; watch; watch = watch->next)
                watch->gone = watch->gone || is_gone(watch);
}

bool processes_any_left(const struct processes *processes) {
        for (const struct watch *watch = processes->watches; watch; watch = watch->next)
                if (!watch->gone)
                        return true;
        return false;
}

/* A pid in the shared memory is only a number that the program wrote there: in a pid namespace of its own it is another
 * process's for us. Ours has the session mapped. */
static bool has_session(const struct watch *watch) {
        char path[64], *line = NULL;
        size_t size = 0;
        bool found = false;
        FILE *maps;

        snprintf(path, sizeof(path), "/proc/%u/maps", watch->pid);
        maps = fopen(path, "re");
        while (maps && !found && getline(&line, &size, maps) > 0)
                found = strstr(line, "memfd:heddle-session");
        if (maps)
                fclose(maps);
        free(line);
        return found;
}

void processes_kill(const struct processes *processes, int signal) {
        for (const struct watch *watch = processes->watches; watch; watch = watch->next) {
                if (watch->gone || (pid_t) watch->pid == getpid() || !has_session(watch))
                        continue;
                if (watch->fd < 0 || syscall(SYS_pidfd_send_signal, watch->fd, signal, NULL, 0) < 0)
                        kill((pid_t) watch->pid, signal);
        }
}
