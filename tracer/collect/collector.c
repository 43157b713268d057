/* See collector.h. */
#include "collect/collector.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/event.h"

/* Durable this often, or after so many events: no more than that is lost when we are killed or the disk is full. */
#define COMMIT_NS UINT64_C(200000000)
#define COMMIT_EVENTS 65536
#define SLEEP_MIN_NS UINT64_C(1000000)
#define SLEEP_MAX_NS UINT64_C(20000000)
/* Processes may end with no record in between, on which the batch would be handed on. */
#define BATCH_SIZE (COLLECTOR_BATCH + SESSION_RINGS)
#define SLICE 1024 /* records merged between two looks at the doorbell */
#define SLICES_MAX 64

static uint64_t monotonic_ns(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t) now.tv_sec * UINT64_C(1000000000) + (uint64_t) now.tv_nsec;
}

/* ---- a merged record's way into the world and the file */

static int flush_batch(struct collector *collector) {
        size_t n = collector->n_batch;

        collector->n_batch = 0;
        return n > 0 && collector->writer ? store_writer_add_events(collector->writer, collector->batch, n, &collector->fault) : 0;
}

/* Counts who is blocked, so that nobody looks for deadlocks while nobody waits. */
static int note_blocked(struct collector *collector, const struct event *event) {
        enum event_effect effect = event_info(event->kind)->effect;

        if (event->thread >= collector->size_blocked) {
                uint32_t size = event->thread * 2 + 64;
                bool *blocked = realloc(collector->blocked, size);

                if (!blocked)
                        return -ENOMEM;
                memset(blocked + collector->size_blocked, 0, size - collector->size_blocked);
                collector->blocked = blocked;
                collector->size_blocked = size;
        }
        if (effect == EFFECT_SAME || collector->blocked[event->thread] == (effect == EFFECT_WAITS))
                return 0;
        collector->blocked[event->thread] = effect == EFFECT_WAITS;
        collector->n_blocked += effect == EFFECT_WAITS ? 1 : -1u;
        return 0;
}

static int take_event(struct collector *collector) {
        const struct event *event = &collector->batch[collector->n_batch];
        int r = world_apply(collector->world, &collector->catalog, event, ++collector->n_events);

        collector->n_batch++;
        return r < 0 ? r : note_blocked(collector, event);
}

static int visit_record(void *data, struct stream *stream, const struct record *record, uint64_t time) {
        struct collector *collector = data;
        int r = collector->n_batch >= COLLECTOR_BATCH ? flush_batch(collector) : 0;

        if (r == 0)
                r = intern_record(&collector->intern, stream, record, time, &collector->batch[collector->n_batch]);
        return r <= 0 ? r : take_event(collector);
}

static void visit_end(void *data, struct stream *stream) {
        struct collector *collector = data;
        bool is_last_of_program = --collector->processes.images[stream->image].n_streams == 0;

        if (stream->killed && collector->n_batch < BATCH_SIZE && is_last_of_program &&
            intern_end_process(&collector->intern, stream, session_ns(&collector->session, collector->merge.last_time),
                               &collector->batch[collector->n_batch]))
                (void) take_event(collector); /* out of memory, the world would not know that it ended */
        intern_end(stream);
}

/* ---- beginning and end */

/* The folder that a file is in, with a slash behind it or "."; for the caller to free. */
static char *folder_of(const char *path) {
        const char *slash = strrchr(path, '/');

        return slash ? strndup(path, (size_t) (slash - path) + 1) : strdup(".");
}

static int init_parts(struct collector *collector, const char *folder) {
        struct merge_visitor visitor = { visit_record, visit_end, collector };

        collector->batch = reallocarray(NULL, BATCH_SIZE, sizeof(*collector->batch));
        collector->world = world_new();
        if (!collector->batch || !collector->world || catalog_init(&collector->catalog) < 0 || spool_init(&collector->spool, folder) < 0 ||
            merge_init(&collector->merge, &collector->spool, collector->session.ticks_per_second, &visitor) < 0 ||
            drain_init(&collector->drain, &collector->session, &collector->merge, &collector->processes) < 0)
                return -ENOMEM;
        intern_init(&collector->intern, &collector->catalog, &collector->session, &collector->processes);
        return 0;
}

int collector_init_on(struct collector *collector, const struct session *session, const char *trace, struct fault *ret_fault) {
        char *folder = trace ? folder_of(trace) : NULL;
        int r = 0;

        *collector = (struct collector) { .session = *session, .spool.fd = -1, .recording.exit_status = -1, .sleep_ns = SLEEP_MIN_NS };
        if (trace)
                r = store_writer_new(trace, &collector->writer, ret_fault);
        if (r == 0 && ((trace && !folder) || init_parts(collector, folder) < 0))
                r = fault_set(ret_fault, ENOMEM, "not enough memory to record");
        free(folder);
        if (r < 0)
                collector_finish(collector);
        return r;
}

int collector_init(struct collector *collector, const char *trace, enum session_when_full when_full, struct fault *ret_fault) {
        struct session session;
        int r = session_init(&session, when_full, SESSION_RING_RECORDS, ret_fault);

        if (r < 0) {
                *collector = (struct collector) { .session.fd = -1, .spool.fd = -1 };
                return r;
        }
        return collector_init_on(collector, &session, trace, ret_fault);
}

void collector_finish(struct collector *collector) {
        merge_finish(&collector->merge);
        drain_finish(&collector->drain);
        intern_finish(&collector->intern);
        live_finish(&collector->live);
        processes_finish(&collector->processes);
        spool_finish(&collector->spool);
        session_finish(&collector->session);
        world_free(collector->world);
        store_writer_free(collector->writer);
        catalog_finish(&collector->catalog);
        recording_finish(&collector->recording);
        free(collector->batch);
        free(collector->blocked);
        *collector = (struct collector) { .session.fd = -1, .spool.fd = -1 };
}

/* ---- rounds */

/* Recording ends here: the file keeps what it has, the program goes on without us. */
static int fail(struct collector *collector, int error) {
        if (collector->error == 0) {
                collector->error = error;
                if (!collector->fault.message[0])
                        fault_set(&collector->fault, -error, "%s", strerror(-error));
                session_leave(&collector->session);
                drain_abandon(&collector->drain);
        }
        return error;
}

static uint64_t n_damaged(const struct collector *collector) {
        return collector->drain.n_damaged + collector->intern.n_damaged + collector->merge.n_damaged + session_is_damaged(&collector->session);
}

static void update_recording(struct collector *collector) {
        uint64_t last_ns = session_ns(&collector->session, collector->merge.last_time);

        if (collector->merge.last_time && last_ns > collector->recording.duration_ns)
                collector->recording.duration_ns = last_ns;
        collector->recording.n_lost = collector->drain.n_lost + n_damaged(collector) + session_n_unrecorded(&collector->session) +
                                      session_n_sealed(&collector->session);
}

static int commit(struct collector *collector) {
        int r = flush_batch(collector);

        if (r < 0)
                return r;
        update_recording(collector);
        collector->dirty = false;
        collector->n_committed = collector->n_events;
        collector->next_commit_ns = monotonic_ns() + COMMIT_NS;
        return collector->writer ? store_writer_commit(collector->writer, &collector->catalog, &collector->recording, &collector->fault) : 0;
}

static int commit_if_due(struct collector *collector) {
        if (collector->n_events - collector->n_committed >= COMMIT_EVENTS ||
            (collector->dirty && monotonic_ns() >= collector->next_commit_ns))
                return commit(collector);
        return 0;
}

static uint32_t read_doorbell(const struct collector *collector) {
        return atomic_load_explicit(&collector->session.header->doorbell, memory_order_acquire);
}

/* Merges until the watermark, or until a ring is half full again: emptying rings comes first, since threads wait for it. */
static int merge_slices(struct collector *collector, uint64_t watermark, uint32_t doorbell) {
        collector->busy = true;
        for (int i = 0; i < SLICES_MAX; i++) {
                int64_t n = merge_run(&collector->merge, watermark, SLICE);

                if (n < 0)
                        return (int) n;
                collector->dirty |= n > 0;
                if (n < SLICE) {
                        collector->busy = false;
                        break;
                }
                if (i > 0 && read_doorbell(collector) != doorbell)
                        break;
        }
        return 0;
}

/* The spool is full and everything in it waits for something that is not there: for its cause, or because of a stamp in a ring
 * that was never taken. 0 or why merging cannot go on. */
static int avoid_standstill(struct collector *collector, const struct drain_round *round, uint64_t n_before) {
        int64_t n;

        if (round->limit == UINT64_MAX || round->n_records > 0 || collector->merge.n_records != n_before || merge_force(&collector->merge))
                return 0;
        n = merge_run(&collector->merge, UINT64_MAX, SLICE);
        return n < 0 ? (int) n : 0;
}

static int one_round(struct collector *collector, uint32_t doorbell, struct drain_round *ret_round) {
        /* Read before the rings are: what is stamped before, less the slack, has been published. */
        uint64_t watermark = session_now(&collector->session) - collector->merge.slack;
        uint64_t n_before = collector->merge.n_records;
        int r;

        atomic_fetch_add_explicit(&collector->session.header->heartbeat, 1, memory_order_relaxed);
        /* As long as the program is there; not while we catch up with it. */
        if (collector->n_events == 0 || processes_any_left(&collector->processes))
                collector->recording.duration_ns = session_ns(&collector->session, session_now(&collector->session));
        spool_retry(&collector->spool);
        r = drain_round(&collector->drain, ret_round);
        if (r < 0)
                return r;
        if (ret_round->limit < watermark)
                watermark = ret_round->limit;
        r = merge_slices(collector, watermark, doorbell);
        if (r < 0)
                return r;
        r = avoid_standstill(collector, ret_round, n_before);
        return r < 0 ? r : commit_if_due(collector);
}

/* What was not recorded could wake somebody, so nothing is said of deadlocks where something was not. */
static bool sees_everything(const struct collector *collector) {
        return !collector->merge.lossy && n_damaged(collector) == 0 && session_n_unrecorded(&collector->session) == 0 &&
               session_n_sealed(&collector->session) == 0;
}

static void sleep_if_idle(struct collector *collector, uint32_t doorbell, uint64_t n_records) {
        if (collector->busy)
                collector->sleep_ns = 0;
        else if (n_records > 0)
                collector->sleep_ns = SLEEP_MIN_NS;
        else
                collector->sleep_ns = collector->sleep_ns * 2 > SLEEP_MIN_NS ? collector->sleep_ns * 2 : SLEEP_MIN_NS;
        if (collector->sleep_ns > SLEEP_MAX_NS)
                collector->sleep_ns = SLEEP_MAX_NS;
        if (collector->sleep_ns > 0)
                session_sleep(&collector->session, doorbell, collector->sleep_ns);
}

/* Rings, merge, file, and the look for deadlocks. 1 with one that is told, 0, or why recording cannot go on. */
static int round_and_look(struct collector *collector, uint32_t doorbell, uint64_t now_ns, uint64_t *ret_n_records, struct finding_list *ret_deadlock) {
        struct drain_round round;
        int r = one_round(collector, doorbell, &round);

        if (r < 0)
                return r;
        *ret_n_records = round.n_records;
        if (collector->n_blocked == 0 || !sees_everything(collector))
                return 0;
        world_set_time(collector->world, session_ns(&collector->session, session_now(&collector->session)));
        r = live_look(&collector->live, collector->world, &collector->catalog, &collector->merge, now_ns, ret_deadlock);
        return r > 0; /* out of memory: the next look may have more luck */
}

int collector_round(struct collector *collector, uint64_t now_ns, struct finding_list *ret_deadlock) {
        uint64_t n_records;
        int r = round_and_look(collector, read_doorbell(collector), now_ns, &n_records, ret_deadlock);

        return r < 0 ? fail(collector, r) : r;
}

int collector_step(struct collector *collector, struct finding_list *ret_deadlock) {
        uint32_t doorbell = read_doorbell(collector);
        uint64_t n_records = 0;
        int r;

        if (collector->error) {
                session_sleep(&collector->session, doorbell, SLEEP_MAX_NS);
                return 0;
        }
        r = round_and_look(collector, doorbell, monotonic_ns(), &n_records, ret_deadlock);
        if (r < 0)
                fail(collector, r);
        else if (r == 0)
                sleep_if_idle(collector, doorbell, n_records);
        return r > 0;
}

bool collector_has_program(const struct collector *collector) {
        return processes_any_left(&collector->processes);
}

void collector_kill(struct collector *collector) {
        processes_kill(&collector->processes, SIGKILL);
}

/* ---- the end of recording */

/* Empties the rings as far as the spool takes it; what is merged in between makes room for more. */
static int take_the_rest(struct collector *collector) {
        struct drain_round round;
        int r;

        do {
                r = one_round(collector, read_doorbell(collector), &round);
                if (r < 0)
                        return r;
        } while (round.limit != UINT64_MAX);
        session_leave(&collector->session);
        drain_abandon(&collector->drain);
        return 0;
}

static int merge_the_rest(struct collector *collector, void (*progress)(void *data, double done), void *data) {
        uint64_t n_all = collector->merge.n_records;
        int r;

        for (;;) {
                int64_t n = merge_run(&collector->merge, UINT64_MAX, COLLECTOR_BATCH * 16);

                if (n < 0)
                        return (int) n;
                if (collector->merge.n_records == 0)
                        return 0;
                if (progress)
                        progress(data, 1 - (double) collector->merge.n_records / (double) n_all);
                r = commit_if_due(collector);
                if (r < 0)
                        return r;
        }
}

void collector_remark(struct collector *collector, const char *format, ...) {
        const char *before = collector->recording.remarks ? collector->recording.remarks : "";
        char *line = NULL, *all = NULL;
        va_list arguments;

        va_start(arguments, format);
        if (vasprintf(&line, format, arguments) < 0)
                line = NULL;
        va_end(arguments);
        if (line && asprintf(&all, "%s%s%s", before, before[0] ? "\n" : "", line) >= 0) {
                free(collector->recording.remarks);
                collector->recording.remarks = all;
        }
        free(line);
}

static void add_remarks(struct collector *collector) {
        uint32_t n_unrecorded = session_n_unrecorded(&collector->session), n_sealed = session_n_sealed(&collector->session);

        if (collector->drain.n_lost > 0)
                collector_remark(collector, "%" PRIu64 " records were dropped because the program was faster than the collector", collector->drain.n_lost);
        if (n_unrecorded > 0)
                collector_remark(collector, "%" PRIu32 " thread%s not recorded: more than %u were alive at once, or there was no memory for their rings", n_unrecorded, n_unrecorded == 1 ? " was" : "s were", SESSION_RINGS);
        if (n_sealed > 0)
                collector_remark(collector, "%" PRIu32 " thread%s no longer recorded after forbidding %s all but a few system calls (strict seccomp)", n_sealed, n_sealed == 1 ? " was" : "s were", n_sealed == 1 ? "itself" : "themselves");
        if (n_damaged(collector) > 0)
                collector_remark(collector, "%" PRIu64 " records were damaged; the program has probably written over memory that is not its own", n_damaged(collector));
        if (collector->merge.n_unordered > 0)
                collector_remark(collector, "%" PRIu64 " events are in the order of their time alone, since what they follow was not recorded", collector->merge.n_unordered);
}

int collector_complete(struct collector *collector, void (*progress)(void *data, double done), void *data) {
        int r = collector->error;

        if (r == 0)
                r = take_the_rest(collector);
        if (r == 0)
                r = merge_the_rest(collector, progress, data);
        if (r == 0) {
                collector->intern.unseen.any_elsewhere = session_any_elsewhere(&collector->session);
                add_remarks(collector);
                r = commit(collector);
        }
        return r < 0 ? fail(collector, r) : 0;
}
