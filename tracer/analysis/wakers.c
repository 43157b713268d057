/* One function for each way to wait. Where it is not known who could end a wait, any live thread of the process
 * counts: a deadlock that is reported is one. */
#include "analysis/wakers.h"

#include <errno.h>
#include <stdlib.h>

static int add_waker(struct wait_for *wait_for, struct waiter *waiter, uint32_t thread) {
        int r = reach_index(&wait_for->wakers, &wait_for->n_wakers, &wait_for->size_wakers, wait_for->n_wakers, sizeof(*wait_for->wakers));

        if (r < 0)
                return r;
        wait_for->wakers[wait_for->n_wakers - 1] = thread;
        waiter->n_wakers++;
        return 0;
}

static int wake_soon(struct waiter *waiter) {
        waiter->rule = WAKE_SOON;
        return 0;
}

static bool has_ended(const struct world *world, uint32_t thread) {
        return world_thread_slot(world, thread)->state.doing == DOING_ENDED;
}

/* Locks */

static int compare_readers(const void *left, const void *right) {
        const struct reader *a = left, *b = right;

        if (a->object != b->object)
                return a->object < b->object ? -1 : 1;
        return a->thread < b->thread ? -1 : a->thread > b->thread;
}

static int gather_readers(const struct world *world, struct readers *readers) {
        size_t n = 0;

        if (readers->gathered)
                return 0;
        for (uint32_t i = 1; i < world->n_threads; i++)
                n += world->threads[i].n_holds;
        readers->items = malloc((n ? n : 1) * sizeof(*readers->items));
        if (!readers->items)
                return -ENOMEM;
        for (uint32_t i = 1; i < world->n_threads; i++)
                for (uint32_t j = 0; j < world->threads[i].n_holds; j++)
                        if (world->threads[i].holds[j].flags & RECORD_READ)
                                readers->items[readers->n++] = (struct reader) { world->threads[i].holds[j].object, i };
        qsort(readers->items, readers->n, sizeof(*readers->items), compare_readers);
        readers->gathered = true;
        return 0;
}

/* A writer needs every reader to leave, each of them once, however often it reads. */
static int wake_by_readers(const struct world *world, struct readers *readers, struct wait_for *wait_for, struct waiter *waiter, uint32_t object) {
        size_t low = 0, high;
        int r;

        r = gather_readers(world, readers);
        if (r < 0)
                return r;
        high = readers->n;
        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (readers->items[middle].object < object)
                        low = middle + 1;
                else
                        high = middle;
        }
        waiter->rule = WAKE_ALL_OF;
        for (size_t i = low; r == 0 && i < readers->n && readers->items[i].object == object; i++)
                if (i == low || readers->items[i].thread != readers->items[i - 1].thread)
                        r = add_waker(wait_for, waiter, readers->items[i].thread);
        return r;
}

/* A reader that had to wait while others read the lock queued behind the writers that waited before it. */
static int wake_by_earlier_writers(const struct world *world, struct wait_for *wait_for, struct waiter *waiter, const struct thread_slot *reader) {
        int r = 0;

        waiter->rule = WAKE_ALL_OF;
        for (uint32_t i = 0; r == 0 && i < world->n_blocked; i++) {
                const struct thread_slot *other = &world->threads[world->blocked[i]];

                if (other->state.event == EV_LOCK_WAIT && other->state.object == reader->state.object &&
                    !(other->wait_flags & RECORD_READ) && other->state.event_id < reader->state.event_id)
                        r = add_waker(wait_for, waiter, world->blocked[i]);
        }
        return r < 0 || waiter->n_wakers > 0 ? r : wake_soon(waiter);
}

static int find_for_lock(const struct world *world, const struct thread_slot *slot, struct readers *readers, struct wait_for *wait_for, struct waiter *waiter) {
        const struct object_slot *lock = world_object_slot(world, slot->state.object);

        if (lock->owner > 0)
                return world_absence(world, waiter->thread) ? 0 : add_waker(wait_for, waiter, lock->owner);
        if (lock->n_readers == 0)
                return wake_soon(waiter);
        if (slot->wait_flags & RECORD_READ)
                return wake_by_earlier_writers(world, wait_for, waiter, slot);
        return wake_by_readers(world, readers, wait_for, waiter, slot->state.object);
}

/* Joins */

static int find_for_join(const struct world *world, const struct thread_slot *slot, struct wait_for *wait_for, struct waiter *waiter) {
        const struct thread_slot *target = world_thread_slot(world, slot->join_target);

        if (target->state.doing == DOING_NOTHING || target->state.doing == DOING_ENDED)
                return wake_soon(waiter);
        return add_waker(wait_for, waiter, slot->join_target);
}

/* Channels. Whoever used an end last has it in hand; where it has ended without dropping it, it passed it on. */

static int find_for_receive(const struct world *world, const struct thread_slot *slot, struct wait_for *wait_for, struct waiter *waiter) {
        const struct channel_slot *channel = &world->channels[world_object_slot(world, slot->state.object)->channel];
        int r = 0;

        if (channel->n_sent > channel->n_received)
                return wake_soon(waiter);
        if (!channel->seen_from_start) {
                waiter->any_in_process = true;
                return 0;
        }
        if (channel->n_dropped + 1 >= channel->n_senders)
                return wake_soon(waiter); /* it will be told that the channel is closed */
        for (uint32_t i = 1; r == 0 && i < channel->n_senders; i++) {
                const struct sender *sender = &channel->senders[i];

                if (sender->dropped)
                        continue;
                if (sender->user == 0 || sender->passed || has_ended(world, sender->user))
                        waiter->any_in_process = true;
                else
                        r = add_waker(wait_for, waiter, sender->user);
        }
        return r;
}

static bool has_room(const struct channel_slot *channel, const struct thread_slot *slot) {
        if (channel->receiver_dropped)
                return true; /* it will be told so */
        if (channel->capacity > 0)
                return channel->n_sent - channel->n_received < channel->capacity;
        /* A rendezvous waits for the message that it has left to be taken. */
        return slot->sent_on == slot->state.object ? channel->n_received >= slot->sent_number : channel->n_sent == channel->n_received;
}

static int find_for_send(const struct world *world, const struct thread_slot *slot, struct wait_for *wait_for, struct waiter *waiter) {
        const struct channel_slot *channel = &world->channels[world_object_slot(world, slot->state.object)->channel];

        if (has_room(channel, slot))
                return wake_soon(waiter);
        if (channel->receiver == 0 || has_ended(world, channel->receiver)) {
                waiter->any_in_process = true;
                return 0;
        }
        return add_waker(wait_for, waiter, channel->receiver);
}

/* Queues, whose ends belong to nobody: any thread may send, or receive. */
static int find_for_queue(const struct world *world, const struct thread_slot *slot, struct waiter *waiter) {
        const struct channel_slot *queue = &world->channels[world_object_slot(world, slot->state.object)->channel];
        uint32_t n_inside = queue->n_sent > queue->n_received ? queue->n_sent - queue->n_received : 0;

        if (slot->state.event == EV_RECV_WAIT ? n_inside > 0 : n_inside < queue->capacity)
                return wake_soon(waiter);
        waiter->any_in_process = true;
        return 0;
}

/* Semaphores and barriers. Any thread can post or arrive; of a semaphore that is used like a lock it is known who took it. */

static int find_for_take(const struct world *world, const struct thread_slot *slot, struct wait_for *wait_for, struct waiter *waiter) {
        const struct gate_slot *gate = world_gate(world, slot->state.object);

        if (gate->seen_from_start && (uint64_t) gate->initial + gate->n_passed_on > gate->n_taken)
                return wake_soon(waiter);
        waiter->any_in_process = true;
        waiter->has_culprit = gate->taken.thread > 0 && !has_ended(world, gate->taken.thread);
        return waiter->has_culprit ? add_waker(wait_for, waiter, gate->taken.thread) : 0;
}

static int find_for_arrivals(const struct world *world, const struct thread_slot *slot, struct waiter *waiter) {
        if (world_gate(world, slot->state.object)->opened_by >= slot->state.event_id)
                return wake_soon(waiter);
        waiter->any_in_process = true;
        return 0;
}

static int find_by_event(const struct world *world, uint32_t thread, struct readers *readers, struct wait_for *wait_for, struct waiter *ret_waiter) {
        const struct thread_slot *slot = world_thread_slot(world, thread);
        const struct object_slot *object = world_object_slot(world, slot->state.object);

        *ret_waiter = (struct waiter) {
                .thread = thread,
                .rule = WAKE_ANY_OF,
                .first_waker = wait_for->n_wakers,
                .process = object->shared ? 0 : slot->process,
        };
        /* Anybody who has its memory may signal, post or arrive, also a process that is not recorded; a lock is let go of by
         * its owner. */
        if (object->shared && !object_is_lock(object->kind))
                return wake_soon(ret_waiter);
        switch (slot->state.event) {
        case EV_LOCK_WAIT:
                if (object_is_lock(object->kind))
                        return find_for_lock(world, slot, readers, wait_for, ret_waiter);
                break;
        case EV_JOIN_WAIT:
                return find_for_join(world, slot, wait_for, ret_waiter);
        case EV_RECV_WAIT:
                return object->kind == OBJECT_QUEUE ? find_for_queue(world, slot, ret_waiter) : find_for_receive(world, slot, wait_for, ret_waiter);
        case EV_SEND_WAIT:
                return object->kind == OBJECT_QUEUE ? find_for_queue(world, slot, ret_waiter) : find_for_send(world, slot, wait_for, ret_waiter);
        case EV_SEM_WAIT:
                return find_for_take(world, slot, wait_for, ret_waiter);
        case EV_BARRIER_WAIT:
                return find_for_arrivals(world, slot, ret_waiter);
        default:
                break;
        }
        ret_waiter->any_in_process = true;
        return 0;
}

/* A thread that is not recorded, or a signal's handler. Asked after the fact; who looks as things happen asks the system. The
 * runtime's channels are used by recorded threads alone. */
static bool may_be_woken_unseen(const struct world *world, const struct waiter *waiter, unsigned object_kind) {
        const struct process_slot *process = &world->processes[world_thread_slot(world, waiter->thread)->process];

        return waiter->any_in_process && world->now_ns == UINT64_MAX && process->has_unseen && object_kind != OBJECT_CHANNEL;
}

int wakers_find(const struct world *world, uint32_t thread, struct readers *readers, struct wait_for *wait_for, struct waiter *ret_waiter) {
        const struct thread_slot *slot = world_thread_slot(world, thread);
        int r = find_by_event(world, thread, readers, wait_for, ret_waiter);

        if (r == 0 && may_be_woken_unseen(world, ret_waiter, world_object_slot(world, slot->state.object)->kind))
                return wake_soon(ret_waiter);
        return r;
}
