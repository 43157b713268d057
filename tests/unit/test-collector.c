/* The collector on what a program left in its rings, some of it damaged. Needs no trace file: what goes wrong with that is
 * in tests/program. */
#include "collect/collector.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

enum { RING_RECORDS = 1024, RUNS = 100 };

/* A real recording: the shared memory as a program of a hundred threads left it, none of it read yet. */
static struct session recorded;
static uint32_t n_rings;
static uint64_t n_bytes; /* up to the last ring that was used */

static bool record_once(void) {
        struct fault fault;
        int status = -1;
        pid_t pid;

        if (recorded.header)
                return true;
        if (session_init(&recorded, SESSION_WAIT, RING_RECORDS, &fault) < 0)
                return false;
        pid = fork();
        if (pid == 0) {
                setenv(SESSION_ENV, recorded.path, 1);
                execl(getenv("EMIT_PRODUCER"), "emit-producer", "spawn", (char *) NULL);
                _exit(127);
        }
        n_rings = waitpid(pid, &status, 0) == pid && status == 0 ? recorded.header->rings_used : 0;
        n_bytes = session_ring_offset(RING_RECORDS, n_rings);
        return n_rings > 0;
}

/* The same in memory of its own, which the collector takes. */
static bool begin(struct collector *collector) {
        struct session session;
        struct fault fault;

        if (!record_once())
                return false;
        session = recorded;
        session.fd = -1;
        session.header = mmap(NULL, session.n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (session.header == MAP_FAILED)
                return false;
        memcpy((void *) session.header, (const void *) recorded.header, n_bytes);
        return collector_init_on(collector, &session, NULL, &fault) == 0;
}

static void step(struct collector *collector, uint64_t now_ns) {
        struct finding_list deadlock = { 0 };

        EXPECT(collector_round(collector, now_ns, &deadlock) >= 0);
        finding_list_finish(&deadlock);
}

static uint64_t n_damaged(const struct collector *collector) {
        return collector->drain.n_damaged + collector->merge.n_damaged + collector->intern.n_damaged;
}

/* A record that holds something, somewhere. */
static struct record *any_record(const struct session *session, unsigned *seed) {
        for (;;) {
                uint32_t i = (uint32_t) rand_r(seed) % n_rings, n = (uint32_t) session_ring(&recorded, i)->head;

                if (n > 0)
                        return ring_records(session_ring(session, i)) + (uint32_t) rand_r(seed) % n;
        }
}

static void flip_bits(void *bytes, size_t n, unsigned *seed) {
        for (int i = 0; i < 8; i++)
                ((char *) bytes)[(size_t) rand_r(seed) % n] ^= (char) (1 << rand_r(seed) % 8);
}

static uint64_t n_events_undamaged(void) {
        static struct collector collector;
        uint64_t n;

        if (!begin(&collector))
                return 0;
        EXPECT_EQ(collector_complete(&collector, NULL, NULL), 0);
        EXPECT_EQ(n_damaged(&collector), 0);
        EXPECT(!collector.recording.remarks);
        n = collector.n_events;
        collector_finish(&collector);
        return n;
}

TEST(a_damaged_record_costs_itself_alone) {
        static struct collector collector;
        uint64_t n_all = n_events_undamaged();
        unsigned n_counted = 0;

        ASSERT(n_all > 400);
        for (unsigned seed = 1; seed <= RUNS; seed++) {
                unsigned state = seed, n_hit = 1 + seed % 10;

                ASSERT(begin(&collector));
                for (unsigned i = 0; i < n_hit; i++)
                        flip_bits(any_record(&collector.session, &state), sizeof(struct record), &state);
                EXPECT_EQ(collector_complete(&collector, NULL, NULL), 0);
                EXPECT(collector.n_events + n_hit >= n_all && collector.n_events <= n_all + n_hit);
                EXPECT_EQ(collector.catalog.n_threads, 1 + n_rings);
                n_counted += n_damaged(&collector) > 0;
                collector_finish(&collector);
        }
        EXPECT(n_counted > RUNS / 2); /* a record may also say something else that makes sense */
}

TEST(damage_is_told_of) {
        static struct collector collector;

        ASSERT(begin(&collector));
        ring_records(session_ring(&collector.session, 0))[0].what = UINT64_MAX;
        EXPECT_EQ(collector_complete(&collector, NULL, NULL), 0);
        EXPECT_EQ(n_damaged(&collector), 1);
        EXPECT_CONTAINS(collector.recording.remarks, "1 records were damaged");
        EXPECT_EQ(collector.recording.n_lost, 1);
        collector_finish(&collector);
}

TEST(whatever_is_written_over_anything_while_it_is_read_the_collector_comes_to_its_end) {
        static struct collector collector;

        for (unsigned seed = 1; seed <= RUNS; seed++) {
                unsigned state = seed;

                ASSERT(begin(&collector));
                for (unsigned i = 0; i < 10; i++) {
                        const struct session *session = &collector.session;

                        flip_bits(any_record(session, &state), sizeof(struct record), &state);
                        flip_bits(session_ring(session, (uint32_t) rand_r(&state) % n_rings), sizeof(struct ring_header), &state);
                        if (seed % 4 == 0)
                                flip_bits(session->header, sizeof(*session->header), &state);
                        step(&collector, i * LIVE_LOOK_NS);
                }
                EXPECT_EQ(collector_complete(&collector, NULL, NULL), 0);
                EXPECT_EQ(collector.merge.n_records, 0);
                EXPECT(collector.catalog.n_threads <= 1 + n_rings + SESSION_RINGS);
                collector_finish(&collector);
        }
}

/* Numbers of 32 bits, each as large as can be. */
TEST(no_number_in_a_record_is_worth_memory) {
        static struct collector collector;
        static const enum event_kind kinds[] = { EV_SENDER_CLONE, EV_SEND, EV_SENDER_DROP, EV_CHANNEL_NEW, EV_SPAWN, EV_THREAD_START, EV_LOCK, EV_STACK };
        struct rusage before, after;

        ASSERT(begin(&collector));
        for (uint32_t i = 0; i < n_rings; i++) {
                struct ring_header *ring = session_ring(&collector.session, i);

                for (uint64_t n = 0; n < RING_RECORDS; n++) {
                        enum event_kind kind = kinds[(i + n) % (sizeof(kinds) / sizeof(*kinds))];

                        ring_records(ring)[n].what = record_what(kind < EV_CHANNEL_NEW ? UINT32_MAX - i : 0x1000 + n, kind,
                                                                 kind < EV_LOCK ? OBJECT_THREAD : kind == EV_LOCK ? OBJECT_MUTEX : OBJECT_CHANNEL, 0);
                        ring_records(ring)[n].where = UINT64_MAX;
                        ring_records(ring)[n].sequence = UINT32_MAX - 1;
                        ring_records(ring)[n].value = 1u << 24;
                }
                ring->head = RING_RECORDS;
        }
        collector.session.header->next_thread = UINT32_MAX;
        getrusage(RUSAGE_SELF, &before);
        EXPECT_EQ(collector_complete(&collector, NULL, NULL), 0);
        EXPECT(collector.catalog.n_threads <= 1 + n_rings + SESSION_RINGS);
        EXPECT(n_damaged(&collector) > 0);
        getrusage(RUSAGE_SELF, &after);
        EXPECT(after.ru_maxrss < before.ru_maxrss + 128 * 1024); /* KiB */
        collector_finish(&collector);
}
