/* The merge: no cause after its effect, each thread's order kept, nothing lost, and always an end.
 *
 * The property test makes up a program: threads that lock, send, receive, spawn and join at random, whose stamps are off by as
 * much as a processor's clock may be, and which are now and then preempted between a stamp and its publishing. A
 * collector looks at it in rounds, one ring after the other, while it goes on. */
#include "collect/merge.h"

#include <stdlib.h>

#include "model/event.h"
#include "test.h"

enum { THREADS = 12, LOCKS = 4, CHANNELS = 3, MESSAGES = 4096, RECORDS = 20000 };

enum action { NOTHING, TAKE, RELEASE, SEND, RECEIVE, SPAWN, JOIN, EXIT };

struct actor {
        bool alive, ended, joined, began;
        enum action action;      /* done, but not published yet */
        unsigned busy;           /* steps until it is */
        unsigned object;
        struct record record;
        int holds;               /* a lock, or -1 */
        unsigned parent;
        uint32_t n_published;
        /* the ring, endless */
        struct record *ring;
        uint32_t tail;
        struct stream *stream;
};

struct program {
        uint64_t now;
        struct actor actors[THREADS];
        struct { int owner; uint32_t sequence; } locks[LOCKS];
        struct { uint32_t sent, queue[MESSAGES], n; } channels[CHANNELS];
        unsigned n_actors;
        unsigned preempt; /* one publishing in so many takes long */
        unsigned drop;    /* one record in so many is dropped */
        uint32_t n_dropped;
        uint64_t seed;
};

/* What the visitor checks against. */
struct check {
        uint32_t merged[THREADS + 1];     /* records of each thread */
        uint32_t last_number[LOCKS];
        bool sent[CHANNELS][MESSAGES];
        bool spawned[THREADS + 1], exited[THREADS + 1];
        uint64_t last_time;
        uint32_t n_wrong_order, n_wrong_cause, n_back, n;
};

static unsigned random_below(struct program *program, unsigned limit) {
        program->seed = program->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        return (unsigned) (program->seed >> 33) % limit;
}

/* Sets the record up, stamped now as well as the clock can, to be published some steps later. */
static void act(struct program *program, struct actor *actor, enum action action, unsigned object,
                enum event_kind kind, enum object_kind object_kind, uint64_t address, uint32_t sequence, uint32_t value) {
        actor->action = action;
        actor->object = object;
        actor->record = (struct record) {
                .time = program->now + random_below(program, 300) - 150,
                .what = record_what(address, kind, object_kind, 0),
                .where = actor->n_published + 1, /* its place in its thread */
                .sequence = sequence,
                .value = value,
        };
        actor->busy = random_below(program, program->preempt) ? random_below(program, 3) : random_below(program, 3000);
}

/* Publishes; what a release sets free is free from here on. */
static void publish(struct program *program, struct actor *actor) {
        if (!program->drop || random_below(program, program->drop))
                actor->ring[actor->n_published++] = actor->record;
        else
                program->n_dropped++;
        if (actor->action == RELEASE)
                program->locks[actor->object].owner = -1;
        if (actor->action == SEND)
                program->channels[actor->object].queue[program->channels[actor->object].n++] = actor->record.sequence;
        if (actor->action == EXIT)
                actor->ended = true;
        actor->action = NOTHING;
}

static uint32_t serial_of(const struct program *program, const struct actor *actor) {
        return (uint32_t) (actor - program->actors) + 1;
}

static void start_child(struct program *program, struct actor *parent) {
        struct actor *child = &program->actors[program->n_actors++];

        child->alive = true;
        child->parent = serial_of(program, parent);
        act(program, parent, SPAWN, 0, EV_SPAWN, OBJECT_THREAD, serial_of(program, child), 0, 0);
}

static void try_join(struct program *program, struct actor *actor) {
        struct actor *other = &program->actors[random_below(program, program->n_actors)];

        if (!other->ended || other->joined)
                return;
        other->joined = true;
        act(program, actor, JOIN, 0, EV_JOIN, OBJECT_THREAD, serial_of(program, other), 0, 0);
}

static void lock_or_unlock(struct program *program, struct actor *actor) {
        unsigned i = actor->holds >= 0 ? (unsigned) actor->holds : random_below(program, LOCKS);

        if (actor->holds >= 0) {
                act(program, actor, RELEASE, i, EV_UNLOCK, OBJECT_MUTEX, 0x1000 + i, ++program->locks[i].sequence, 0);
                actor->holds = -1;
        } else if (program->locks[i].owner < 0) {
                program->locks[i].owner = (int) serial_of(program, actor);
                actor->holds = (int) i;
                act(program, actor, TAKE, i, EV_LOCK, OBJECT_MUTEX, 0x1000 + i, ++program->locks[i].sequence, 0);
        }
}

static void send_or_receive(struct program *program, struct actor *actor) {
        unsigned i = random_below(program, CHANNELS), k;

        if (random_below(program, 2) && program->channels[i].sent + 1 < MESSAGES) {
                k = ++program->channels[i].sent;
                act(program, actor, SEND, i, EV_SEND, OBJECT_CHANNEL, 0x2000 + i, k, 1);
        } else if (program->channels[i].n > 0) {
                k = program->channels[i].queue[--program->channels[i].n];
                act(program, actor, RECEIVE, i, EV_RECV, OBJECT_CHANNEL, 0x2000 + i, k, 0);
        }
}

static void step_actor(struct program *program, struct actor *actor) {
        unsigned choice = random_below(program, 100);

        if (!actor->alive || actor->ended)
                return;
        if (actor->action != NOTHING && actor->busy > 0) {
                actor->busy--;
                return;
        }
        if (actor->action != NOTHING) {
                publish(program, actor);
        } else if (!actor->began) {
                actor->began = true;
                act(program, actor, NOTHING + TAKE, 0, EV_THREAD_START, OBJECT_THREAD, serial_of(program, actor), 0, actor->parent);
        } else if (choice < 2 && program->n_actors < THREADS) {
                start_child(program, actor);
        } else if (choice < 4) {
                try_join(program, actor);
        } else if (choice < 5 && actor->holds < 0 && actor != &program->actors[0]) {
                act(program, actor, EXIT, 0, EV_THREAD_EXIT, OBJECT_THREAD, serial_of(program, actor), 0, 0);
        } else if (choice < 60) {
                lock_or_unlock(program, actor);
        } else {
                send_or_receive(program, actor);
        }
}

static void run_program(struct program *program, unsigned steps) {
        while (steps-- > 0) {
                struct actor *actor = &program->actors[random_below(program, program->n_actors)];

                program->now += random_below(program, 100);
                if (actor->n_published < RECORDS)
                        step_actor(program, actor);
        }
}

static void check_cause(struct check *check, uint32_t thread, const struct record *record) {
        uint64_t object = record_object(record);
        bool *sent = object >= 0x2000 && object < 0x2000 + CHANNELS ? &check->sent[object - 0x2000][record->sequence] : NULL;

        switch (record_kind(record)) {
        case EV_SEND:
                *sent = true;
                break;
        case EV_RECV:
                check->n_wrong_cause += !*sent;
                break;
        case EV_SPAWN:
                check->spawned[object] = true;
                break;
        case EV_THREAD_START:
                check->n_wrong_cause += record->value && !check->spawned[thread];
                break;
        case EV_THREAD_EXIT:
                check->exited[thread] = true;
                break;
        case EV_JOIN:
                check->n_wrong_cause += !check->exited[object];
                break;
        default:
                check->n_wrong_order += record->sequence != ++check->last_number[object - 0x1000];
                check->last_number[object - 0x1000] = record->sequence;
                break;
        }
}

static int check_record(void *data, struct stream *stream, const struct record *record, uint64_t time) {
        struct check *check = data;

        check->n_back += time < check->last_time;
        check->last_time = time;
        if (record_caller(record) != ++check->merged[stream->thread])
                check->n_wrong_order++;
        check_cause(check, stream->thread, record);
        check->n++;
        return 0;
}

/* One look at all rings, while the program goes on. */
static void drain(struct program *program, struct merge *merge) {
        for (unsigned i = 0; i < program->n_actors; i++) {
                struct actor *actor = &program->actors[i];
                uint32_t n = actor->n_published - actor->tail;

                run_program(program, random_below(program, 20));
                if (n == 0)
                        continue;
                if (!actor->stream)
                        actor->stream = merge_open(merge, i + 1, 1);
                actor->tail += (uint32_t) merge_append(merge, actor->stream, actor->ring + actor->tail, n);
        }
}

static void start_program(struct program *program, uint64_t seed, unsigned preempt, unsigned drop_one_in) {
        *program = (struct program) { .seed = seed, .now = 1000000000, .n_actors = 1, .preempt = preempt, .drop = drop_one_in };
        for (int i = 0; i < THREADS; i++) {
                program->actors[i].holds = -1;
                program->actors[i].ring = calloc(RECORDS, sizeof(struct record));
        }
        for (int i = 0; i < LOCKS; i++)
                program->locks[i].owner = -1;
        program->actors[0].alive = true;
}

static uint32_t end_program(struct program *program) {
        uint32_t n = 0;

        for (int i = 0; i < THREADS; i++) {
                n += program->actors[i].n_published;
                free(program->actors[i].ring);
        }
        return n;
}

/* Runs a program of `rounds` rounds through a merge, and returns how many records it published. */
static uint32_t merge_program(struct program *program, struct merge *merge, unsigned rounds) {
        while (rounds-- > 0) {
                uint64_t watermark = program->now - merge->slack;

                run_program(program, random_below(program, 3000));
                drain(program, merge);
                if (merge_run(merge, watermark, random_below(program, 4) ? UINT64_MAX : random_below(program, 100)) < 0)
                        test_fail(__FILE__, __LINE__, "out of memory");
        }
        drain(program, merge);
        for (int i = 0; i < THREADS; i++) {
                struct actor *actor = &program->actors[i];

                if (actor->stream)
                        merge_append(merge, actor->stream, actor->ring + actor->tail, actor->n_published - actor->tail);
                if (actor->stream)
                        merge_close(merge, actor->stream);
                else
                        actor->n_published = 0; /* came after the last look */
        }
        merge_run(merge, UINT64_MAX, UINT64_MAX);
        return end_program(program);
}

static void check_program(uint64_t seed, unsigned preempt, unsigned drop_one_in) {
        static struct program program;
        static struct check check;
        struct merge_visitor visitor = { .visit = check_record, .data = &check };
        struct spool spool;
        struct merge merge;
        uint32_t n;

        memset(&check, 0, sizeof(check));
        spool_init(&spool, NULL);
        merge_init(&merge, &spool, 1000000000, &visitor);
        start_program(&program, seed, preempt, drop_one_in);
        n = merge_program(&program, &merge, 200);
        EXPECT(n > 200);
        EXPECT_EQ(check.n, n);
        EXPECT_EQ(merge.n_records, 0);
        EXPECT_EQ(merge.n_parked, 0);
        EXPECT_EQ(check.n_back, 0);
        if (!drop_one_in) {
                EXPECT_EQ(check.n_wrong_order, 0);
                EXPECT_EQ(check.n_wrong_cause, 0);
                EXPECT_EQ(merge.n_unordered, 0);
        }
        merge_finish(&merge);
        EXPECT_EQ(spool.n_taken, 0);
        spool_finish(&spool);
}

TEST(no_cause_comes_after_its_effect_in_any_random_program) {
        for (uint64_t seed = 1; seed <= 150; seed++)
                check_program(seed, 1000, 0);
}

TEST(nor_when_threads_are_often_preempted_before_they_publish) {
        for (uint64_t seed = 1000; seed <= 1060; seed++)
                check_program(seed, 20, 0);
}

TEST(dropped_records_cost_order_but_nothing_else_and_the_merge_ends) {
        for (uint64_t seed = 2000; seed <= 2060; seed++)
                check_program(seed, 1000, 50);
}
