/* The public side of channels: handles, their counts, and the way to the three kinds. */
#include "core/channel.h"

#include <stdlib.h>

static int init_flavour(struct heddle_channel *channel, size_t capacity) {
        if (capacity == HEDDLE_UNBOUNDED) {
                channel->flavour = CHANNEL_LIST;
                return channel_list_init(channel);
        }
        channel->flavour = capacity == 0 ? CHANNEL_MEET : CHANNEL_RING;
        return capacity == 0 ? channel_meet_init(channel) : channel_ring_init(channel);
}

static void free_channel(struct heddle_channel *channel) {
        switch (channel->flavour) {
        case CHANNEL_LIST:
                channel_list_finish(channel);
                break;
        case CHANNEL_RING:
                channel_ring_finish(channel);
                break;
        case CHANNEL_MEET:
                channel_meet_finish(channel);
                break;
        }
        free(channel);
}

static int new_channel(size_t message_bytes, size_t capacity, struct heddle_channel **ret_channel) {
        struct heddle_channel *channel = aligned_alloc(CACHE_LINE, sizeof *channel);
        int error;

        if (!channel)
                return -ENOMEM;
        memset(channel, 0, sizeof *channel);
        channel->message_bytes = (uint32_t) message_bytes;
        channel->slot_bytes = sizeof(struct slot) + (message_bytes + 7) / 8 * 8;
        channel->capacity = capacity;
        channel->n_handles = 2;
        channel->n_senders = channel->last_number = 1;
        error = init_flavour(channel, capacity);
        if (error < 0) {
                free(channel);
                return error;
        }
        *ret_channel = channel;
        return 0;
}

int heddle_channel(const char *name, size_t message_bytes, size_t capacity, struct heddle_sender *ret_sender,
                   struct heddle_receiver *ret_receiver) {
        struct channel_call call = { .site = EMIT_SITE };
        struct heddle_channel *channel;
        int error;

        if (message_bytes > HEDDLE_MESSAGE_BYTES)
                return -EINVAL;
        if (capacity != HEDDLE_UNBOUNDED && capacity >= UINT32_MAX)
                return -EINVAL;
        error = new_channel(message_bytes, capacity, &channel);
        if (error < 0)
                return error;
        channel_record(channel, &call, EV_CHANNEL_NEW, 0,
                       capacity == HEDDLE_UNBOUNDED ? UINT32_MAX : (uint32_t) capacity);
        if (name)
                heddle_emit_name(OBJECT_CHANNEL, (uint64_t) (uintptr_t) channel, name);
        *ret_sender = (struct heddle_sender) { channel, 1 };
        *ret_receiver = (struct heddle_receiver) { channel };
        return 0;
}

int heddle_sender_clone(const struct heddle_sender *sender, struct heddle_sender *ret_clone) {
        struct channel_call call = { .site = EMIT_SITE };
        struct heddle_channel *channel = sender->channel;
        uint32_t number;

        if (!channel)
                return -EBADF;
        add_relaxed(&channel->n_handles, 1);
        add_relaxed(&channel->n_senders, 1);
        number = add_relaxed(&channel->last_number, 1) + 1;
        channel_record(channel, &call, EV_SENDER_CLONE, 0, number);
        *ret_clone = (struct heddle_sender) { channel, number };
        return 0;
}

static void drop_handle(struct heddle_channel *channel) {
        if (sub_acq_rel(&channel->n_handles, 1) == 1)
                free_channel(channel);
}

void heddle_sender_drop(struct heddle_sender *sender) {
        struct channel_call call = { .site = EMIT_SITE };
        struct heddle_channel *channel = sender->channel;

        if (!channel)
                return;
        channel_record(channel, &call, EV_SENDER_DROP, 0, sender->number);
        *sender = (struct heddle_sender) { NULL, 0 };
        if (sub_seq_cst(&channel->n_senders, 1) == 1) {
                if (channel->flavour == CHANNEL_MEET)
                        channel_meet_sender_gone(channel);
                else
                        spot_notify(&channel->receiver);
        }
        drop_handle(channel);
}

void heddle_receiver_drop(struct heddle_receiver *receiver) {
        struct channel_call call = { .site = EMIT_SITE };
        struct heddle_channel *channel = receiver->channel;

        if (!channel)
                return;
        channel_record(channel, &call, EV_RECEIVER_DROP, 0, 0);
        receiver->channel = NULL;
        exchange_seq_cst(&channel->receiver_gone, 1);
        if (channel->flavour == CHANNEL_RING)
                channel_ring_hang_up(channel);
        else if (channel->flavour == CHANNEL_MEET)
                channel_meet_hang_up(channel);
        drop_handle(channel);
}

static inline int send(const struct heddle_sender *sender, struct emit_site site, unsigned flags, const void *message) {
        struct channel_call call = {
                .site = site, .sender = sender->number, .flags = flags, .deadline_ns = PARK_FOREVER,
        };
        struct heddle_channel *channel = sender->channel;
        int error = -EBADF;

        if (unlikely(!channel))
                return -EBADF;
        if (channel->flavour == CHANNEL_LIST)
                error = channel_list_send(channel, &call, message);
        else if (channel->flavour == CHANNEL_RING)
                error = channel_ring_send(channel, &call, message);
        else
                error = channel_meet_send(channel, &call, message);
        if (unlikely(error < 0))
                channel_record(channel, &call, EV_SEND_FAIL, 0, sender->number);
        return error;
}

int heddle_send(const struct heddle_sender *sender, const void *message) {
        return send(sender, EMIT_SITE, 0, message);
}

int heddle_try_send(const struct heddle_sender *sender, const void *message) {
        return send(sender, EMIT_SITE, RECORD_TRY, message);
}

static inline int receive(struct heddle_receiver *receiver, const struct channel_call *call, void *ret_message) {
        struct heddle_channel *channel = receiver->channel;
        int error;

        if (unlikely(!channel))
                return -EBADF;
        if (channel->flavour == CHANNEL_LIST)
                error = channel_list_receive(channel, call, ret_message);
        else if (channel->flavour == CHANNEL_RING)
                error = channel_ring_receive(channel, call, ret_message);
        else
                error = channel_meet_receive(channel, call, ret_message);
        if (unlikely(error < 0))
                channel_record(channel, call, EV_RECV_FAIL, 0, (uint32_t) -error);
        return error;
}

int heddle_recv(struct heddle_receiver *receiver, void *ret_message) {
        return receive(receiver, &(struct channel_call) { EMIT_SITE, .deadline_ns = PARK_FOREVER }, ret_message);
}

int heddle_try_recv(struct heddle_receiver *receiver, void *ret_message) {
        return receive(receiver, &(struct channel_call) { .site = EMIT_SITE, .flags = RECORD_TRY }, ret_message);
}

int heddle_recv_timeout(struct heddle_receiver *receiver, uint64_t timeout_ns, void *ret_message) {
        uint64_t deadline_ns = park_deadline_ns(timeout_ns);
        unsigned flags = deadline_ns == PARK_FOREVER ? 0 : RECORD_TIMED;

        return receive(receiver, &(struct channel_call) { EMIT_SITE, 0, flags, deadline_ns }, ret_message);
}

static bool has_arrived(const struct slot *slot, uint64_t number) {
        return load_seq_cst(&slot->number) == number;
}

/* A last look after the last sender has gone: it may have sent before it went. */
static int look_again(struct heddle_channel *channel, const struct slot *slot, uint64_t number, int otherwise) {
        if (channel_has_senders(channel))
                return otherwise;
        return has_arrived(slot, number) ? 0 : -EPIPE;
}

static int sleep_for_slot(struct heddle_channel *channel, const struct channel_call *call, const struct slot *slot,
                          uint64_t number) {
        struct park_reason reason = channel_reason(channel, call, EV_RECV_WAIT);
        int error = -EAGAIN;

        while (error == -EAGAIN) {
                spot_announce(&channel->receiver);
                if (has_arrived(slot, number))
                        error = 0;
                else if ((error = look_again(channel, slot, number, -EAGAIN)) == -EAGAIN &&
                         spot_wait(&channel->receiver, call->deadline_ns, &reason) == -ETIMEDOUT)
                        error = has_arrived(slot, number) ? 0 : look_again(channel, slot, number, -ETIMEDOUT);
        }
        spot_leave(&channel->receiver);
        return error;
}

int channel_wait_for_slot(struct heddle_channel *channel, const struct channel_call *call, const struct slot *slot,
                          uint64_t number) {
        if (call->flags & RECORD_TRY)
                return look_again(channel, slot, number, -EAGAIN);
        for (unsigned round = 0; park_spin(&round);)
                if (load_acquire(&slot->number) == number)
                        return 0;
        return sleep_for_slot(channel, call, slot, number);
}
