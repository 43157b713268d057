/* Channels: what <heddle/channel.h> promises, for each of the three kinds. Storms are in test-channel-storm.c. */
#include <heddle/heddle.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "test.h"

static const size_t capacities[] = { HEDDLE_UNBOUNDED, 0, 1, 3, 64 };
#define N_CAPACITIES (sizeof capacities / sizeof capacities[0])

struct pair {
        struct heddle_sender sender;
        struct heddle_receiver receiver;
};

static struct pair new_pair(size_t message_bytes, size_t capacity) {
        struct pair pair = { { 0 }, { 0 } };

        if (heddle_channel("test", message_bytes, capacity, &pair.sender, &pair.receiver) < 0)
                test_fail(__FILE__, __LINE__, "no channel");
        return pair;
}

static void drop_pair(struct pair *pair) {
        heddle_sender_drop(&pair->sender);
        heddle_receiver_drop(&pair->receiver);
}

TEST(messages_come_out_in_the_order_in_which_they_went_in) {
        for (size_t i = 0; i < N_CAPACITIES; i++) {
                struct pair pair = new_pair(sizeof(int), capacities[i]);
                size_t n = capacities[i] < 100 ? capacities[i] : 100;

                for (int round = 0; round < 5; round++) {
                        for (int j = 0; j < (int) n; j++)
                                EXPECT_EQ(heddle_send(&pair.sender, &j), 0);
                        for (int j = 0, got = -1; j < (int) n; j++, got = -1) {
                                EXPECT_EQ(heddle_recv(&pair.receiver, &got), 0);
                                EXPECT_EQ(got, j);
                        }
                }
                drop_pair(&pair);
        }
}

TEST(try_recv_on_an_empty_channel_returns_at_once) {
        for (size_t i = 0; i < N_CAPACITIES; i++) {
                struct pair pair = new_pair(sizeof(int), capacities[i]);
                int got = 7;

                EXPECT_EQ(heddle_try_recv(&pair.receiver, &got), -EAGAIN);
                EXPECT_EQ(got, 7);
                drop_pair(&pair);
        }
}

TEST(try_send_on_a_full_channel_returns_at_once) {
        for (size_t i = 1; i < N_CAPACITIES; i++) {
                struct pair pair = new_pair(sizeof(int), capacities[i]);
                int message = 0;

                for (size_t j = 0; j < capacities[i]; j++)
                        EXPECT_EQ(heddle_try_send(&pair.sender, &message), 0);
                EXPECT_EQ(heddle_try_send(&pair.sender, &message), -EAGAIN);
                if (capacities[i] > 0) {
                        EXPECT_EQ(heddle_recv(&pair.receiver, &message), 0);
                        EXPECT_EQ(heddle_try_send(&pair.sender, &message), 0);
                }
                drop_pair(&pair);
        }
}

TEST(a_receive_with_a_timeout_gives_up_and_not_before) {
        for (size_t i = 0; i < N_CAPACITIES; i++) {
                struct pair pair = new_pair(sizeof(int), capacities[i]);
                struct timespec before, after;
                int got;

                EXPECT_EQ(heddle_recv_timeout(&pair.receiver, 0, &got), -ETIMEDOUT);
                clock_gettime(CLOCK_MONOTONIC, &before);
                EXPECT_EQ(heddle_recv_timeout(&pair.receiver, 3 * HEDDLE_MS, &got), -ETIMEDOUT);
                clock_gettime(CLOCK_MONOTONIC, &after);
                EXPECT((after.tv_sec - before.tv_sec) * 1000000000LL + (after.tv_nsec - before.tv_nsec) >= 3000000);
                drop_pair(&pair);
        }
}

static void *send_later(void *data) {
        struct heddle_sender *sender = data;
        int message = 5, error;

        heddle_sleep(10 * HEDDLE_MS);
        error = heddle_send(sender, &message);
        return (void *) (intptr_t) error;
}

TEST(a_receive_with_a_timeout_gets_what_comes_in_time) {
        for (size_t i = 0; i < N_CAPACITIES; i++) {
                struct pair pair = new_pair(sizeof(int), capacities[i]);
                heddle_thread *thread;
                int got = 0;

                ASSERT(heddle_spawn(NULL, send_later, &pair.sender, &thread) == 0);
                EXPECT_EQ(heddle_recv_timeout(&pair.receiver, 60 * HEDDLE_S, &got), 0);
                EXPECT_EQ(got, 5);
                heddle_join(thread, NULL);
                drop_pair(&pair);
        }
}

TEST(a_timeout_beyond_reckoning_waits_for_ever) {
        struct pair pair = new_pair(sizeof(int), 1);
        heddle_thread *thread;
        int got = 0;

        ASSERT(heddle_spawn(NULL, send_later, &pair.sender, &thread) == 0);
        EXPECT_EQ(heddle_recv_timeout(&pair.receiver, UINT64_MAX, &got), 0);
        heddle_join(thread, NULL);
        drop_pair(&pair);
}

TEST(receives_end_when_the_last_sender_is_gone_but_not_before_the_last_message) {
        for (size_t i = 0; i < N_CAPACITIES; i++) {
                struct pair pair = new_pair(sizeof(int), capacities[i]);
                struct heddle_sender clone;
                int got = 0, one = 1;

                ASSERT(heddle_sender_clone(&pair.sender, &clone) == 0);
                EXPECT_EQ(clone.number, 2);
                heddle_sender_drop(&pair.sender);
                EXPECT_EQ(heddle_try_recv(&pair.receiver, &got), -EAGAIN);
                if (capacities[i] > 0)
                        EXPECT_EQ(heddle_send(&clone, &one), 0);
                heddle_sender_drop(&clone);
                if (capacities[i] > 0)
                        EXPECT_EQ(heddle_recv(&pair.receiver, &got), 0);
                EXPECT_EQ(heddle_recv(&pair.receiver, &got), -EPIPE);
                EXPECT_EQ(heddle_try_recv(&pair.receiver, &got), -EPIPE);
                EXPECT_EQ(heddle_recv_timeout(&pair.receiver, HEDDLE_S, &got), -EPIPE);
                heddle_receiver_drop(&pair.receiver);
        }
}

TEST(sends_end_when_the_receiver_is_gone) {
        for (size_t i = 0; i < N_CAPACITIES; i++) {
                struct pair pair = new_pair(sizeof(int), capacities[i]);
                int message = 1;

                heddle_receiver_drop(&pair.receiver);
                EXPECT_EQ(heddle_send(&pair.sender, &message), -EPIPE);
                EXPECT_EQ(heddle_try_send(&pair.sender, &message), -EPIPE);
                heddle_sender_drop(&pair.sender);
        }
}

static void *drop_sender_later(void *sender) {
        heddle_sleep(10 * HEDDLE_MS);
        heddle_sender_drop(sender);
        return NULL;
}

TEST(dropping_the_last_sender_wakes_a_waiting_receiver) {
        for (size_t i = 0; i < N_CAPACITIES; i++) {
                struct pair pair = new_pair(sizeof(int), capacities[i]);
                heddle_thread *thread;
                int got;

                ASSERT(heddle_spawn(NULL, drop_sender_later, &pair.sender, &thread) == 0);
                EXPECT_EQ(heddle_recv(&pair.receiver, &got), -EPIPE);
                heddle_join(thread, NULL);
                drop_pair(&pair);
        }
}

static void *fill(void *sender) {
        int message = 0, error = 0;

        while (error == 0)
                error = heddle_send(sender, &message);
        return (void *) (intptr_t) error;
}

TEST(dropping_the_receiver_wakes_every_waiting_sender) {
        for (size_t i = 1; i < N_CAPACITIES; i++) {
                struct pair pair = new_pair(sizeof(int), capacities[i]);
                heddle_thread *threads[3];
                void *result;

                for (int j = 0; j < 3; j++)
                        ASSERT(heddle_spawn(NULL, fill, &pair.sender, &threads[j]) == 0);
                heddle_sleep(10 * HEDDLE_MS);
                heddle_receiver_drop(&pair.receiver);
                for (int j = 0; j < 3; j++) {
                        EXPECT_EQ(heddle_join(threads[j], &result), 0);
                        EXPECT_EQ((intptr_t) result, -EPIPE);
                }
                heddle_sender_drop(&pair.sender);
        }
}

static void *send_one(void *data) {
        struct pair *pair = data;
        int message = 5, error = heddle_send(&pair->sender, &message);

        return (void *) (intptr_t) error;
}

TEST(a_rendezvous_send_returns_only_when_the_message_has_been_received) {
        struct pair pair = new_pair(sizeof(int), 0);
        heddle_thread *thread;
        int got = 0;

        ASSERT(heddle_spawn(NULL, send_one, &pair, &thread) == 0);
        heddle_sleep(10 * HEDDLE_MS);
        EXPECT(!heddle_is_finished(thread));
        EXPECT_EQ(heddle_recv(&pair.receiver, &got), 0);
        EXPECT_EQ(got, 5);
        EXPECT_EQ(heddle_join(thread, NULL), 0);
        drop_pair(&pair);
}

static void *receive_one(void *data) {
        struct pair *pair = data;
        int got = 0;

        if (heddle_recv(&pair->receiver, &got) < 0)
                return NULL;
        return (void *) (intptr_t) got;
}

TEST(a_rendezvous_try_send_succeeds_when_somebody_waits_to_receive) {
        struct pair pair = new_pair(sizeof(int), 0);
        heddle_thread *thread;
        int message = 9, error;
        void *got = NULL;

        ASSERT(heddle_spawn(NULL, receive_one, &pair, &thread) == 0);
        while ((error = heddle_try_send(&pair.sender, &message)) == -EAGAIN)
                heddle_yield();
        EXPECT_EQ(error, 0);
        heddle_join(thread, &got);
        EXPECT_EQ((intptr_t) got, 9);
        drop_pair(&pair);
}

TEST(messages_of_every_size_arrive_unharmed) {
        static const size_t sizes[] = { 0, 1, 3, 8, 9, 64, 100, 4096, HEDDLE_MESSAGE_BYTES };
        unsigned char *out = malloc(HEDDLE_MESSAGE_BYTES), *in = malloc(HEDDLE_MESSAGE_BYTES + 1);

        ASSERT(out && in);
        for (size_t i = 0; i < HEDDLE_MESSAGE_BYTES; i++)
                out[i] = (unsigned char) (i * 31 + 7);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
                for (size_t j = 0; j < 2; j++) {
                        struct pair pair = new_pair(sizes[i], j ? HEDDLE_UNBOUNDED : 5);

                        for (int k = 0; k < 70; k++) {
                                memset(in, 0xee, HEDDLE_MESSAGE_BYTES + 1);
                                EXPECT_EQ(heddle_send(&pair.sender, out), 0);
                                EXPECT_EQ(heddle_recv(&pair.receiver, in), 0);
                                EXPECT(memcmp(in, out, sizes[i]) == 0 && in[sizes[i]] == 0xee);
                        }
                        drop_pair(&pair);
                }
        free(out);
        free(in);
}

TEST(a_handle_that_has_been_dropped_is_refused) {
        struct pair pair = new_pair(sizeof(int), 1);
        struct heddle_sender clone;
        int message = 0;

        drop_pair(&pair);
        EXPECT_EQ(heddle_send(&pair.sender, &message), -EBADF);
        EXPECT_EQ(heddle_try_send(&pair.sender, &message), -EBADF);
        EXPECT_EQ(heddle_recv(&pair.receiver, &message), -EBADF);
        EXPECT_EQ(heddle_sender_clone(&pair.sender, &clone), -EBADF);
        drop_pair(&pair);
}

TEST(what_is_too_large_is_refused) {
        struct pair pair;

        EXPECT_EQ(heddle_channel(NULL, HEDDLE_MESSAGE_BYTES + 1, 1, &pair.sender, &pair.receiver), -EINVAL);
        EXPECT_EQ(heddle_channel(NULL, 8, UINT32_MAX, &pair.sender, &pair.receiver), -EINVAL);
}

TEST(messages_that_were_never_received_are_freed_with_the_channel) {
        for (size_t i = 0; i < N_CAPACITIES; i++) {
                struct pair pair = new_pair(sizeof(int), capacities[i]);
                int n = capacities[i] < 200 ? (int) capacities[i] : 200;

                for (int j = 0; j < n; j++)
                        EXPECT_EQ(heddle_send(&pair.sender, &j), 0);
                drop_pair(&pair); /* LeakSanitizer looks */
        }
}
