/* What a channel consists of, and what its three kinds have in common. The public side is <heddle/channel.h>.
 *
 * Who may call what: any number of threads in the functions of senders, one at a time in those of the receiver. The
 * field groups are on cache lines of their own: `tail` belongs to the senders, `head` to the receiver. */
#pragma once

#include <heddle/channel.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "park/atomic.h"
#include "park/spot.h"

#define CACHE_LINE 64
#define OWN_LINE _Alignas(CACHE_LINE)

/* A message and its number in the channel, from 1, which publishes it: pairs with load_acquire() by the receiver. */
struct slot {
        uint64_t number;
        char message[];
};

struct block; /* channel_list.c */

/* Something that is counted under a lock, and waited for: channel_meet.c. */
struct tally {
        uint32_t count;
        uint32_t n_asleep;
};

enum channel_flavour { CHANNEL_LIST, CHANNEL_RING, CHANNEL_MEET };

struct heddle_channel {
        /* Set once, then only read; and what changes seldom. */
        enum channel_flavour flavour;
        uint32_t message_bytes;
        uint64_t capacity;
        uint64_t slot_bytes;
        uint32_t n_handles;      /* senders and the receiver; the last one frees the channel */
        uint32_t n_senders;
        uint32_t last_number;    /* of a sender */
        uint32_t receiver_gone;
        struct spot receiver;    /* where the receiver waits for a message, or for the last sender to go */

        union {
                /* Unbounded: a list of blocks. */
                struct {
                        OWN_LINE uintptr_t tail;   /* struct block * | index of its next free slot */
                        OWN_LINE struct block *spare;
                        OWN_LINE struct block *head;
                        uint64_t next_number;      /* the message to receive next */
                } list;
                /* Bounded: a ring of slots. */
                struct {
                        char *slots;
                        uint64_t mask;
                        struct spot senders;       /* where they wait for room */
                        OWN_LINE uint64_t tail;    /* messages sent */
                        uint64_t head_seen;        /* what a sender last read in head; at most head */
                        OWN_LINE uint64_t head;    /* messages received */
                } ring;
                /* Rendezvous: one slot, under a lock. */
                struct {
                        uint32_t lock;
                        struct tally turn;         /* the times the slot became free; senders wait for it */
                        struct tally taken;        /* messages received; whose message lies there waits for it */
                        struct tally filled;       /* messages laid down; the receiver waits for it */
                        bool is_full;
                        bool receiver_waits;
                        uint64_t n_laid_down, n_taken;
                        char *message;
                } meet;
        };
};

/* One operation on a channel, for the trace. */
struct channel_call {
        struct emit_site site;
        uint32_t sender;   /* its number; 0 for the receiver */
        unsigned flags;    /* RECORD_TRY: does not wait; RECORD_TIMED: waits until the deadline */
        uint64_t deadline_ns;
};

static inline void channel_record(struct heddle_channel *channel, const struct channel_call *call,
                                  enum event_kind event, uint64_t message_number, uint32_t value) {
        emit(call->site, event, OBJECT_CHANNEL, call->flags, (uint64_t) (uintptr_t) channel, (uint32_t) message_number,
             value);
}

static inline struct park_reason channel_reason(struct heddle_channel *channel, const struct channel_call *call,
                                                enum event_kind event) {
        return (struct park_reason) {
                .site = call->site, .event = event, .object_kind = OBJECT_CHANNEL, .flags = call->flags,
                .object = (uint64_t) (uintptr_t) channel, .value = call->sender,
        };
}

/* Most messages are a word or a pointer, for which a call of memcpy() would be most of the work. */
static inline void copy_message(void *to, const void *from, size_t n_bytes) {
        if (likely(n_bytes == 8))
                memcpy(to, from, 8);
        else if (n_bytes > 0)
                memcpy(to, from, n_bytes);
}

/* Pairs with the release in heddle_sender_drop(): what was sent before is seen afterwards. */
static inline bool channel_has_senders(const struct heddle_channel *channel) {
        return load_seq_cst(&channel->n_senders) > 0;
}

static inline bool channel_has_receiver(const struct heddle_channel *channel) {
        return !load_seq_cst(&channel->receiver_gone);
}

/* Each kind provides the following. init: 0 or -ENOMEM; send and receive: as heddle_send() and heddle_recv(), and
 * their try and timeout forms by call->flags; hang_up: wakes senders that wait, after receiver_gone was set; finish:
 * frees what init and send allocated. */
int channel_list_init(struct heddle_channel *channel);
int channel_list_send(struct heddle_channel *channel, const struct channel_call *call, const void *message);
int channel_list_receive(struct heddle_channel *channel, const struct channel_call *call, void *ret_message);
void channel_list_finish(struct heddle_channel *channel);

int channel_ring_init(struct heddle_channel *channel);
int channel_ring_send(struct heddle_channel *channel, const struct channel_call *call, const void *message);
int channel_ring_receive(struct heddle_channel *channel, const struct channel_call *call, void *ret_message);
void channel_ring_hang_up(struct heddle_channel *channel);
void channel_ring_finish(struct heddle_channel *channel);

int channel_meet_init(struct heddle_channel *channel);
int channel_meet_send(struct heddle_channel *channel, const struct channel_call *call, const void *message);
int channel_meet_receive(struct heddle_channel *channel, const struct channel_call *call, void *ret_message);
void channel_meet_hang_up(struct heddle_channel *channel);
void channel_meet_sender_gone(struct heddle_channel *channel);
void channel_meet_finish(struct heddle_channel *channel);

/* Waits until the message `number` is in `slot` and not just announced, the channel is closed, or the time is over:
 * 0, -EPIPE, -EAGAIN, -ETIMEDOUT. For the list and the ring. */
int channel_wait_for_slot(struct heddle_channel *channel, const struct channel_call *call, const struct slot *slot,
                          uint64_t number);
