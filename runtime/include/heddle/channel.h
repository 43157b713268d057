/* Channels: messages from many senders to one receiver, in order. Modelled on std::sync::mpsc.
 *
 *     struct heddle_sender orders;
 *     struct heddle_receiver kitchen;
 *
 *     heddle_channel("orders", sizeof(struct order), 64, &orders, &kitchen);   // room for 64
 *
 *     heddle_send(&orders, &order);                    // one thread
 *     while (heddle_recv(&kitchen, &order) == 0) …     // another, until every sender has been dropped
 *
 * A message is a fixed number of bytes that is copied in and copied out. To hand over something large, send a pointer.
 * Messages of one sender arrive in the order in which they were sent.
 *
 * Who may call what: a sender may be used by several threads at once, though a clone for each reads better, and in a
 * trace too. A receiver is used by one thread at a time. Dropping a handle must be the last thing done with it. The
 * handles are plain structures in the caller's memory; copying one moves it: the copied one must not be used again. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <heddle/api.h>

HEDDLE_BEGIN

struct heddle_channel;

/* All zero: no sender, such as after it was dropped. Rust: Sender, SyncSender. */
struct heddle_sender {
        struct heddle_channel *channel;
        uint32_t number; /* within its channel, from 1; traces tell senders apart by it */
};

/* All zero: no receiver, such as after it was dropped. Rust: Receiver. */
struct heddle_receiver {
        struct heddle_channel *channel;
};

#define HEDDLE_UNBOUNDED SIZE_MAX /* as capacity: a send never waits for room */
#define HEDDLE_MESSAGE_BYTES 65536 /* at most; 0 is allowed, for messages that say nothing but "now" */

/* Makes a channel with room for `capacity` messages of `message_bytes` each. With a capacity of 0 a send and a receive
 * meet: the send returns when the message has been received (rendezvous).
 * `name` is for the trace, and may be NULL: it is then called by where it was made.
 * 0, -ENOMEM, -EINVAL (message or capacity too large). Rust: mpsc::channel, mpsc::sync_channel. */
HEDDLE_API_CHECKED int heddle_channel(const char *name, size_t message_bytes, size_t capacity,
                                      struct heddle_sender *ret_sender, struct heddle_receiver *ret_receiver);

/* One more sender of the same channel. 0, -EBADF (dropped). Rust: Sender::clone. */
HEDDLE_API_CHECKED int heddle_sender_clone(const struct heddle_sender *sender, struct heddle_sender *ret_clone);

/* Gives the handle back, and zeroes it. Once all senders are gone and all messages received, receives end with -EPIPE.
 * Once the receiver is gone, sends do; messages that it had not received are lost: receive them first if they own
 * something. The channel's memory is freed with its last handle. A handle that is zero already is left alone.
 * Rust: drop(sender), drop(receiver). */
HEDDLE_API void heddle_sender_drop(struct heddle_sender *sender);
HEDDLE_API void heddle_receiver_drop(struct heddle_receiver *receiver);

/* Copies a message in. Blocks while a bounded channel is full; on a rendezvous until it has been received.
 * 0; -EPIPE: the receiver is gone, and the message stays the caller's; -ENOMEM (unbounded only); -EBADF.
 * That it was sent does not promise that it will be received. Rust: Sender::send, SyncSender::send. */
HEDDLE_API_CHECKED int heddle_send(const struct heddle_sender *sender, const void *message);

/* The same, without blocking. Also -EAGAIN: full; on a rendezvous: nobody is waiting to receive.
 * Rust: SyncSender::try_send. */
HEDDLE_API_CHECKED int heddle_try_send(const struct heddle_sender *sender, const void *message);

/* Blocks until there is a message, and copies it out.
 * 0; -EPIPE: no message is left and every sender is gone; -EBADF. Rust: Receiver::recv. */
HEDDLE_API_CHECKED int heddle_recv(struct heddle_receiver *receiver, void *ret_message);

/* The same, without blocking. Also -EAGAIN: there is none now. Rust: Receiver::try_recv. */
HEDDLE_API_CHECKED int heddle_try_recv(struct heddle_receiver *receiver, void *ret_message);

/* The same, blocking at most `timeout_ns`; 0 looks once. Also -ETIMEDOUT. Rust: Receiver::recv_timeout. */
HEDDLE_API_CHECKED int heddle_recv_timeout(struct heddle_receiver *receiver, uint64_t timeout_ns, void *ret_message);

HEDDLE_END
