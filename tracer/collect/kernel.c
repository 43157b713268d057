/* See kernel.h. */
#include "collect/kernel.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The letter is the first behind the command's name, which is in brackets and may hold anything. */
char kernel_thread_state(uint32_t pid, uint32_t tid) {
        char path[80], text[256], *end;
        FILE *file;
        size_t n;

        if (tid == 0)
                return 0;
        snprintf(path, sizeof(path), "/proc/%u/task/%u/stat", pid, tid);
        file = fopen(path, "re");
        if (!file)
                return errno == ENOENT ? 'X' : 0;
        n = fread(text, 1, sizeof(text) - 1, file);
        fclose(file);
        text[n] = 0;
        end = strrchr(text, ')');
        return end && end[1] == ' ' ? end[2] : 0;
}

bool kernel_is_over(char state) {
        return state == 'X' || state == 'Z';
}

bool kernel_count_others(uint32_t pid, bool (*is_known)(uint32_t tid, void *data), void *data, uint32_t *ret_n) {
        const struct dirent *entry;
        uint32_t n = 0, n_alive = 0;
        char path[32];
        DIR *tasks;

        snprintf(path, sizeof(path), "/proc/%u/task", pid);
        tasks = opendir(path);
        if (!tasks && errno == ENOENT)
                return false;
        if (!tasks) {
                *ret_n = 1;
                return true;
        }
        while ((entry = readdir(tasks))) {
                uint32_t tid = (uint32_t) strtoul(entry->d_name, NULL, 10);
                bool is_alive = tid > 0 && !kernel_is_over(kernel_thread_state(pid, tid));

                n_alive += is_alive;
                n += is_alive && !is_known(tid, data);
        }
        closedir(tasks);
        if (n_alive == 0)
                return false;
        *ret_n = n;
        return true;
}

#define SIGNAL_BIT(number) (UINT64_C(1) << ((number) - 1))

/* Signals that a thread brings upon itself, and the two that the C library keeps: their handlers wake nobody who waits. */
static const uint64_t harmless_signals = SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGTRAP) |
                                         SIGNAL_BIT(SIGABRT) | SIGNAL_BIT(SIGSYS) | SIGNAL_BIT(SIGPIPE) | SIGNAL_BIT(32) | SIGNAL_BIT(33);

bool kernel_catches_signals(uint32_t pid) {
        uint64_t caught = UINT64_MAX;
        char path[32], line[256];
        FILE *file;

        snprintf(path, sizeof(path), "/proc/%u/status", pid);
        file = fopen(path, "re");
        while (file && fgets(line, sizeof(line), file))
                if (strncmp(line, "SigCgt:", 7) == 0)
                        caught = strtoull(line + 7, NULL, 16);
        if (file)
                fclose(file);
        return (caught & ~harmless_signals) != 0;
}
