/* What becomes of a record once it is out of its ring: events a second through the merge, with what they name interned, with the
 * world that deadlocks are looked for in, and into the file. The peer is qsort() of the same records by their stamps, which is
 * the least that an order over several threads can cost (and would not be right). One core, nothing else: the program that
 * made the records is not there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "analysis/world.h"
#include "collect/intern.h"
#include "collect/merge.h"
#include "store/store.h"

enum { THREADS = 4, LOCKS = 8, RECORDS = 4000000, PIECE = 2048 };

enum stage { MERGED, INTERNED, FOLLOWED, STORED, N_STAGES };

struct bench {
        enum stage stage;
        struct session_header header;
        struct session session;
        struct processes processes;
        struct catalog catalog;
        struct intern intern;
        struct world *world;
        struct store_writer *writer;
        struct event batch[4096];
        size_t n_batch;
        uint64_t n;
};

static struct record *records[THREADS];
static size_t n_records[THREADS];

static double now_s(void) {
        struct timespec now;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* not disturbed by others */
        return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

static void add(unsigned thread, uint64_t time, enum event_kind kind, unsigned l, uint32_t number) {
        records[thread][n_records[thread]++] = (struct record) {
                .time = time,
                .what = record_what(0x1000 + l * 64, kind, OBJECT_MUTEX, 0),
                .where = 0x5000 + l,
                .sequence = number,
        };
}

/* Threads take turns at locks, each hold a few ticks long; stamps are as they would be. */
static void make_records(void) {
        uint32_t numbers[LOCKS] = { 0 };
        unsigned seed = 1;
        uint64_t time = 1;

        for (int i = 0; i < THREADS; i++)
                records[i] = malloc(RECORDS * sizeof(struct record));
        for (int i = 0; i < RECORDS / 2; i++) {
                unsigned thread = (unsigned) rand_r(&seed) % THREADS, l = (unsigned) rand_r(&seed) % LOCKS;

                time += 40 + (unsigned) rand_r(&seed) % 40;
                add(thread, time, EV_LOCK, l, ++numbers[l]);
                add(thread, time + 30, EV_UNLOCK, l, ++numbers[l]);
        }
}

static int flush(struct bench *bench) {
        struct fault fault;
        size_t n = bench->n_batch;

        bench->n_batch = 0;
        return bench->stage < STORED ? 0 : store_writer_add_events(bench->writer, bench->batch, n, &fault);
}

static int visit(void *data, struct stream *stream, const struct record *record, uint64_t time) {
        struct bench *bench = data;
        struct event *event = &bench->batch[bench->n_batch];

        bench->n++;
        if (bench->stage == MERGED)
                return 0;
        if (intern_record(&bench->intern, stream, record, time, event) != 1)
                return -1;
        if (bench->stage >= FOLLOWED && world_apply(bench->world, &bench->catalog, event, bench->n) < 0)
                return -1;
        return ++bench->n_batch == 4096 ? flush(bench) : 0;
}

static void end(void *data, struct stream *stream) {
        intern_end(stream);
}

static void begin_bench(struct bench *bench, enum stage stage, const char *path) {
        struct fault fault;

        memset(bench, 0, sizeof(*bench));
        bench->stage = stage;
        bench->header.next_thread = THREADS + 1;
        bench->session = (struct session) { .header = &bench->header, .ns_per_tick = UINT64_C(1) << 32 };
        processes_image(&bench->processes, (uint32_t) getpid(), 1, true);
        catalog_init(&bench->catalog);
        intern_init(&bench->intern, &bench->catalog, &bench->session, &bench->processes);
        bench->world = world_new();
        if (stage == STORED && store_writer_new(path, &bench->writer, &fault) < 0)
                exit(fprintf(stderr, "%s\n", fault.message));
}

static void end_bench(struct bench *bench) {
        intern_finish(&bench->intern);
        catalog_finish(&bench->catalog);
        processes_finish(&bench->processes);
        world_free(bench->world);
        store_writer_free(bench->writer);
}

/* Pieces of a ring's half from each thread in turn, as a collector finds them. */
static double run_stage(enum stage stage, const char *path) {
        static struct bench bench;
        struct merge_visitor visitor = { visit, end, &bench };
        struct recording recording = { 0 };
        struct stream *streams[THREADS];
        struct spool spool;
        struct merge merge;
        struct fault fault;
        double began;

        begin_bench(&bench, stage, path);
        spool_init(&spool, NULL);
        merge_init(&merge, &spool, 1000000000, &visitor);
        for (uint32_t i = 0; i < THREADS; i++)
                streams[i] = merge_open(&merge, i + 1, 1);
        began = now_s();
        for (size_t at = 0; at < RECORDS; at += PIECE) {
                uint64_t watermark = UINT64_MAX;

                for (int i = 0; i < THREADS; i++) {
                        size_t n = at >= n_records[i] ? 0 : n_records[i] - at < PIECE ? n_records[i] - at : PIECE;

                        merge_append(&merge, streams[i], records[i] + at, n);
                        if (n > 0 && records[i][at + n - 1].time < watermark)
                                watermark = records[i][at + n - 1].time;
                }
                merge_run(&merge, watermark, UINT64_MAX);
        }
        merge_run(&merge, UINT64_MAX, UINT64_MAX);
        flush(&bench);
        if (stage == STORED && store_writer_commit(bench.writer, &bench.catalog, &recording, &fault) < 0)
                exit(fprintf(stderr, "%s\n", fault.message));
        began = now_s() - began;
        merge_finish(&merge);
        spool_finish(&spool);
        end_bench(&bench);
        return began;
}

static int by_time(const void *a, const void *b) {
        uint64_t x = ((const struct record *) a)->time, y = ((const struct record *) b)->time;

        return x < y ? -1 : x > y;
}

static double run_qsort(void) {
        struct record *all = malloc(RECORDS * sizeof(*all));
        size_t n = 0;
        double began;

        for (int i = 0; i < THREADS; i++) {
                memcpy(all + n, records[i], n_records[i] * sizeof(*all));
                n += n_records[i];
        }
        began = now_s();
        qsort(all, n, sizeof(*all), by_time);
        began = now_s() - began;
        free(all);
        return began;
}

int main(void) {
        static const char *const names[N_STAGES] = { "merged", "and interned", "and followed by the world", "and stored" };
        char folder[] = "/tmp/heddle-bench-XXXXXX", path[64], command[80];
        double peer;

        if (!mkdtemp(folder))
                return 1;
        snprintf(path, sizeof(path), "%s/t.heddle", folder);
        make_records();
        peer = run_qsort();
        printf("%-28s %7.1f million events a second\n", "qsort() by stamp", RECORDS / peer * 1e-6);
        for (int stage = MERGED; stage < N_STAGES; stage++) {
                double took = run_stage((enum stage) stage, path);

                printf("%-28s %7.1f million events a second, %.2f times qsort()\n", names[stage], RECORDS / took * 1e-6, peer / took);
        }
        snprintf(command, sizeof(command), "rm -r %s", folder);
        return system(command) == 0 ? 0 : 1;
}
