/* Channels under many threads: nothing is lost, nothing comes twice, each sender's messages keep their order, nobody
 * sleeps for ever. The seed is printed and may be given: STORM_SEED=n. */
#include <heddle/heddle.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "test.h"

#define N_SENDERS 5
#define N_MESSAGES 4000

static const size_t capacities[] = { HEDDLE_UNBOUNDED, 0, 1, 2, 7, 64 };
#define N_CAPACITIES (sizeof capacities / sizeof capacities[0])

static uint64_t seed;

__attribute__((constructor)) static void choose_seed(void) {
        const char *given = getenv("STORM_SEED");

        seed = given ? strtoull(given, NULL, 10) : (uint64_t) time(NULL);
        printf("STORM_SEED=%llu\n", (unsigned long long) seed);
}

/* xorshift; each thread has a state of its own */
static unsigned pick(uint64_t *state, unsigned n) {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        return (unsigned) (*state >> 33) % n;
}

static uint64_t new_state(unsigned i) {
        return (seed + i + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

static void dawdle(uint64_t *state) {
        unsigned chance = pick(state, 400);

        if (chance == 0)
                heddle_sleep(pick(state, 100000));
        else if (chance < 10)
                heddle_yield();
}

struct message {
        uint32_t sender;
        uint32_t n; /* counts the sender's messages from 0 */
        char padding[40];
};

struct sending {
        struct heddle_sender sender;
        uint32_t i;
        uint32_t n_messages; /* at most */
        uint32_t n_sent;
        int error;
};

/* Tries a few times only: on a rendezvous, two sides that merely try never meet. */
#define N_TRIES 20

static int send_somehow(struct sending *sending, const struct message *message, uint64_t *state) {
        for (unsigned i = pick(state, 3) > 0 ? N_TRIES : 0; i < N_TRIES; i++) {
                int error = heddle_try_send(&sending->sender, message);

                if (error != -EAGAIN)
                        return error;
                heddle_yield();
        }
        return heddle_send(&sending->sender, message);
}

/* Changes over to a clone now and then, and drops what it has. */
static void renew_sender(struct sending *sending) {
        struct heddle_sender clone;

        if (heddle_sender_clone(&sending->sender, &clone) < 0)
                abort();
        heddle_sender_drop(&sending->sender);
        sending->sender = clone;
}

static void *send_all(void *data) {
        struct sending *sending = data;
        uint64_t state = new_state(sending->i);

        while (sending->n_sent < sending->n_messages) {
                struct message message = { sending->i, sending->n_sent, { 0 } };

                memset(message.padding, (int) (message.sender * 31 + message.n), sizeof message.padding);
                sending->error = send_somehow(sending, &message, &state);
                if (sending->error < 0)
                        break;
                sending->n_sent++;
                if (pick(&state, 500) == 0)
                        renew_sender(sending);
                dawdle(&state);
        }
        heddle_sender_drop(&sending->sender);
        return NULL;
}

static int receive_somehow(struct heddle_receiver *receiver, struct message *ret_message, uint64_t *state) {
        unsigned way = pick(state, 3);

        for (unsigned i = 0; way > 0 && i < N_TRIES; i++) {
                int error = way == 1 ? heddle_try_recv(receiver, ret_message)
                                     : heddle_recv_timeout(receiver, pick(state, 50000), ret_message);

                if (error != -EAGAIN && error != -ETIMEDOUT)
                        return error;
                heddle_yield();
        }
        return heddle_recv(receiver, ret_message);
}

static void check(const struct message *message, uint32_t n_received[N_SENDERS]) {
        ASSERT(message->sender < N_SENDERS);
        EXPECT_EQ(message->n, n_received[message->sender]);
        n_received[message->sender]++;
        for (size_t i = 0; i < sizeof message->padding; i++)
                ASSERT(message->padding[i] == (char) (message->sender * 31 + message->n));
}

/* Receives until the channel ends, or `n_max` messages have come. */
static int receive_all(struct heddle_receiver *receiver, uint32_t n_max, uint32_t n_received[N_SENDERS]) {
        uint64_t state = new_state(N_SENDERS);
        struct message message;

        for (uint32_t n = 0; n < n_max; n++) {
                int error = receive_somehow(receiver, &message, &state);

                if (error < 0)
                        return error;
                check(&message, n_received);
                dawdle(&state);
        }
        return 0;
}

static void storm(size_t capacity, uint32_t n_messages, uint32_t n_receive, struct sending sendings[N_SENDERS],
                  uint32_t n_received[N_SENDERS], int *ret_error) {
        heddle_thread *threads[N_SENDERS];
        struct heddle_sender sender;
        struct heddle_receiver receiver;

        ASSERT(heddle_channel("storm", sizeof(struct message), capacity, &sender, &receiver) == 0);
        for (uint32_t i = 0; i < N_SENDERS; i++) {
                sendings[i] = (struct sending) { .i = i, .n_messages = n_messages };
                ASSERT(heddle_sender_clone(&sender, &sendings[i].sender) == 0);
                ASSERT(heddle_spawn("sender", send_all, &sendings[i], &threads[i]) == 0);
        }
        heddle_sender_drop(&sender);
        *ret_error = receive_all(&receiver, n_receive, n_received);
        heddle_receiver_drop(&receiver);
        for (uint32_t i = 0; i < N_SENDERS; i++)
                heddle_join(threads[i], NULL);
}

TEST(every_message_arrives_once_and_each_senders_in_order) {
        for (size_t c = 0; c < N_CAPACITIES; c++) {
                struct sending sendings[N_SENDERS];
                uint32_t n_received[N_SENDERS] = { 0 };
                int error = 0;

                storm(capacities[c], N_MESSAGES, UINT32_MAX, sendings, n_received, &error);
                EXPECT_EQ(error, -EPIPE);
                for (uint32_t i = 0; i < N_SENDERS; i++) {
                        EXPECT_EQ(sendings[i].error, 0);
                        EXPECT_EQ(n_received[i], N_MESSAGES);
                }
        }
}

TEST(every_sender_ends_when_the_receiver_goes_at_a_random_moment) {
        uint64_t state = new_state(99);

        for (unsigned round = 0; round < 60; round++)
                for (size_t c = 0; c < N_CAPACITIES; c++) {
                        struct sending sendings[N_SENDERS];
                        uint32_t n_received[N_SENDERS] = { 0 };
                        int error = 0;

                        storm(capacities[c], UINT32_MAX, pick(&state, 300), sendings, n_received, &error);
                        EXPECT_EQ(error, 0);
                        for (uint32_t i = 0; i < N_SENDERS; i++) {
                                EXPECT_EQ(sendings[i].error, -EPIPE);
                                EXPECT(sendings[i].n_sent >= n_received[i]);
                                if (capacities[c] == 0) /* a rendezvous send says whether it was received */
                                        EXPECT_EQ(sendings[i].n_sent, n_received[i]);
                        }
                }
}

TEST(the_receiver_may_move_from_thread_to_thread) {
        struct heddle_sender senders[2];
        struct heddle_receiver receivers[2];
        uint64_t n = 0;

        /* The receiver of one channel travels through the other and back. */
        ASSERT(heddle_channel("inner", sizeof n, HEDDLE_UNBOUNDED, &senders[0], &receivers[0]) == 0);
        ASSERT(heddle_channel("outer", sizeof(struct heddle_receiver), 1, &senders[1], &receivers[1]) == 0);
        for (uint64_t i = 0; i < 100; i++) {
                EXPECT_EQ(heddle_send(&senders[0], &i), 0);
                EXPECT_EQ(heddle_send(&senders[1], &receivers[0]), 0);
                EXPECT_EQ(heddle_recv(&receivers[1], &receivers[0]), 0);
                EXPECT_EQ(heddle_recv(&receivers[0], &n), 0);
                EXPECT_EQ(n, i);
        }
        for (int i = 0; i < 2; i++) {
                heddle_sender_drop(&senders[i]);
                heddle_receiver_drop(&receivers[i]);
        }
}
