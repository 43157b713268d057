/* See unseen.h. */
#include "command/unseen.h"

#include <stdbool.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/program.h"
#include "symbols/symbols.h"

#define PROGRAMS_TOLD 8 /* more are counted */

/* Libraries whose waits on futexes are recorded where they were called, or are our own. */
static const char *const recorded_libraries[] = { "libheddle", "libglib-2." };

static const char *file_name(const char *path) {
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

static bool is_named(const char *path, const char *start) {
        return strncmp(file_name(path), start, strlen(start)) == 0;
}

/* ---- by what a program is made of */

static void tell_language(FILE *out, const char *path, enum language language) {
        switch (language) {
        case LANGUAGE_GO:
                fprintf(out, "the goroutines of %s: they wait inside Go's own scheduler, not in threads; Go tells of a deadlock of all of "
                             "them by itself, and of races with -race\n", path);
                return;
        case LANGUAGE_RUST:
                fprintf(out, "the locks, condition variables, channels and parked threads of Rust's standard library in %s: it makes them on "
                             "futexes, so only threads and what goes through pthreads are recorded, and who waits otherwise counts as running; "
                             "where that matters, use locks that are made on pthreads\n", path);
                return;
        default:
                return;
        }
}

static bool is_first_of_its_program(const struct catalog *catalog, uint32_t id) {
        for (uint32_t i = 1; i < id; i++)
                if (catalog->processes[i].program && strcmp(catalog->processes[i].program, catalog->processes[id].program) == 0)
                        return false;
        return true;
}

static void tell_programs(FILE *out, const struct catalog *catalog) {
        for (uint32_t id = 1; id < catalog->n_processes; id++)
                if (catalog->processes[id].program && is_first_of_its_program(catalog, id))
                        tell_language(out, catalog->processes[id].program, symbols_language(catalog->processes[id].program));
}

/* OpenMP waits by system calls that it makes without the C library. */
static void tell_openmp(FILE *out, const struct catalog *catalog) {
        for (uint32_t i = 1; i < catalog->n_modules; i++) {
                if (!catalog->modules[i].path || !is_named(catalog->modules[i].path, "libgomp.so"))
                        continue;
                fputs("the locks, barriers and critical sections of OpenMP: libgomp makes them on futexes, so only its threads are recorded, "
                      "and who waits in one counts as running; link with LLVM's libomp (clang -fopenmp), which uses pthreads\n", out);
                return;
        }
}

/* ---- by what it did */

static const char *module_of(const struct catalog *catalog, const struct unseen_wait *wait) {
        for (uint32_t i = catalog->n_modules; i > 1; i--) {
                const struct module *module = &catalog->modules[i - 1];

                if (module->process == wait->process && module->path && wait->address >= module->from && wait->address < module->end)
                        return module->path;
        }
        return NULL;
}

static bool is_recorded(const char *path) {
        for (size_t i = 0; i < sizeof(recorded_libraries) / sizeof(*recorded_libraries); i++)
                if (is_named(path, recorded_libraries[i]))
                        return true;
        return false;
}

static bool is_program(const struct catalog *catalog, const char *path) {
        for (uint32_t id = 1; id < catalog->n_processes; id++)
                if (catalog->processes[id].program && strcmp(catalog->processes[id].program, path) == 0)
                        return true;
        return false;
}

static void tell_waits_of(FILE *out, const struct catalog *catalog, const char *path) {
        enum language language = symbols_language(path);

        if (language == LANGUAGE_OTHER)
                fprintf(out, "threads that %s lets wait on futexes of its own (as std::atomic::wait(), std::latch and std::counting_semaphore "
                             "of C++20 do, and home-made locks): they count as running; where that matters, use the locks and semaphores of "
                             "pthreads, C11, GLib or std::mutex\n", path);
        else if (!is_program(catalog, path)) /* of which it was told already */
                tell_language(out, path, language);
}

static bool was_told(const struct catalog *catalog, const struct unseen *unseen, uint32_t wait, const char *path) {
        for (uint32_t i = 0; i < wait; i++) {
                const char *other = module_of(catalog, &unseen->waits[i]);

                if (other && strcmp(other, path) == 0)
                        return true;
        }
        return false;
}

static void tell_waits(FILE *out, const struct catalog *catalog, const struct unseen *unseen) {
        for (uint32_t i = 0; i < unseen->n_waits; i++) {
                const char *path = module_of(catalog, &unseen->waits[i]);

                if (path && !is_recorded(path) && !was_told(catalog, unseen, i, path))
                        tell_waits_of(out, catalog, path);
        }
}

static void tell_children(FILE *out, const struct unseen *unseen) {
        uint32_t n = 0;

        for (uint32_t i = 0; i < unseen->n_programs; i++) {
                const struct program_obstacle *obstacle = program_obstacle(unseen->programs[i]);

                if (obstacle && n++ < PROGRAMS_TOLD)
                        fprintf(out, "what %s did, which was run: %s; %s\n", unseen->programs[i], obstacle->reason, obstacle->remedy);
        }
        if (n > PROGRAMS_TOLD)
                fprintf(out, "what %u more programs did, which were run and cannot be recorded for such reasons\n", n - PROGRAMS_TOLD);
}

/* ---- by whom it might have been woken */

static bool all_wait_to_the_end(const struct catalog *catalog, const struct derived *derived, uint32_t process) {
        size_t n_alive = 0, n_waiting = 0;

        for (uint32_t i = 1; i < catalog->n_threads; i++)
                n_alive += catalog->threads[i].process == process && catalog->threads[i].ended_ns == NEVER;
        for (size_t i = 0; i < derived->n_waits; i++)
                n_waiting += derived->waits[i].ended_by == 0 && catalog_thread(catalog, derived->waits[i].thread)->process == process;
        return n_alive > 0 && n_alive == n_waiting;
}

/* Not called deadlocked, though it looks like it. */
static void tell_wakers(FILE *out, const struct catalog *catalog, const struct derived *derived) {
        for (uint32_t id = 1; id < catalog->n_processes; id++) {
                const struct process *process = &catalog->processes[id];
                bool has_others = process->n_unseen != UINT32_MAX && process->n_unseen > 0;

                if (process->n_unseen == UINT32_MAX || (!has_others && !process->catches_signals) ||
                    !all_wait_to_the_end(catalog, derived, id))
                        continue;
                fprintf(out, "whether %s was deadlocked: each of its recorded threads waited when it ended, but %s could have woken one; "
                             "heddle view shows who waits for what\n", process->program ? file_name(process->program) : "the program",
                        has_others ? "a thread that is not recorded" : "its handler of a signal");
        }
}

char *unseen_tell(const struct catalog *catalog, const struct unseen *unseen, const struct derived *derived) {
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);

        if (!out)
                return NULL;
        tell_programs(out, catalog);
        tell_openmp(out, catalog);
        tell_waits(out, catalog, unseen);
        tell_children(out, unseen);
        if (unseen->any_elsewhere)
                fputs("processes in a pid namespace of their own (unshare --pid, a container): the pids there mean other processes here; run "
                      "heddle inside it\n", out);
        tell_wakers(out, catalog, derived);
        if (derived->n_unchecked_cycles > 0)
                fprintf(out, "%" PRIu64 " or more cycles in the order of locks: there are too many to look at each\n",
                        derived->n_unchecked_cycles);
        if (fclose(out) != 0 || !text || !text[0]) {
                free(text);
                return NULL;
        }
        text[strlen(text) - 1] = 0;
        return text;
}
