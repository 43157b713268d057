/* See live.h. */
#include "collect/live.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void forget_suspects(struct live *live) {
        free(live->suspects);
        free(live->n_events);
        live->suspects = NULL;
        live->n_events = NULL;
        live->n_suspects = 0;
}

void live_finish(struct live *live) {
        forget_suspects(live);
        free(live->told);
        memset(live, 0, sizeof(*live));
}

static uint64_t n_events_of(const struct world *world, uint32_t thread) {
        const struct thread_state *state = world_thread(world, thread);

        return state ? state->n_events : 0;
}

static bool is_as_before(const struct live *live, const struct world *world, const struct finding *finding) {
        if (finding->n_threads != live->n_suspects)
                return false;
        for (size_t i = 0; i < finding->n_threads; i++)
                if (finding->threads[i] != live->suspects[i] || n_events_of(world, finding->threads[i]) != live->n_events[i])
                        return false;
        return true;
}

static int remember(struct live *live, const struct world *world, const struct finding *finding, uint64_t now_ns) {
        size_t n = finding->n_threads;

        forget_suspects(live);
        live->suspects = reallocarray(NULL, n, sizeof(*live->suspects));
        live->n_events = reallocarray(NULL, n, sizeof(*live->n_events));
        if (!live->suspects || !live->n_events)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                live->suspects[i] = finding->threads[i];
                live->n_events[i] = n_events_of(world, finding->threads[i]);
        }
        live->n_suspects = n;
        live->since_ns = now_ns;
        return 0;
}

static bool is_suspect(const struct live *live, uint32_t thread) {
        for (size_t i = 0; i < live->n_suspects; i++)
                if (live->suspects[i] == thread)
                        return true;
        return false;
}

/* A record of a suspect that has been drained but waits to be merged. */
static bool any_on_its_way(const struct live *live, const struct merge *merge) {
        for (uint32_t i = 1; i < merge->n_streams; i++)
                if (merge->streams[i] && stream_n_waiting(merge->streams[i]) > 0 && is_suspect(live, merge->streams[i]->thread))
                        return true;
        return false;
}

/* What the kernel says of a thread: its letter, 'X' where there is no such thread, 0 where that is not known. The letter is
 * the first behind the command's name, which is in brackets and may hold anything. */
static char state_of(uint32_t pid, uint32_t tid) {
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

static bool is_over(char state) {
        return state == 'X' || state == 'Z';
}

static uint32_t pid_of(const struct catalog *catalog, uint32_t thread) {
        return catalog_process(catalog, catalog_thread(catalog, thread)->process)->pid;
}

/* Whether a thread in that state may be waiting still. One that waits for a spin lock runs all the time; that it has not got it
 * is known all the same, since whoever unlocks it records that first. */
static bool is_in_its_wait(const struct world *world, const struct catalog *catalog, uint32_t thread, char state) {
        const struct thread_state *wait = world_thread(world, thread);

        if (state == 'S' || state == 'D')
                return true;
        return state == 'R' && wait->event == EV_LOCK_WAIT && catalog_object(catalog, wait->object)->kind == OBJECT_SPINLOCK;
}

/* A thread that was killed in its wait wakes nobody either; but when there is nobody else, there is nothing to tell. */
static bool all_wait(const struct live *live, const struct world *world, const struct catalog *catalog) {
        bool any = false;

        for (size_t i = 0; i < live->n_suspects; i++) {
                char state = state_of(pid_of(catalog, live->suspects[i]), catalog_thread(catalog, live->suspects[i])->tid);

                if (is_in_its_wait(world, catalog, live->suspects[i], state))
                        any = true;
                else if (!is_over(state))
                        return false;
        }
        return any;
}

static bool is_suspect_tid(const struct live *live, const struct catalog *catalog, uint32_t pid, uint32_t tid) {
        for (size_t i = 0; i < live->n_suspects; i++)
                if (catalog_thread(catalog, live->suspects[i])->tid == tid && pid_of(catalog, live->suspects[i]) == pid)
                        return true;
        return false;
}

/* The kernel knows of no thread of this process but the suspects. Others that we know of are none: with them, whoever waits
 * for anybody would not be a suspect. There may be some that we do not (of C11, of a timer, of clone()). */
static bool knows_all_threads(const struct live *live, const struct catalog *catalog, uint32_t pid) {
        const struct dirent *entry;
        char path[32];
        bool ok = true;
        DIR *tasks;

        snprintf(path, sizeof(path), "/proc/%u/task", pid);
        tasks = opendir(path);
        if (!tasks)
                return errno == ENOENT;
        while (ok && (entry = readdir(tasks))) {
                uint32_t tid = (uint32_t) strtoul(entry->d_name, NULL, 10);

                ok = tid == 0 || is_suspect_tid(live, catalog, pid, tid) || is_over(state_of(pid, tid));
        }
        closedir(tasks);
        return ok;
}

#define SIGNAL_BIT(number) (UINT64_C(1) << ((number) - 1))

/* Signals that a thread brings upon itself, and the two that the C library keeps: their handlers wake nobody who waits. */
static const uint64_t harmless_signals = SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGTRAP) |
                                         SIGNAL_BIT(SIGABRT) | SIGNAL_BIT(SIGSYS) | SIGNAL_BIT(SIGPIPE) | SIGNAL_BIT(32) | SIGNAL_BIT(33);

/* The process has no handler for a signal from outside, which could do anything. */
static bool handles_no_signal(uint32_t pid) {
        uint64_t caught = 0;
        char path[32], line[256];
        FILE *file;

        snprintf(path, sizeof(path), "/proc/%u/status", pid);
        file = fopen(path, "re");
        if (!file)
                return errno == ENOENT;
        while (fgets(line, sizeof(line), file))
                if (strncmp(line, "SigCgt:", 7) == 0)
                        caught = strtoull(line + 7, NULL, 16);
        fclose(file);
        return (caught & ~harmless_signals) == 0;
}

/* Whoever waits for no one in particular is stuck only when nobody is left. */
static bool nobody_is_left(const struct live *live, const struct world *world, const struct catalog *catalog) {
        for (size_t i = 0; i < live->n_suspects; i++) {
                uint32_t pid = pid_of(catalog, live->suspects[i]);

                if (world_anybody_could_wake(world, live->suspects[i]) && (!knows_all_threads(live, catalog, pid) || !handles_no_signal(pid)))
                        return false;
        }
        return true;
}

/* Threads that merely queue behind a ring that has been told make no news. Marks those of the rings as told. */
static int tell(struct live *live, const struct finding *finding) {
        int news = 0;

        for (size_t i = 0; i < finding->n_steps; i++) {
                uint32_t thread = finding->steps[i].thread;

                if (finding->steps[i].ring == 0)
                        continue;
                if (thread >= live->n_told) {
                        bool *told = realloc(live->told, (size_t) thread + 1);

                        if (!told)
                                return -ENOMEM;
                        memset(told + live->n_told, 0, thread + 1 - live->n_told);
                        live->told = told;
                        live->n_told = thread + 1;
                }
                news |= !live->told[thread];
                live->told[thread] = true;
        }
        return news;
}

static int judge(struct live *live, const struct world *world, const struct catalog *catalog, const struct merge *merge,
                 uint64_t now_ns, const struct finding *finding) {
        if (!is_as_before(live, world, finding))
                return remember(live, world, finding, now_ns);
        if (now_ns - live->since_ns < LIVE_CONFIRM_NS || any_on_its_way(live, merge) || !all_wait(live, world, catalog) ||
            !nobody_is_left(live, world, catalog))
                return 0;
        return tell(live, finding);
}

int live_look(struct live *live, const struct world *world, const struct catalog *catalog, const struct merge *merge,
              uint64_t now_ns, struct finding_list *ret_findings) {
        struct finding_list findings = { 0 };
        int r;

        if (now_ns < live->next_look_ns)
                return 0;
        live->next_look_ns = now_ns + LIVE_LOOK_NS;
        r = world_deadlock(world, catalog, &findings);
        if (r <= 0)
                forget_suspects(live);
        else
                r = judge(live, world, catalog, merge, now_ns, &findings.items[0]);
        if (r > 0)
                *ret_findings = findings;
        else
                finding_list_finish(&findings);
        return r;
}
