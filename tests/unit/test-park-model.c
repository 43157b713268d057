/* Goes through every interleaving of the protocol in park/spot.h, as a bounded channel uses it (channel_ring.c):
 * senders that wait for room at one spot, a receiver that waits for messages at another, and the end of either side.
 *
 * This is a model: one step is one atomic operation of the real code, or one futex call. What it says is that nobody
 * sleeps for ever and no message is lost, in any order of the steps; not that the code does what the model does. The
 * last tests leave a step out, to show that the search would find what is missing. The kernel never wakes anybody for
 * nothing here, which would hide such a fault. */
#include <stdint.h>
#include <stdlib.h>

#include "test.h"

#define MAX_SENDERS 3
#define MAX_THREADS (MAX_SENDERS + 1)
#define RECEIVER 0 /* the first thread; senders are 1 … n_senders */

enum place {
        /* a sender */
        S_BEGIN, S_TAKE, S_ANNOUNCE, S_LOOK_GONE, S_TAKE_AGAIN, S_SLEEP, S_BATON_LOOK, S_BATON_LOAD, S_BATON_EXCHANGE,
        S_BATON_WAKE, S_PUBLISH, S_NOTIFY_LOAD, S_NOTIFY_EXCHANGE, S_NOTIFY_WAKE, S_QUIT_CLEAR, S_QUIT_WAKE, S_DROP,
        S_DROP_LOAD, S_DROP_EXCHANGE, S_DROP_WAKE,
        /* the receiver */
        R_BEGIN, R_ANNOUNCE, R_LOOK, R_LOOK_SENDERS, R_LOOK_LAST, R_SLEEP, R_LEAVE, R_TAKE, R_NOTIFY_LOAD,
        R_NOTIFY_EXCHANGE, R_NOTIFY_WAKE, R_GONE, R_GONE_CLEAR, R_GONE_WAKE,
        DONE,
};

struct state {
        uint8_t at[MAX_THREADS];
        uint8_t asleep[MAX_THREADS];
        uint8_t left[MAX_THREADS];  /* messages to send, or to receive before it goes */
        uint8_t mine[MAX_THREADS];  /* the position that a sender has taken */
        uint8_t tail, head, n_senders, receiver_gone;
        uint8_t published;          /* a bit for each position */
        uint8_t room_word, message_word;
};

struct model {
        unsigned n_senders, n_messages, n_receives, capacity;
        bool receiver_stays;                           /* it receives no more, but does not go either */
        bool no_baton, no_farewell, no_second_look;    /* what is left out */
        /* what was found */
        struct state *seen, *stack;
        size_t n_seen, n_stack, size;
        unsigned long n_stuck, n_lost, n_ends;
};

#define SEEN_BITS 22

static bool is_room(const struct model *model, const struct state *s) {
        return (unsigned) (s->tail - s->head) < model->capacity;
}

static bool has_message(const struct state *s) {
        return s->published >> s->head & 1;
}

static void wake_all(struct state *s, bool senders) {
        for (unsigned i = senders ? 1 : RECEIVER; i < (senders ? MAX_THREADS : 1); i++)
                s->asleep[i] = 0;
}

static enum place take(const struct model *model, struct state *s, unsigned i, enum place then, enum place otherwise) {
        if (!is_room(model, s))
                return otherwise;
        s->mine[i] = s->tail++;
        return then;
}

static enum place clear(uint8_t *word, enum place if_set, enum place otherwise) {
        uint8_t was = *word;

        *word = 0;
        return was ? if_set : otherwise;
}

/* A futex wait: sleeps only while the word is still set. Wakes at `then`. */
static enum place doze(struct state *s, unsigned i, uint8_t word, enum place then) {
        s->asleep[i] = word;
        return then;
}

static enum place sent(struct state *s, unsigned i) {
        return --s->left[i] > 0 ? S_BEGIN : S_DROP;
}

static enum place step_sender(const struct model *model, struct state *s, unsigned i) {
        switch (s->at[i]) {
        case S_BEGIN:
                return s->receiver_gone ? S_DROP : S_TAKE;
        case S_TAKE:
                return take(model, s, i, S_PUBLISH, S_ANNOUNCE);
        case S_ANNOUNCE:
                s->room_word = 1;
                return S_LOOK_GONE;
        case S_LOOK_GONE:
                return !s->receiver_gone ? S_TAKE_AGAIN : model->no_farewell ? S_DROP : S_QUIT_CLEAR;
        case S_TAKE_AGAIN:
                return take(model, s, i, model->no_baton ? S_PUBLISH : S_BATON_LOOK, S_SLEEP);
        case S_SLEEP:
                return doze(s, i, s->room_word, S_ANNOUNCE);
        case S_BATON_LOOK:
                return is_room(model, s) ? S_BATON_LOAD : S_PUBLISH;
        case S_BATON_LOAD:
                return s->room_word ? S_BATON_EXCHANGE : S_PUBLISH;
        case S_BATON_EXCHANGE:
                return clear(&s->room_word, S_BATON_WAKE, S_PUBLISH);
        case S_PUBLISH:
                s->published |= (uint8_t) (1u << s->mine[i]);
                return S_NOTIFY_LOAD;
        case S_NOTIFY_LOAD:
                return s->message_word ? S_NOTIFY_EXCHANGE : sent(s, i);
        case S_NOTIFY_EXCHANGE:
                return clear(&s->message_word, S_NOTIFY_WAKE, sent(s, i));
        case S_NOTIFY_WAKE:
                wake_all(s, false);
                return s->left[i] > 0 ? S_BEGIN : S_DROP;
        case S_QUIT_CLEAR:
                s->room_word = 0;
                return S_QUIT_WAKE;
        case S_QUIT_WAKE:
                wake_all(s, true);
                return S_DROP;
        case S_DROP:
                return --s->n_senders == 0 ? S_DROP_LOAD : DONE;
        case S_DROP_LOAD:
                return s->message_word ? S_DROP_EXCHANGE : DONE;
        case S_DROP_EXCHANGE:
                return clear(&s->message_word, S_DROP_WAKE, DONE);
        default: /* S_DROP_WAKE */
                wake_all(s, false);
                return DONE;
        }
}

static enum place after_receive(const struct model *model, const struct state *s) {
        return s->left[RECEIVER] > 0 ? R_BEGIN : model->receiver_stays ? DONE : R_GONE;
}

static enum place received(const struct model *model, struct state *s) {
        s->left[RECEIVER]--;
        return after_receive(model, s);
}

static enum place step_receiver(const struct model *model, struct state *s) {
        switch (s->at[RECEIVER]) {
        case R_BEGIN:
                return has_message(s) ? R_TAKE : R_ANNOUNCE;
        case R_ANNOUNCE:
                s->message_word = 1;
                return R_LOOK;
        case R_LOOK:
                return has_message(s) ? R_LEAVE : R_LOOK_SENDERS;
        case R_LOOK_SENDERS:
                return s->n_senders > 0 ? R_SLEEP : model->no_second_look ? R_GONE : R_LOOK_LAST;
        case R_LOOK_LAST:
                return has_message(s) ? R_LEAVE : R_GONE;
        case R_SLEEP:
                return doze(s, RECEIVER, s->message_word, R_ANNOUNCE);
        case R_LEAVE:
                s->message_word = 0;
                return R_TAKE;
        case R_TAKE:
                s->head++;
                return R_NOTIFY_LOAD;
        case R_NOTIFY_LOAD:
                return s->room_word ? R_NOTIFY_EXCHANGE : received(model, s);
        case R_NOTIFY_EXCHANGE:
                return clear(&s->room_word, R_NOTIFY_WAKE, received(model, s));
        case R_GONE:
                s->receiver_gone = 1;
                return R_GONE_CLEAR;
        case R_GONE_CLEAR:
                s->room_word = 0;
                return R_GONE_WAKE;
        default: /* R_GONE_WAKE */
                wake_all(s, true);
                return DONE;
        }
}

/* Remembers a state that is new, to go on from it later. */
static void visit(struct model *model, const struct state *s) {
        uint64_t hash = 1469598103934665603u;
        size_t i;

        for (size_t byte = 0; byte < sizeof *s; byte++)
                hash = (hash ^ ((const uint8_t *) s)[byte]) * 1099511628211u;
        for (i = hash >> (64 - SEEN_BITS); model->seen[i].n_senders != 0xff; i = (i + 1) % model->size)
                if (memcmp(&model->seen[i], s, sizeof *s) == 0)
                        return;
        model->seen[i] = *s;
        model->n_seen++;
        model->stack[model->n_stack++] = *s;
}

/* Waking one of several sleepers may wake any of them. */
static void visit_wake_one(struct model *model, struct state s, unsigned i, enum place then) {
        bool any = false;

        s.at[i] = (uint8_t) then;
        for (unsigned sleeper = 1; sleeper < MAX_THREADS; sleeper++) {
                struct state woken = s;

                if (!s.asleep[sleeper])
                        continue;
                woken.asleep[sleeper] = 0;
                visit(model, &woken);
                any = true;
        }
        if (!any)
                visit(model, &s);
}

static void visit_step(struct model *model, const struct state *from, unsigned i) {
        struct state s = *from;

        if (s.at[i] == S_BATON_WAKE)
                visit_wake_one(model, s, i, S_PUBLISH);
        else if (s.at[i] == R_NOTIFY_WAKE)
                visit_wake_one(model, s, i, after_receive(model, &s));
        else {
                s.at[i] = (uint8_t) (i == RECEIVER ? step_receiver(model, &s) : step_sender(model, &s, i));
                visit(model, &s);
        }
}

/* Nobody runs any more. That is as it should be when all are done, or wait for room where there is none. */
static void judge_end(struct model *model, const struct state *s, bool all_done) {
        bool may_wait = model->receiver_stays && !is_room(model, s);

        model->n_ends++;
        model->n_stuck += !all_done && !may_wait;
        /* Who stayed for all of them must have had all of them. */
        if (all_done && model->n_receives > model->n_senders * model->n_messages)
                model->n_lost += s->head != model->n_senders * model->n_messages;
}

static void explore_from(struct model *model, const struct state *s) {
        bool any_ran = false, all_done = true;

        for (unsigned i = 0; i <= model->n_senders; i++) {
                all_done = all_done && s->at[i] == DONE;
                if (s->at[i] == DONE || s->asleep[i])
                        continue;
                any_ran = true;
                visit_step(model, s, i);
        }
        if (!any_ran)
                judge_end(model, s, all_done);
}

/* Every reachable state, once. */
static void explore(struct model *model) {
        struct state first = { .n_senders = (uint8_t) model->n_senders };

        model->size = (size_t) 1 << SEEN_BITS;
        model->seen = malloc(model->size * sizeof *model->seen);
        model->stack = malloc(model->size * sizeof *model->stack);
        ASSERT(model->seen && model->stack);
        memset(model->seen, 0xff, model->size * sizeof *model->seen);
        first.at[RECEIVER] = model->n_receives ? R_BEGIN : R_GONE;
        first.left[RECEIVER] = (uint8_t) model->n_receives;
        for (unsigned i = 1; i <= model->n_senders; i++)
                first.left[i] = (uint8_t) model->n_messages;
        visit(model, &first);
        while (model->n_stack > 0 && model->n_seen < model->size / 4 * 3) {
                struct state s = model->stack[--model->n_stack];

                explore_from(model, &s);
        }
        EXPECT_EQ(model->n_stack, 0); /* else the table was too small */
        EXPECT(model->n_ends > 0);
        free(model->seen);
        free(model->stack);
}

#define FOREVER 99 /* receives until the channel ends */

TEST(no_schedule_leaves_anybody_asleep_or_loses_a_message) {
        for (unsigned n_senders = 1; n_senders <= MAX_SENDERS; n_senders++)
                for (unsigned capacity = 1; capacity <= 2; capacity++) {
                        struct model model = { n_senders, n_senders == 3 ? 1 : 2, FOREVER, capacity };

                        explore(&model);
                        EXPECT_EQ(model.n_stuck, 0);
                        EXPECT_EQ(model.n_lost, 0);
                        printf("    %u senders, capacity %u: %zu states\n", n_senders, capacity, model.n_seen);
                }
}

TEST(no_schedule_leaves_a_sender_asleep_when_the_receiver_goes) {
        for (unsigned n_senders = 2; n_senders <= MAX_SENDERS; n_senders++)
                for (unsigned n_receives = 0; n_receives <= 2; n_receives++) {
                        struct model model = { n_senders, 2, n_receives, 1 };

                        explore(&model);
                        EXPECT_EQ(model.n_stuck, 0);
                }
}

TEST(no_schedule_leaves_a_sender_asleep_while_there_is_room) {
        for (unsigned n_receives = 1; n_receives <= 2; n_receives++) {
                struct model model = { 3, 2, n_receives, n_receives, .receiver_stays = true };

                explore(&model);
                EXPECT_EQ(model.n_stuck, 0);
        }
}

TEST(without_the_baton_a_sender_could_sleep_while_there_is_room) {
        struct model model = { 3, 2, 2, 2, .receiver_stays = true, .no_baton = true };

        explore(&model);
        EXPECT(model.n_stuck > 0);
}

TEST(without_a_farewell_a_sender_could_sleep_through_the_end) {
        struct model model = { 3, 2, 0, 1, .no_farewell = true };

        explore(&model);
        EXPECT(model.n_stuck > 0);
}

TEST(without_a_second_look_the_last_message_could_be_lost) {
        struct model model = { 1, 1, FOREVER, 1, .no_second_look = true };

        explore(&model);
        EXPECT(model.n_lost > 0);
}
