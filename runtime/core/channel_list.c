/* Unbounded channels: a list of blocks of 32 slots each.
 *
 * One word says where the next message goes: the address of the last block, and in its low bits the index of the free
 * slot. So taking a slot is one exchange that holds block and index together, and no stale block is ever touched:
 * whoever has taken a slot may write to that block until the slot is filled, and the receiver frees no block before
 * it has received all 32.
 *
 * Who takes slot 31 links the next block, which it made ready beforehand. Meanwhile the index reads 32, and others wait
 * for a few instructions. A node for each message, as is common, costs a malloc() and a free() each, which is more
 * than all of the rest. */
#include "core/channel.h"

#include <sched.h>
#include <stdlib.h>

#define BLOCK_SLOTS 32
#define INDEX_MASK 63 /* blocks are aligned to 64 */

struct block {
        struct block *next; /* set before slot 31 is filled, which publishes it */
        uint64_t first;     /* number of the message in slot 0, less one */
        _Alignas(CACHE_LINE) char slots[];
};

static struct slot *slot_at(const struct heddle_channel *channel, struct block *block, uint64_t i) {
        return (struct slot *) (block->slots + i * channel->slot_bytes);
}

/* One that the receiver has emptied, or a new one. Slots keep old numbers, which are never those waited for. */
static struct block *get_block(struct heddle_channel *channel) {
        struct block *block = NULL;
        size_t n_bytes = sizeof *block + BLOCK_SLOTS * channel->slot_bytes;

        if (load_relaxed(&channel->list.spare))
                block = exchange_acquire(&channel->list.spare, NULL);
        if (block)
                return block;
        block = aligned_alloc(CACHE_LINE, (n_bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
        if (!block)
                return NULL;
        memset(block, 0, sizeof *block);
        for (unsigned i = 0; i < BLOCK_SLOTS; i++)
                slot_at(channel, block, i)->number = 0;
        return block;
}

/* Keeps one for the next in need. */
static void put_block(struct heddle_channel *channel, struct block *block) {
        free(exchange_acq_rel(&channel->list.spare, block));
}

int channel_list_init(struct heddle_channel *channel) {
        struct block *block = get_block(channel);

        if (!block)
                return -ENOMEM;
        channel->list.tail = (uintptr_t) block;
        channel->list.head = block;
        channel->list.next_number = 1;
        return 0;
}

void channel_list_finish(struct heddle_channel *channel) {
        struct block *block = channel->list.head, *next;

        for (; block; block = next) {
                next = block->next;
                free(block);
        }
        free(channel->list.spare);
}

/* The word while it names a free slot. Somebody is about to link the next block where it does not. */
static uintptr_t load_tail(struct heddle_channel *channel) {
        uintptr_t tail = load_acquire(&channel->list.tail);

        for (unsigned round = 0; unlikely((tail & INDEX_MASK) == BLOCK_SLOTS);) {
                if (!park_spin(&round))
                        sched_yield();
                tail = load_acquire(&channel->list.tail);
        }
        return tail;
}

/* The slot is ours; so nobody else is past it. Publishes `next`; pairs with load_tail(). */
static void link_block(struct heddle_channel *channel, struct block *block, struct block *next) {
        next->first = block->first + BLOCK_SLOTS;
        next->next = NULL;
        block->next = next;
        store_release(&channel->list.tail, (uintptr_t) next);
}

/* Takes the next free slot. Returns its word, or 0 when there is no memory for the block after it. */
static uintptr_t take_slot(struct heddle_channel *channel) {
        uintptr_t tail = load_tail(channel);
        struct block *next = NULL;

        for (;;) {
                bool is_last = (tail & INDEX_MASK) == BLOCK_SLOTS - 1;

                if (unlikely(is_last) && !next && !(next = get_block(channel)))
                        return 0;
                if (likely(replace_acquire(&channel->list.tail, &tail, tail + 1))) {
                        if (unlikely(is_last))
                                link_block(channel, (struct block *) (tail & ~(uintptr_t) INDEX_MASK), next);
                        else if (unlikely(next != NULL))
                                put_block(channel, next);
                        return tail;
                }
                tail = load_tail(channel);
        }
}

int channel_list_send(struct heddle_channel *channel, const struct channel_call *call, const void *message) {
        struct block *block;
        struct slot *slot;
        uint64_t number;
        uintptr_t taken;

        if (unlikely(load_relaxed(&channel->receiver_gone)))
                return -EPIPE;
        taken = take_slot(channel);
        if (unlikely(!taken))
                return -ENOMEM;
        block = (struct block *) (taken & ~(uintptr_t) INDEX_MASK);
        slot = slot_at(channel, block, taken & INDEX_MASK);
        number = block->first + (taken & INDEX_MASK) + 1;
        copy_message(slot->message, message, channel->message_bytes);
        channel_record(channel, call, EV_SEND, number, call->sender);
        /* Publishes the message; pairs with load_acquire() in channel_list_receive(). The block may be gone after it. */
        exchange_seq_cst(&slot->number, number);
        spot_notify(&channel->receiver);
        return 0;
}

/* The receiver has emptied its block. */
static void go_to_next_block(struct heddle_channel *channel) {
        struct block *empty = channel->list.head;

        channel->list.head = empty->next;
        put_block(channel, empty);
}

int channel_list_receive(struct heddle_channel *channel, const struct channel_call *call, void *ret_message) {
        uint64_t number = channel->list.next_number, i = (number - 1) % BLOCK_SLOTS;
        struct slot *slot = slot_at(channel, channel->list.head, i);
        int error;

        if (load_acquire(&slot->number) != number) {
                error = channel_wait_for_slot(channel, call, slot, number);
                if (error < 0)
                        return error;
        }
        copy_message(ret_message, slot->message, channel->message_bytes);
        channel->list.next_number = number + 1;
        if (unlikely(i == BLOCK_SLOTS - 1))
                go_to_next_block(channel);
        channel_record(channel, call, EV_RECV, number, 0);
        return 0;
}
