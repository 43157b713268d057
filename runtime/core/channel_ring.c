/* Bounded channels: a ring of slots.
 *
 * A sender takes the next position when it is less than the capacity ahead of the receiver's. How far the receiver
 * was is remembered beside the tail, so that the receiver's cache line is read only when the ring seems full. There
 * are a power of two of slots, so that a position is found without dividing, and perhaps more of them than the
 * capacity. */
#include "core/channel.h"

#include <stdlib.h>

static struct slot *slot_at(const struct heddle_channel *channel, uint64_t position) {
        return (struct slot *) (channel->ring.slots + (position & channel->ring.mask) * channel->slot_bytes);
}

int channel_ring_init(struct heddle_channel *channel) {
        uint64_t n_slots = 1;

        while (n_slots < channel->capacity)
                n_slots *= 2;
        channel->ring.mask = n_slots - 1;
        channel->ring.slots = calloc(n_slots, channel->slot_bytes);
        return channel->ring.slots ? 0 : -ENOMEM;
}

void channel_ring_finish(struct heddle_channel *channel) {
        free(channel->ring.slots);
}

void channel_ring_hang_up(struct heddle_channel *channel) {
        spot_notify_all(&channel->ring.senders);
}

/* Signed: the tail that was read may be an old one, which the receiver has passed since. */
static bool is_within(const struct heddle_channel *channel, uint64_t tail, uint64_t head) {
        return (int64_t) (tail - head) < (int64_t) channel->capacity;
}

static bool has_room(struct heddle_channel *channel, uint64_t tail) {
        uint64_t head;

        /* Pairs with the release below, by whichever sender; so the receiver has read the slot before it is written. */
        if (likely(is_within(channel, tail, load_acquire(&channel->ring.head_seen))))
                return true;
        /* Pairs with the exchange in channel_ring_receive(). */
        head = load_seq_cst(&channel->ring.head);
        /* Another sender may put an older one back; it then only looks once more than it had to. */
        store_release(&channel->ring.head_seen, head);
        return is_within(channel, tail, head);
}

/* Takes the next position, if there is room for it. */
static bool take_position(struct heddle_channel *channel, uint64_t *ret_position) {
        uint64_t tail = load_acquire(&channel->ring.tail);

        while (has_room(channel, tail))
                if (likely(replace_seq_cst(&channel->ring.tail, &tail, tail + 1))) {
                        *ret_position = tail;
                        return true;
                }
        return false;
}

/* Whoever announced itself has to wake the others: its announcement may have come between another's and its sleep,
 * and its wake-up may have been meant for two. All of them once the channel is closed, else one if there is room for
 * it. */
static int leave_spot(struct heddle_channel *channel, int error) {
        if (error < 0)
                spot_notify_all(&channel->ring.senders);
        else if (has_room(channel, load_seq_cst(&channel->ring.tail)))
                spot_notify(&channel->ring.senders);
        return error;
}

static int wait_for_position(struct heddle_channel *channel, const struct channel_call *call, uint64_t *ret_position) {
        struct park_reason reason = channel_reason(channel, call, EV_SEND_WAIT);

        if (call->flags & RECORD_TRY)
                return -EAGAIN;
        for (unsigned round = 0; park_spin(&round);)
                if (take_position(channel, ret_position))
                        return 0;
        for (;;) {
                spot_announce(&channel->ring.senders);
                if (!channel_has_receiver(channel))
                        return leave_spot(channel, -EPIPE);
                if (take_position(channel, ret_position))
                        return leave_spot(channel, 0);
                (void) spot_wait(&channel->ring.senders, PARK_FOREVER, &reason);
        }
}

int channel_ring_send(struct heddle_channel *channel, const struct channel_call *call, const void *message) {
        uint64_t position;
        struct slot *slot;

        if (unlikely(load_relaxed(&channel->receiver_gone)))
                return -EPIPE;
        if (unlikely(!take_position(channel, &position))) {
                int error = wait_for_position(channel, call, &position);
                if (error < 0)
                        return error;
        }
        slot = slot_at(channel, position);
        copy_message(slot->message, message, channel->message_bytes);
        channel_record(channel, call, EV_SEND, position + 1, call->sender);
        /* Publishes the message; pairs with load_acquire() in channel_ring_receive(). */
        exchange_seq_cst(&slot->number, position + 1);
        spot_notify(&channel->receiver);
        return 0;
}

int channel_ring_receive(struct heddle_channel *channel, const struct channel_call *call, void *ret_message) {
        uint64_t position = load_relaxed(&channel->ring.head);
        struct slot *slot = slot_at(channel, position);
        int error;

        if (load_acquire(&slot->number) != position + 1) {
                error = channel_wait_for_slot(channel, call, slot, position + 1);
                if (error < 0)
                        return error;
        }
        copy_message(ret_message, slot->message, channel->message_bytes);
        channel_record(channel, call, EV_RECV, position + 1, 0);
        /* Gives the slot back; pairs with load_seq_cst() in has_room(). */
        exchange_seq_cst(&channel->ring.head, position + 1);
        spot_notify(&channel->ring.senders);
        return 0;
}
