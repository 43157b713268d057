/* Rings under two processes: a child whose threads write to them as the emitter does, and the collector's half in here.
 * The rings are small, so that they are full most of the time. */
#include "collect/drain.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

enum { RING_RECORDS = 128, THREADS = 4, LOCKS = 3, ROUNDS_OF_A_THREAD = 20000 };

/* ---- the child: claims rings and writes records, by the rules of wire/session.h */

static struct session session;

static struct ring_header *claim(void) {
        for (uint32_t i = 0;; i = (i + 1) % SESSION_RINGS) {
                struct ring_header *ring = session_ring(&session, i);
                uint8_t expected = RING_FREE;

                if (!atomic_compare_exchange_strong(&session.header->ring_state[i], &expected, RING_CLAIMED))
                        continue;
                ring->index = i;
                ring->thread = atomic_fetch_add(&session.header->next_thread, 1);
                atomic_store(&ring->tid, (uint32_t) syscall(SYS_gettid));
                if (atomic_load(&session.header->rings_used) < i + 1)
                        atomic_store(&session.header->rings_used, i + 1); /* one claimer at a time in these tests */
                atomic_store(&ring->pid, (uint32_t) getpid());
                return ring;
        }
}

static void wait_for_room(struct ring_header *ring, uint64_t head) {
        while (head - atomic_load(&ring->tail) == RING_RECORDS) {
                uint32_t room = atomic_load(&ring->room);

                atomic_store(&ring->wants_room, 1);
                if (head - atomic_load(&ring->tail) == RING_RECORDS)
                        syscall(SYS_futex, &ring->room, FUTEX_WAIT, room, NULL, NULL, 0);
                atomic_store(&ring->wants_room, 0);
        }
}

static void put(struct ring_header *ring, uint64_t what, uint64_t where, uint32_t sequence, uint32_t value) {
        uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);

        wait_for_room(ring, head);
        ring_records(ring)[head % RING_RECORDS] = (struct record) { session_now(&session), what, where, sequence, value };
        atomic_store_explicit(&ring->head, head + 1, memory_order_release);
}

static void close_ring(struct ring_header *ring) {
        atomic_store_explicit(&session.header->ring_state[ring->index], RING_CLOSED, memory_order_release);
}

static struct ring_header *rings[THREADS];
static pthread_mutex_t locks[LOCKS] = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER };
static uint32_t numbers[LOCKS];

/* `where` counts a thread's records. */
static void *lock_and_unlock(void *argument) {
        struct ring_header *ring = argument;
        unsigned seed = ring->thread;
        uint64_t count = 0;

        for (int i = 0; i < ROUNDS_OF_A_THREAD; i++) {
                int l = rand_r(&seed) % LOCKS;

                pthread_mutex_lock(&locks[l]);
                put(ring, record_what(0x1000 + (uint64_t) l, EV_LOCK, OBJECT_MUTEX, 0), ++count, ++numbers[l], 0);
                put(ring, record_what(0x1000 + (uint64_t) l, EV_UNLOCK, OBJECT_MUTEX, 0), ++count, ++numbers[l], 0);
                pthread_mutex_unlock(&locks[l]);
        }
        close_ring(ring);
        return NULL;
}

static void run_child(void) {
        pthread_t threads[THREADS];

        for (int i = 0; i < THREADS; i++)
                rings[i] = claim();
        for (int i = 0; i < THREADS; i++)
                pthread_create(&threads[i], NULL, lock_and_unlock, rings[i]);
        for (int i = 0; i < THREADS; i++)
                pthread_join(threads[i], NULL);
        _exit(0);
}

/* ---- the parent: collects */

struct collected {
        struct spool spool;
        struct merge merge;
        struct processes processes;
        struct drain drain;
        uint64_t n, n_of[SESSION_RINGS], n_wrong;
        uint32_t last_number[LOCKS];
        uint32_t images[SESSION_RINGS]; /* by thread */
        unsigned n_ended;
};

static int check_record(void *data, struct stream *stream, const struct record *record, uint64_t time) {
        struct collected *collected = data;
        uint64_t l = record_object(record) - 0x1000;

        collected->n++;
        collected->images[stream->thread] = stream->image;
        if (record_kind(record) != EV_LOCK && record_kind(record) != EV_UNLOCK)
                return 0;
        collected->n_wrong += record->where != ++collected->n_of[stream->thread];
        collected->n_wrong += l >= LOCKS || record->sequence != ++collected->last_number[l];
        return 0;
}

static void count_end(void *data, struct stream *stream) {
        ((struct collected *) data)->n_ended++;
}

static bool begin(struct collected *collected) {
        struct merge_visitor visitor = { check_record, count_end, collected };
        struct fault fault;

        memset(collected, 0, sizeof(*collected));
        return session_init(&session, SESSION_WAIT, RING_RECORDS, &fault) == 0 && spool_init(&collected->spool, NULL) == 0 &&
               merge_init(&collected->merge, &collected->spool, session.ticks_per_second, &visitor) == 0 &&
               drain_init(&collected->drain, &session, &collected->merge, &collected->processes) == 0;
}

static void end(struct collected *collected) {
        merge_finish(&collected->merge);
        drain_finish(&collected->drain);
        processes_finish(&collected->processes);
        spool_finish(&collected->spool);
        session_finish(&session);
}

static void round_of(struct collected *collected) {
        uint64_t watermark = session_now(&session) - collected->merge.slack;
        struct drain_round round;

        EXPECT_EQ(drain_round(&collected->drain, &round), 0);
        EXPECT(merge_run(&collected->merge, watermark, UINT64_MAX) >= 0);
}

/* Goes on until the child has ended and nothing of it is left. */
static void collect_all(struct collected *collected, pid_t child) {
        bool reaped = false;

        while (!reaped || processes_any_left(&collected->processes) || collected->processes.watches) {
                round_of(collected);
                reaped = reaped || waitpid(child, NULL, WNOHANG) == child;
        }
        EXPECT(merge_run(&collected->merge, UINT64_MAX, UINT64_MAX) >= 0);
}

/* A process that is killed between claiming a ring and saying whose it is leaves it to nobody. That costs a ring, no record. */
static bool belongs_to_nobody(uint32_t i) {
        return session.header->ring_state[i] == RING_CLAIMED && session_ring(&session, i)->pid == 0;
}

static void expect_all_free(bool was_killed) {
        for (uint32_t i = 0; i < session.header->rings_used; i++)
                if (!was_killed || !belongs_to_nobody(i))
                        EXPECT_EQ(session.header->ring_state[i], RING_FREE);
}

TEST(every_record_of_another_process_arrives_once_and_in_order) {
        static struct collected collected;
        pid_t child;

        ASSERT(begin(&collected));
        child = fork();
        if (child == 0)
                run_child();
        collect_all(&collected, child);
        EXPECT_EQ(collected.n, THREADS * ROUNDS_OF_A_THREAD * 2);
        EXPECT_EQ(collected.n_wrong, 0);
        EXPECT_EQ(collected.n_ended, THREADS);
        EXPECT_EQ(collected.merge.n_unordered, 0);
        expect_all_free(false);
        end(&collected);
}

TEST(a_process_killed_at_any_moment_loses_nothing_that_it_had_published) {
        static struct collected collected;
        unsigned seed = 7;

        for (int i = 0; i < 25; i++) {
                uint64_t n_published = 0;
                pid_t child;

                ASSERT(begin(&collected));
                child = fork();
                if (child == 0)
                        run_child();
                for (int rounds = rand_r(&seed) % 40; rounds > 0; rounds--)
                        round_of(&collected);
                usleep((useconds_t) (rand_r(&seed) % 3000));
                kill(child, SIGKILL);
                collect_all(&collected, child);
                for (uint32_t r = 0; r < session.header->rings_used; r++)
                        n_published += session_ring(&session, r)->head;
                EXPECT_EQ(collected.n, n_published);
                EXPECT_EQ(collected.n_wrong, 0);
                expect_all_free(true);
                end(&collected);
        }
}

TEST(a_pid_that_runs_another_program_begins_anew_and_gives_its_rings_back) {
        static struct collected collected;
        struct ring_header *before, *after, *child_of_after;
        uint32_t first, second, third;

        ASSERT(begin(&collected));
        before = claim();
        first = before->thread;
        put(before, record_what(0, EV_PROCESS_START, OBJECT_PROCESS, 0), 0, 0, 0);
        round_of(&collected);
        /* Claimed in the order opposite to that in which they are looked at. */
        child_of_after = claim();
        after = claim();
        second = child_of_after->thread = after->thread;
        third = after->thread = child_of_after->thread - 1;
        put(child_of_after, record_what(0, EV_LOCK_WAIT, OBJECT_MUTEX, 0), 0, 0, 0);
        put(after, record_what(0, EV_PROCESS_START, OBJECT_PROCESS, 0), 0, 0, 0);
        round_of(&collected);
        EXPECT_EQ(session.header->ring_state[before->index], RING_FREE);
        EXPECT_EQ(session.header->ring_state[after->index], RING_CLAIMED);
        EXPECT_EQ(session.header->ring_state[child_of_after->index], RING_CLAIMED);
        EXPECT(merge_run(&collected.merge, UINT64_MAX, UINT64_MAX) >= 0);
        EXPECT(collected.images[first] != collected.images[second]);
        EXPECT_EQ(collected.images[second], collected.images[third]);
        end(&collected);
}

TEST(a_head_that_makes_no_sense_costs_its_ring_what_it_held_and_no_more) {
        static struct collected collected;
        struct ring_header *ring;
        uint64_t n;

        ASSERT(begin(&collected));
        ring = claim();
        put(ring, record_what(0, EV_PROCESS_START, OBJECT_PROCESS, 0), 0, 0, 0);
        round_of(&collected);
        atomic_store(&ring->head, UINT64_C(0x6162636465666768));
        round_of(&collected);
        EXPECT(collected.drain.n_damaged > 0);
        n = collected.n;
        put(ring, record_what(0, EV_FORK, OBJECT_PROCESS, 0), 0, 0, 0);
        round_of(&collected);
        EXPECT(merge_run(&collected.merge, UINT64_MAX, UINT64_MAX) >= 0);
        EXPECT(collected.n > n);
        end(&collected);
}

/* What a program may write over a ring's header while its thread goes on. */
TEST(whose_ring_it_is_stays_as_it_was_first_said) {
        static struct collected collected;
        struct ring_header *ring;

        ASSERT(begin(&collected));
        ring = claim();
        round_of(&collected);
        for (int i = 0; i < 100; i++) {
                put(ring, record_what(0x1000, EV_LOCK_WAIT, OBJECT_MUTEX, 0), 0, 0, 0);
                session.header->ring_state[ring->index] = i % 2 ? RING_FREE : 77;
                session.header->rings_used = 0;
                ring->pid = i % 3 ? (uint32_t) i : 0;
                ring->thread = (uint32_t) i * 1000;
                atomic_store(&ring->tail, ring->head - RING_RECORDS); /* as if the ring were full */
                round_of(&collected);
                EXPECT(session.header->ring_state[ring->index] != RING_FREE);
                EXPECT_EQ(ring->tail, ring->head);
        }
        EXPECT(merge_run(&collected.merge, UINT64_MAX, UINT64_MAX) >= 0);
        EXPECT_EQ(collected.n, 100);
        EXPECT_EQ(collected.images[1], 1);
        close_ring(ring);
        round_of(&collected);
        EXPECT_EQ(session.header->ring_state[ring->index], RING_FREE);
        end(&collected);
}

TEST(a_thousand_rings_claimed_with_garbage_are_given_up_and_counted) {
        static struct collected collected;
        unsigned seed = 3;

        ASSERT(begin(&collected));
        for (int n = 0; n < 20; n++) {
                for (uint32_t i = 0; i < 1000; i++) {
                        struct ring_header *ring = session_ring(&session, i);

                        session.header->ring_state[i] = (uint8_t) rand_r(&seed);
                        ring->thread = (uint32_t) rand_r(&seed);
                        ring->tid = (uint32_t) rand_r(&seed);
                        ring->pid = 400000000u + (uint32_t) rand_r(&seed) % 1000000u; /* no system has so many */
                        ring->head += (uint64_t) rand_r(&seed) % RING_RECORDS;
                }
                round_of(&collected);
        }
        EXPECT(collected.drain.n_damaged > 1000);
        EXPECT_EQ(collected.n, 0);
        EXPECT(collected.processes.n_images < 10);
        for (int i = 0; i < 3; i++)
                round_of(&collected);
        EXPECT(!collected.processes.watches);
        end(&collected);
}

/* Its thread may be waiting for room. */
TEST(a_ring_that_says_it_is_free_while_its_thread_writes_is_emptied) {
        static struct collected collected;
        struct ring_header *ring;

        ASSERT(begin(&collected));
        ring = claim();
        round_of(&collected);
        close_ring(ring);
        round_of(&collected);
        for (int i = 0; i < 10; i++) {
                put(ring, record_what(0, EV_FORK, OBJECT_PROCESS, 0), 0, 0, 0);
                round_of(&collected);
                EXPECT_EQ(ring->tail, ring->head);
        }
        EXPECT_EQ(collected.drain.n_damaged, 10);
        EXPECT_EQ(collected.n, 0);
        end(&collected);
}

TEST(a_stamp_that_was_never_taken_costs_its_record_alone) {
        static struct collected collected;
        struct ring_header *ring;

        ASSERT(begin(&collected));
        ring = claim();
        for (uint32_t i = 0; i < 4; i++)
                put(ring, record_what(0, EV_FORK, OBJECT_PROCESS, 0), 0, 0, 0);
        ring_records(ring)[1].time = UINT64_MAX - 1;
        ring_records(ring)[2].time = 1;
        round_of(&collected);
        EXPECT(merge_run(&collected.merge, UINT64_MAX, UINT64_MAX) >= 0);
        EXPECT_EQ(collected.n, 2);
        EXPECT_EQ(collected.merge.n_damaged, 2);
        EXPECT(collected.merge.last_time <= session_now(&session));
        end(&collected);
}

TEST(a_ring_that_was_claimed_and_never_used_is_given_back) {
        static struct collected collected;
        struct ring_header *ring;

        ASSERT(begin(&collected));
        ring = claim();
        round_of(&collected);
        EXPECT_EQ(session.header->ring_state[ring->index], RING_CLAIMED);
        close_ring(ring);
        round_of(&collected);
        EXPECT_EQ(session.header->ring_state[ring->index], RING_FREE);
        EXPECT(!collected.processes.watches);
        end(&collected);
}

/* When the collector leaves, nobody may go on waiting for it. */
static void *fill_ring(void *argument) {
        struct ring_header *ring = argument;

        for (int i = 0; i < RING_RECORDS; i++)
                put(ring, record_what(0, EV_FORK, OBJECT_PROCESS, 0), 0, 0, 0);
        while (!atomic_load(&session.header->closed)) {
                uint32_t room = atomic_load(&ring->room);

                atomic_store(&ring->wants_room, 1);
                if (!atomic_load(&session.header->closed))
                        syscall(SYS_futex, &ring->room, FUTEX_WAIT, room, NULL, NULL, 0);
        }
        return NULL;
}

TEST(who_waits_for_room_goes_on_when_the_collector_leaves) {
        static struct collected collected;
        struct ring_header *ring;
        pthread_t thread;

        ASSERT(begin(&collected));
        ring = claim();
        pthread_create(&thread, NULL, fill_ring, ring);
        while (!atomic_load(&ring->wants_room))
                sched_yield();
        session_leave(&session);
        EXPECT_EQ(pthread_join(thread, NULL), 0);
        end(&collected);
}

TEST(ticks_become_nanoseconds_at_the_speed_of_the_system_clock) {
        static struct collected collected;
        struct timespec before, after;
        uint64_t ticks, ns, wanted;

        ASSERT(begin(&collected));
        clock_gettime(CLOCK_MONOTONIC, &before);
        ticks = session_now(&session);
        usleep(50000);
        clock_gettime(CLOCK_MONOTONIC, &after);
        ns = session_ns(&session, session_now(&session)) - session_ns(&session, ticks);
        wanted = (uint64_t) (after.tv_sec - before.tv_sec) * 1000000000 + (uint64_t) after.tv_nsec - (uint64_t) before.tv_nsec;
        EXPECT(ns > wanted / 2 && ns < wanted * 2); /* we may have been preempted between two readings */
        EXPECT_EQ(session_ns(&session, 0), 0);
        end(&collected);
}
