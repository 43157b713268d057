/* The prediction against the truth, on thousands of small random traces. The truth is found by trying: every state that a
 * reordering can reach which keeps each thread's own order, what each event saw, and the order in which each lock went
 * round. A prediction has to stand in such a state; and where such a state is a deadlock, it has to be predicted. */
#include <stdlib.h>

#include "analysis/communication.h"
#include "story.h"
#include "test.h"

#define THREADS 3
#define LOCKS 3
#define MOST_EVENTS 16
#define TRACES 120000

static uint64_t random_state;

static uint32_t pick(uint32_t n) {
        random_state ^= random_state << 13;
        random_state ^= random_state >> 7;
        random_state ^= random_state << 17;
        return (uint32_t) (random_state >> 33) % n;
}

/* Making a trace: threads that do what they can, as chance will have it. */

struct maker {
        FILE *out;
        int held[THREADS][LOCKS]; /* 0, 1 for itself, 2 with others */
        int waits[THREADS];       /* for which lock, plus one */
        bool waits_to_read[THREADS];
        bool is_spawned[THREADS], is_over[THREADS], is_joined[THREADS];
        uint32_t n_sent, n_received;
        uint32_t count; /* of the semaphore */
        bool with_readers;
};

static bool is_free(const struct maker *maker, int lock, bool to_read) {
        for (int t = 0; t < THREADS; t++)
                if (maker->held[t][lock] == 1 || (maker->held[t][lock] == 2 && !to_read))
                        return false;
        return true;
}

static bool has_writer(const struct maker *maker, int lock) {
        return !is_free(maker, lock, true);
}

static void say(struct maker *maker, int thread, const char *verb, int lock, const char *flags) {
        const char *mode = maker->with_readers && !strstr(flags, "read") ? "write" : "";

        fprintf(maker->out, "T%d: %s L%d %s %s @%d;", thread, verb, lock, flags, mode, lock + 1);
}

static void make_lock(struct maker *maker, int thread) {
        int lock = (int) pick(LOCKS);
        bool reads = maker->with_readers && pick(2);
        const char *flags = reads ? "read" : "";

        if (maker->held[thread][lock])
                return;
        if (is_free(maker, lock, reads)) {
                say(maker, thread, "lock", lock, pick(8) ? flags : reads ? "read try" : "try");
                maker->held[thread][lock] = reads ? 2 : 1;
        } else if (has_writer(maker, lock) && pick(4) == 0) {
                say(maker, thread, "lock-failed", lock, reads ? "read try" : "try");
        } else {
                say(maker, thread, "wait-lock", lock, flags);
                maker->waits[thread] = lock + 1;
                maker->waits_to_read[thread] = reads;
        }
}

static void make_unlock(struct maker *maker, int thread) {
        int lock = (int) pick(LOCKS);

        if (!maker->held[thread][lock])
                return;
        say(maker, thread, "unlock", lock, maker->held[thread][lock] == 2 ? "read" : "");
        maker->held[thread][lock] = 0;
}

/* Spawns, joins and messages. */
static void make_order(struct maker *maker, int thread) {
        int other = (int) pick(THREADS);
        bool may_end = thread > 0 && pick(3) == 0;

        if (!maker->is_spawned[other]) {
                fprintf(maker->out, "T%d: spawn T%d; T%d: start;", thread, other, other);
                maker->is_spawned[other] = true;
        } else if (maker->is_over[other] && !maker->is_joined[other]) {
                fprintf(maker->out, "T%d: join T%d;", thread, other);
                maker->is_joined[other] = true;
        } else if (may_end) {
                fprintf(maker->out, "T%d: exit;", thread);
                maker->is_over[thread] = true;
        } else if (pick(2)) {
                fprintf(maker->out, "T%d: send ch;", thread);
                maker->n_sent++;
        } else if (maker->n_received < maker->n_sent) {
                fprintf(maker->out, "T%d: recv ch;", thread);
                maker->n_received++;
        }
}

static void make_count(struct maker *maker, int thread) {
        if (maker->count > 0 && pick(2)) {
                fprintf(maker->out, "T%d: take S;", thread);
                maker->count--;
        } else {
                fprintf(maker->out, "T%d: post S;", thread);
                maker->count++;
        }
}

static void make_step(struct maker *maker) {
        int thread = (int) pick(THREADS), lock = maker->waits[thread] - 1;

        if (!maker->is_spawned[thread] || maker->is_over[thread])
                return;
        if (lock >= 0) {
                if (!is_free(maker, lock, maker->waits_to_read[thread]))
                        return;
                say(maker, thread, "lock", lock, maker->waits_to_read[thread] ? "read" : "");
                maker->held[thread][lock] = maker->waits_to_read[thread] ? 2 : 1;
                maker->waits[thread] = 0;
        } else if (pick(5) == 0) {
                make_order(maker, thread);
        } else if (pick(12) == 0) {
                make_count(maker, thread);
        } else if (pick(5) < 3) {
                make_lock(maker, thread);
        } else {
                make_unlock(maker, thread);
        }
}

static char *make_trace(void) {
        struct maker maker = { .with_readers = pick(2) };
        char *text = NULL;
        size_t length;
        uint32_t n_steps = 30 + pick(60);

        maker.out = open_memstream(&text, &length);
        maker.count = pick(2);
        fprintf(maker.out, "T0: init semaphore:S =%u;", maker.count);
        maker.is_spawned[0] = true;
        maker.is_spawned[1] = maker.is_spawned[2] = pick(2);
        for (uint32_t i = 0; i < n_steps; i++)
                make_step(&maker);
        fclose(maker.out);
        return text;
}

/* The truth */

/* How many events of each thread are done. */
struct state {
        uint8_t done[THREADS];
};

struct truth {
        const struct story *story;
        uint32_t n_of[THREADS];              /* events of each thread, … */
        uint32_t ids[THREADS][MOST_EVENTS];  /* … and their ids */
        bool reached[MOST_EVENTS + 1][MOST_EVENTS + 1][MOST_EVENTS + 1];
        struct state *queue;
        uint32_t n_queue;
        uint64_t deadlocks[4096]; /* keys, see key_of_side() */
        uint32_t n_deadlocks;
};

static const struct event *event_with(const struct truth *truth, uint32_t id) {
        return &truth->story->events[id - 1];
}

static int thread_of(const struct truth *truth, uint32_t catalog_thread_id) {
        char name[CATALOG_NAME_BYTES];

        return catalog_thread_name(&truth->story->catalog, catalog_thread_id, name)[1] - '0';
}

static int lock_of(const struct truth *truth, uint32_t object) {
        char name[CATALOG_NAME_BYTES];

        return catalog_object_name(&truth->story->catalog, object, name)[1] - '0';
}

static bool split(struct truth *truth) {
        for (size_t i = 0; i < truth->story->n_events; i++) {
                int thread = thread_of(truth, truth->story->events[i].thread);

                if (truth->n_of[thread] == MOST_EVENTS)
                        return false;
                truth->ids[thread][truth->n_of[thread]++] = (uint32_t) i + 1;
        }
        return true;
}

/* The event that thread `t` would do next, or NULL. */
static const struct event *next_of(const struct truth *truth, struct state state, int t) {
        return state.done[t] < truth->n_of[t] ? event_with(truth, truth->ids[t][state.done[t]]) : NULL;
}

static bool is_done(const struct truth *truth, struct state state, uint32_t id) {
        int t = thread_of(truth, event_with(truth, id)->thread);

        for (uint32_t i = 0; i < state.done[t]; i++)
                if (truth->ids[t][i] == id)
                        return true;
        return false;
}

/* How thread `t` holds a lock: 0, 1 for itself, 2 with others. */
static int holds(const struct truth *truth, struct state state, int t, uint32_t lock) {
        int how = 0;

        for (uint32_t i = 0; i < state.done[t]; i++) {
                const struct event *event = event_with(truth, truth->ids[t][i]);

                if (event->object == lock && event->kind == EV_LOCK)
                        how = event->flags & RECORD_READ ? 2 : 1;
                if (event->object == lock && event->kind == EV_UNLOCK)
                        how = 0;
        }
        return how;
}

static bool conflicts(int how, const struct event *wanted) {
        return how == 1 || (how == 2 && !(wanted->flags & RECORD_READ));
}

static bool can_lock(const struct truth *truth, struct state state, int t, const struct event *event, uint32_t id) {
        for (int other = 0; other < THREADS; other++) {
                if (other != t && conflicts(holds(truth, state, other, event->object), event))
                        return false;
                for (uint32_t i = 0; i < state.done[other]; i++) {
                        const struct event *before = event_with(truth, truth->ids[other][i]);
                        bool both_read = before->flags & event->flags & RECORD_READ;

                        /* The order in which the lock went round is kept. */
                        if (before->kind == EV_LOCK && before->object == event->object && !both_read && truth->ids[other][i] > id)
                                return false;
                }
        }
        return true;
}

/* The one event of this kind about this object (with this number) in the whole trace, or 0. */
static uint32_t find_event(const struct truth *truth, unsigned kind, uint32_t object, uint32_t sequence) {
        for (size_t i = 0; i < truth->story->n_events; i++)
                if (truth->story->events[i].kind == kind && truth->story->events[i].object == object &&
                    (sequence == 0 || truth->story->events[i].sequence == sequence))
                        return (uint32_t) i + 1;
        return 0;
}

/* The lock event of whoever held the lock when event `id` failed to get it. */
static uint32_t holder_then(const struct truth *truth, uint32_t id) {
        for (uint32_t i = id - 1; i > 0; i--)
                if (event_with(truth, i)->kind == EV_LOCK && event_with(truth, i)->object == event_with(truth, id)->object)
                        return i;
        return 0;
}

/* The post that the take with this id needs: with n takes before it, post n + 1 less what the semaphore began with. 0: none. */
static uint32_t post_for(const struct truth *truth, uint32_t take) {
        uint32_t n_before = 0, n_posts = 0, wanted;

        for (uint32_t i = 1; i < take; i++)
                n_before += event_with(truth, i)->kind == EV_SEM_TAKE;
        wanted = n_before + 1 - event_with(truth, 1)->value; /* the first event initialises it */
        for (uint32_t i = 1; n_before + 1 > event_with(truth, 1)->value && i < take; i++)
                if (event_with(truth, i)->kind == EV_SEM_POST && ++n_posts == wanted)
                        return i;
        return 0;
}

static bool can_do(const struct truth *truth, struct state state, int t) {
        uint32_t id = truth->ids[t][state.done[t]], cause;
        const struct event *event = event_with(truth, id);

        switch (event->kind) {
        case EV_LOCK:
                return can_lock(truth, state, t, event, id);
        case EV_LOCK_FAIL:
                cause = holder_then(truth, id);
                return is_done(truth, state, cause) && holds(truth, state, thread_of(truth, event_with(truth, cause)->thread), event->object) == 1;
        case EV_SEM_TAKE:
                cause = post_for(truth, id);
                return cause == 0 || is_done(truth, state, cause);
        case EV_THREAD_START:
                return is_done(truth, state, find_event(truth, EV_SPAWN, event->object, 0));
        case EV_JOIN:
                return is_done(truth, state, find_event(truth, EV_THREAD_EXIT, event->object, 0));
        case EV_RECV:
                return is_done(truth, state, find_event(truth, EV_SEND, event->object, event->sequence)) &&
                       (event->sequence == 1 || is_done(truth, state, find_event(truth, EV_RECV, event->object, event->sequence - 1)));
        default:
                return true;
        }
}

/* What a side of a deadlock is known by: thread, lock wanted and how, locks held and how. Sides add up to a key. */
static uint64_t key_of_side(int thread, int wanted, bool reads, const int how[LOCKS]) {
        uint64_t side = 1 + (uint64_t) wanted + (reads ? 4 : 0);

        for (int lock = 0; lock < LOCKS; lock++)
                if (lock != wanted)
                        side |= (uint64_t) how[lock] << (3 + 2 * lock);
        return side << (16 * thread);
}

static uint64_t key_in_state(const struct truth *truth, struct state state, int t) {
        const struct event *wanted = next_of(truth, state, t);
        int how[LOCKS] = { 0 };

        for (uint32_t id = 1; id < truth->story->catalog.n_objects; id++)
                if (truth->story->catalog.objects[id].kind == OBJECT_MUTEX || truth->story->catalog.objects[id].kind == OBJECT_RWLOCK)
                        how[lock_of(truth, id)] = holds(truth, state, t, id);
        return key_of_side(t, lock_of(truth, wanted->object), wanted->flags & RECORD_READ, how);
}

/* Thread `t` is about to wait for a lock that `other` has. */
static bool waits_for(const struct truth *truth, struct state state, int t, int other) {
        const struct event *wanted = next_of(truth, state, t);

        return wanted && (wanted->kind == EV_LOCK || wanted->kind == EV_LOCK_WAIT) && !(wanted->flags & RECORD_TRY) &&
               conflicts(holds(truth, state, other, wanted->object), wanted);
}

static void note(uint64_t *keys, uint32_t *n, uint64_t key) {
        for (uint32_t i = 0; i < *n; i++)
                if (keys[i] == key)
                        return;
        if (*n < 4096)
                keys[(*n)++] = key;
}

static void note_deadlocks(struct truth *truth, struct state state) {
        for (int a = 0; a < THREADS; a++)
                for (int b = 0; b < THREADS; b++) {
                        int c = 3 - a - b;

                        if (a == b || !waits_for(truth, state, a, b))
                                continue;
                        if (waits_for(truth, state, b, a))
                                note(truth->deadlocks, &truth->n_deadlocks, key_in_state(truth, state, a) + key_in_state(truth, state, b));
                        if (waits_for(truth, state, b, c) && waits_for(truth, state, c, a))
                                note(truth->deadlocks, &truth->n_deadlocks,
                                     key_in_state(truth, state, a) + key_in_state(truth, state, b) + key_in_state(truth, state, c));
                }
}

static void reach(struct truth *truth, struct state state) {
        bool *reached = &truth->reached[state.done[0]][state.done[1]][state.done[2]];

        if (*reached)
                return;
        *reached = true;
        truth->queue[truth->n_queue++] = state;
}

static void explore(struct truth *truth) {
        reach(truth, (struct state) { { 0, 0, 0 } });
        for (uint32_t i = 0; i < truth->n_queue; i++) {
                struct state state = truth->queue[i], after;

                note_deadlocks(truth, state);
                for (int t = 0; t < THREADS; t++) {
                        if (!next_of(truth, state, t) || !can_do(truth, state, t))
                                continue;
                        after = state;
                        after.done[t]++;
                        reach(truth, after);
                }
        }
}

/* The prediction */

struct predicted {
        const struct truth *truth;
        struct lock_order lock_order;
        struct closure closure;
        uint64_t deadlocks[4096];
        uint32_t n_deadlocks, n_candidates;
        bool is_wrong; /* a witness is no state that can be reached, or no deadlock */
};

static uint64_t key_of_item(const struct predicted *self, uint32_t i) {
        const struct dependency *item = &self->lock_order.dependencies.items[i];
        int how[LOCKS] = { 0 };

        for (uint32_t j = 0; j < item->n_held; j++) {
                const struct held_lock *held = &self->lock_order.dependencies.held[item->first_held + j];

                how[lock_of(self->truth, held->lock)] = held->reads ? 2 : 1;
        }
        return key_of_side(thread_of(self->truth, item->thread), lock_of(self->truth, item->lock), item->reads, how);
}

/* The state that the schedule ends in. */
static struct state state_of(const struct predicted *self) {
        struct state state = { { 0, 0, 0 } };

        for (uint32_t id = 1; id < self->closure.history->n_threads; id++) {
                int t = thread_of(self->truth, id);

                while (state.done[t] < self->truth->n_of[t] && self->truth->ids[t][state.done[t]] <= self->closure.threads[id].prefix)
                        state.done[t]++;
        }
        return state;
}

static int visit(const uint32_t *items, uint32_t n, void *data) {
        struct predicted *self = data;
        uint32_t events[THREADS];
        uint64_t key = 0;
        struct state state;

        self->n_candidates++;
        if (lock_order_check(&self->lock_order.dependencies, &self->closure, items, n, events) <= 0)
                return 0;
        state = state_of(self);
        self->is_wrong |= !self->truth->reached[state.done[0]][state.done[1]][state.done[2]];
        for (uint32_t i = 0; i < n; i++) {
                int t = thread_of(self->truth, self->lock_order.dependencies.items[items[i]].thread);
                int next = thread_of(self->truth, self->lock_order.dependencies.items[items[(i + 1) % n]].thread);

                self->is_wrong |= !waits_for(self->truth, state, t, next);
                key += key_of_item(self, items[i]);
        }
        note(self->deadlocks, &self->n_deadlocks, key);
        return 0;
}

/* Every cycle is asked for: none has been told, and all are of one class. */
static uint64_t one_class(const struct held_lock *held, const struct dependency *item, void *data) {
        (void) held, (void) item, (void) data;
        return 1;
}

static bool never_told(uint64_t class_a, uint64_t class_b, void *data) {
        (void) class_a, (void) class_b, (void) data;
        return false;
}

static void predict(struct predicted *self, const struct story *story) {
        struct cycle_visitor visitor = { .visit = visit, .class_of = one_class, .is_told = never_told, .data = self };
        bool complete = false;

        for (size_t i = 0; i < story->n_events; i++)
                EXPECT_EQ(lock_order_apply(&self->lock_order, &story->catalog, &story->events[i], i + 1), 0);
        EXPECT_EQ(closure_init(&self->closure, &self->lock_order.history), 0);
        EXPECT_EQ(cycles_find(&self->lock_order.dependencies, 1000000, &visitor, &complete), 0);
        EXPECT(complete);
}

/* A lock and another wait */

/* Whether the next event of thread `t` has to wait for something that is no lock, in this state. */
static bool has_to_wait(const struct truth *truth, struct state state, int t) {
        const struct event *wanted = next_of(truth, state, t);
        int64_t n = 0;

        if (!wanted)
                return false;
        if (wanted->kind == EV_JOIN)
                return !is_done(truth, state, find_event(truth, EV_THREAD_EXIT, wanted->object, 0));
        for (uint32_t id = 1; id <= truth->story->n_events; id++) {
                const struct event *event = event_with(truth, id);

                if (event->object != wanted->object)
                        continue;
                if (event->kind == EV_LOCK_INIT)
                        n += event->value;
                if (is_done(truth, state, id))
                        n += event->kind == EV_SEM_POST || event->kind == EV_SEND ? 1 : event->kind == EV_SEM_TAKE || event->kind == EV_RECV ? -1 : 0;
        }
        return (wanted->kind == EV_SEM_TAKE || wanted->kind == EV_RECV) && n <= 0;
}

/* Whether a thread other than these two could still end a wait for this object. */
static bool somebody_else_could(const struct truth *truth, struct state state, int a, int b, uint32_t object) {
        for (uint32_t id = 1; id <= truth->story->n_events; id++) {
                const struct event *event = event_with(truth, id);
                int t = thread_of(truth, event->thread);

                if (event->object == object && t != a && t != b && !is_done(truth, state, id) &&
                    (event->kind == EV_SEM_POST || event->kind == EV_SEND || event->kind == EV_THREAD_EXIT))
                        return true;
        }
        return false;
}

/* A state that can be reached in which both threads of the finding stand, for good. */
static bool is_real_risk(const struct truth *truth, const struct finding *finding) {
        int a = thread_of(truth, finding->steps[1].thread), b = thread_of(truth, finding->steps[2].thread);

        for (uint32_t i = 0; i < truth->n_queue; i++) {
                struct state state = truth->queue[i];
                const struct event *wanted = next_of(truth, state, a);

                if (wanted && truth->ids[a][state.done[a]] == finding->steps[1].event_id && has_to_wait(truth, state, a) &&
                    waits_for(truth, state, b, a) && next_of(truth, state, b)->object == finding->steps[0].object &&
                    !somebody_else_could(truth, state, a, b, wanted->object))
                        return true;
        }
        return false;
}

/* Returns how many there are. */
static uint32_t check_risks(const struct truth *truth, const struct story *story, const char *text) {
        struct lock_order lock_order = { 0 };
        struct communication communication = { 0 };
        struct finding_list list = { 0 };
        uint64_t n_unchecked = 0;
        uint32_t n;

        for (size_t i = 0; i < story->n_events; i++) {
                EXPECT_EQ(lock_order_apply(&lock_order, &story->catalog, &story->events[i], i + 1), 0);
                EXPECT_EQ(communication_apply(&communication, &lock_order, &story->catalog, &story->events[i], i + 1), 0);
        }
        EXPECT_EQ(communication_find(&communication, &lock_order, &story->catalog, &lock_order_default_limits, &list, &n_unchecked), 0);
        for (size_t i = 0; i < list.n; i++)
                if (!is_real_risk(truth, &list.items[i]))
                        test_fail(__FILE__, __LINE__, "a risk that is none (%s): %s", list.items[i].title, text);
        n = (uint32_t) list.n;
        finding_list_finish(&list);
        communication_finish(&communication);
        lock_order_finish(&lock_order);
        return n;
}

static bool has_key(const uint64_t *keys, uint32_t n, uint64_t key) {
        for (uint32_t i = 0; i < n; i++)
                if (keys[i] == key)
                        return true;
        return false;
}

struct counts {
        uint32_t n_traces, n_candidates, n_deadlocks, n_risks;
};

static void compare(const char *text, struct counts *counts) {
        static struct truth truth;
        static struct predicted predicted;
        static struct state queue[(MOST_EVENTS + 1) * (MOST_EVENTS + 1) * (MOST_EVENTS + 1)];
        struct story *s = story(text);

        truth = (struct truth) { .story = s, .queue = queue };
        predicted = (struct predicted) { .truth = &truth };
        if (split(&truth)) {
                explore(&truth);
                predict(&predicted, s);
                counts->n_traces++;
                counts->n_candidates += predicted.n_candidates;
                counts->n_deadlocks += truth.n_deadlocks;
                counts->n_risks += check_risks(&truth, s, text);
                if (predicted.is_wrong)
                        test_fail(__FILE__, __LINE__, "a witness that cannot be: %s", text);
                for (uint32_t i = 0; i < truth.n_deadlocks; i++)
                        if (!has_key(predicted.deadlocks, predicted.n_deadlocks, truth.deadlocks[i]))
                                test_fail(__FILE__, __LINE__, "a deadlock missed (%llx): %s", (unsigned long long) truth.deadlocks[i], text);
                for (uint32_t i = 0; i < predicted.n_deadlocks; i++)
                        if (!has_key(truth.deadlocks, truth.n_deadlocks, predicted.deadlocks[i]))
                                test_fail(__FILE__, __LINE__, "a deadlock that cannot be: %s", text);
        }
        closure_finish(&predicted.closure);
        lock_order_finish(&predicted.lock_order);
        story_free(s);
}

TEST(what_is_predicted_can_happen_and_what_can_happen_is_predicted) {
        struct counts counts = { 0 };

        for (uint32_t seed = 1; seed <= TRACES; seed++) {
                char *text;

                random_state = seed * UINT64_C(0x9e3779b97f4a7c15);
                text = make_trace();
                compare(text, &counts);
                free(text);
        }
        printf("    %u traces, %u cycles of dependencies, %u deadlocks, %u risks\n", counts.n_traces, counts.n_candidates, counts.n_deadlocks,
               counts.n_risks);
        /* Else the traces would show nothing. */
        EXPECT(counts.n_traces > TRACES / 2);
        EXPECT(counts.n_deadlocks > 1000);
        EXPECT(counts.n_risks > 1000);
        EXPECT(counts.n_candidates > counts.n_deadlocks + 300);
}
