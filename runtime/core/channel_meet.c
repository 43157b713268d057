/* Rendezvous channels (capacity 0): one slot under a lock.
 *
 * A sender waits until the slot is free, lays its message down, and waits until it has been taken. Each of these waits
 * has a counter of its own, which is moved under the lock by whoever ends the wait. Both sides wait for each other by
 * design, so this one is plain rather than clever. */
#include "core/channel.h"

#include <stdlib.h>

#include "core/raw_lock.h"

int channel_meet_init(struct heddle_channel *channel) {
        channel->meet.message = malloc(channel->message_bytes + 1);
        return channel->meet.message ? 0 : -ENOMEM;
}

void channel_meet_finish(struct heddle_channel *channel) {
        free(channel->meet.message);
}

/* Under the lock. */
static void count_up(struct tally *tally, int n_wake) {
        store_release(&tally->count, tally->count + 1);
        if (tally->n_asleep > 0)
                park_wake(&tally->count, n_wake);
}

static bool spin_for(struct tally *tally, uint32_t seen) {
        for (unsigned round = 0; park_spin(&round);)
                if (load_acquire(&tally->count) != seen)
                        return true;
        return false;
}

/* Leaves the lock while it waits; what it waits for has to be looked at again. */
static int wait_for(struct heddle_channel *channel, struct tally *tally, uint64_t deadline_ns,
                    struct park_reason *reason) {
        uint32_t seen = tally->count;
        int error = 0;

        raw_unlock(&channel->meet.lock);
        if (spin_for(tally, seen)) {
                raw_lock(&channel->meet.lock);
                return 0;
        }
        raw_lock(&channel->meet.lock);
        if (tally->count != seen)
                return 0;
        tally->n_asleep++;
        raw_unlock(&channel->meet.lock);
        error = park_wait(&tally->count, seen, deadline_ns, reason);
        raw_lock(&channel->meet.lock);
        tally->n_asleep--;
        return error;
}

void channel_meet_hang_up(struct heddle_channel *channel) {
        raw_lock(&channel->meet.lock);
        count_up(&channel->meet.turn, PARK_ALL);
        count_up(&channel->meet.taken, PARK_ALL);
        raw_unlock(&channel->meet.lock);
}

void channel_meet_sender_gone(struct heddle_channel *channel) {
        raw_lock(&channel->meet.lock);
        count_up(&channel->meet.filled, PARK_ALL);
        raw_unlock(&channel->meet.lock);
}

static int wait_for_turn(struct heddle_channel *channel, const struct channel_call *call) {
        struct park_reason reason = channel_reason(channel, call, EV_SEND_WAIT);

        if (call->flags & RECORD_TRY && channel_has_receiver(channel))
                return channel->meet.is_full || !channel->meet.receiver_waits ? -EAGAIN : 0;
        while (channel->meet.is_full && channel_has_receiver(channel))
                (void) wait_for(channel, &channel->meet.turn, PARK_FOREVER, &reason);
        return channel_has_receiver(channel) ? 0 : -EPIPE;
}

static uint64_t lay_down(struct heddle_channel *channel, const struct channel_call *call, const void *message) {
        uint64_t number = ++channel->meet.n_laid_down;

        copy_message(channel->meet.message, message, channel->message_bytes);
        channel_record(channel, call, EV_SEND, number, call->sender);
        channel->meet.is_full = true;
        count_up(&channel->meet.filled, 1);
        return number;
}

/* Frees the slot for the next sender. */
static void clear_slot(struct heddle_channel *channel) {
        channel->meet.is_full = false;
        count_up(&channel->meet.turn, 1);
}

static int wait_until_taken(struct heddle_channel *channel, const struct channel_call *call, uint64_t number) {
        struct park_reason reason = channel_reason(channel, call, EV_SEND_WAIT);

        while (channel->meet.n_taken < number && channel_has_receiver(channel))
                (void) wait_for(channel, &channel->meet.taken, PARK_FOREVER, &reason);
        if (channel->meet.n_taken < number) {
                clear_slot(channel);
                return -EPIPE;
        }
        if (reason.recorded)
                channel_record(channel, call, EV_HANDED_OVER, number, call->sender);
        return 0;
}

int channel_meet_send(struct heddle_channel *channel, const struct channel_call *call, const void *message) {
        uint64_t number;
        int error;

        raw_lock(&channel->meet.lock);
        error = wait_for_turn(channel, call);
        if (error < 0)
                goto out;
        number = lay_down(channel, call, message);
        /* Where it may not wait the receiver is waiting, and takes the message even if its time is over meanwhile. */
        if (!(call->flags & RECORD_TRY))
                error = wait_until_taken(channel, call, number);
out:
        raw_unlock(&channel->meet.lock);
        return error;
}

static int wait_until_full(struct heddle_channel *channel, const struct channel_call *call) {
        struct park_reason reason = channel_reason(channel, call, EV_RECV_WAIT);
        int error = 0;

        while (!channel->meet.is_full) {
                if (!channel_has_senders(channel))
                        return -EPIPE;
                if (call->flags & RECORD_TRY)
                        return -EAGAIN;
                if (error < 0)
                        return error;
                channel->meet.receiver_waits = true;
                error = wait_for(channel, &channel->meet.filled, call->deadline_ns, &reason);
                channel->meet.receiver_waits = false;
        }
        return 0;
}

int channel_meet_receive(struct heddle_channel *channel, const struct channel_call *call, void *ret_message) {
        int error;

        raw_lock(&channel->meet.lock);
        error = wait_until_full(channel, call);
        if (error < 0)
                goto out;
        copy_message(ret_message, channel->meet.message, channel->message_bytes);
        channel_record(channel, call, EV_RECV, ++channel->meet.n_taken, 0);
        clear_slot(channel);
        count_up(&channel->meet.taken, PARK_ALL);
out:
        raw_unlock(&channel->meet.lock);
        return error;
}
