/* See live.h. */
#include "collect/live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/kernel.h"

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
                char state = kernel_thread_state(pid_of(catalog, live->suspects[i]), catalog_thread(catalog, live->suspects[i])->tid);

                if (is_in_its_wait(world, catalog, live->suspects[i], state))
                        any = true;
                else if (!kernel_is_over(state))
                        return false;
        }
        return any;
}

/* A thread whose last record was written may still be about to end, and do anything; the kernel passes a robust mutex on when it
 * has. So those that ended with a lock in hand have to be gone first. */
static bool owners_are_gone(const struct world *world, const struct catalog *catalog, const struct finding *finding) {
        for (size_t i = 0; i < finding->n_steps; i++) {
                uint32_t thread = finding->steps[i].thread;

                if (finding->steps[i].role == STEP_HOLDS && world_thread(world, thread)->doing == DOING_ENDED &&
                    !kernel_is_over(kernel_thread_state(pid_of(catalog, thread), catalog_thread(catalog, thread)->tid)))
                        return false;
        }
        return true;
}

/* The threads of a finding, and the process whose others are to be counted. */
struct known_threads {
        const struct catalog *catalog;
        const struct finding *finding;
        uint32_t process;
};

static bool is_known(uint32_t tid, void *data) {
        const struct known_threads *known = data;

        for (size_t i = 0; i < known->finding->n_threads; i++) {
                const struct thread *thread = catalog_thread(known->catalog, known->finding->threads[i]);

                if (thread->tid == tid && thread->process == known->process)
                        return true;
        }
        return false;
}

/* Whoever waits for no one in particular is stuck only when nobody is left. Threads that are recorded are in the finding: with others,
 * these would not be. Who else there is in a process is noted in the catalog for as long as it stands like this. One that is gone
 * wakes nobody, and what was noted of it last is what it ended with. */
static bool nobody_is_left(const struct world *world, struct catalog *catalog, const struct finding *finding) {
        bool nobody = true;

        for (size_t i = 0; i < finding->n_threads; i++) {
                struct known_threads known = { catalog, finding, catalog_thread(catalog, finding->threads[i])->process };
                struct process *process = &catalog->processes[known.process];
                uint32_t n_others;

                if (!world_anybody_could_wake(world, finding->threads[i]) || !kernel_count_others(process->pid, is_known, &known, &n_others))
                        continue;
                process->n_unseen = n_others;
                process->catches_signals = kernel_catches_signals(process->pid);
                nobody = nobody && n_others == 0 && !process->catches_signals;
        }
        return nobody;
}

static void forget_unseen(const struct live *live, struct catalog *catalog) {
        for (size_t i = 0; i < live->n_suspects; i++)
                catalog->processes[catalog_thread(catalog, live->suspects[i])->process].n_unseen = UINT32_MAX;
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

static int judge(struct live *live, const struct world *world, struct catalog *catalog, const struct merge *merge,
                 uint64_t now_ns, const struct finding *finding) {
        bool as_before = is_as_before(live, world, finding), nobody;

        if (!owners_are_gone(world, catalog, finding)) {
                forget_unseen(live, catalog);
                forget_suspects(live);
                return 0;
        }
        if (!as_before)
                forget_unseen(live, catalog);
        nobody = nobody_is_left(world, catalog, finding);
        if (!as_before)
                return remember(live, world, finding, now_ns);
        if (now_ns - live->since_ns < LIVE_CONFIRM_NS || any_on_its_way(live, merge) || !all_wait(live, world, catalog) ||
            !nobody)
                return 0;
        return tell(live, finding);
}

int live_look(struct live *live, const struct world *world, struct catalog *catalog, const struct merge *merge,
              uint64_t now_ns, struct finding_list *ret_findings) {
        struct finding_list findings = { 0 };
        int r;

        if (now_ns < live->next_look_ns)
                return 0;
        live->next_look_ns = now_ns + LIVE_LOOK_NS;
        r = world_deadlock(world, catalog, &findings);
        if (r == 0)
                forget_unseen(live, catalog);
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
