/* The state of the program at one moment, kept up to date event by event. What follows from it (who could wake
 * whom, who never can) is in wait_for.c. */
#include "analysis/world_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int reach_index_behind(void *items, uint32_t *n, uint32_t *size, uint32_t i, size_t item_bytes) {
        char *moved;

        if (i >= *size) {
                uint64_t new_size = (uint64_t) *size * 2 > i ? (uint64_t) *size * 2 : (uint64_t) i + 16;

                if (new_size > UINT32_MAX)
                        return -ENOMEM;
                memcpy(&moved, items, sizeof(moved));
                moved = reallocarray(moved, new_size, item_bytes);
                if (!moved)
                        return -ENOMEM;
                memcpy(items, &moved, sizeof(moved)); /* any object pointer lies like a char pointer on what we run on */
                *size = (uint32_t) new_size;
        }
        memcpy(&moved, items, sizeof(moved));
        memset(moved + (size_t) *n * item_bytes, 0, (size_t) (i + 1 - *n) * item_bytes);
        *n = i + 1;
        return 0;
}

/* Senders are numbered as they are made: one so far beyond all that have been seen is damage. */
#define SENDERS_AHEAD 65536

#define REACH(world, table, i) \
        reach_index(&(world)->table, &(world)->n_##table, &(world)->size_##table, (i), sizeof(*(world)->table))

struct world *world_new(void) {
        struct world *world = calloc(1, sizeof(*world));

        if (!world)
                return NULL;
        world->now_ns = UINT64_MAX;
        for (unsigned kind = 0; kind < 256; kind++)
                world->effects[kind] = (uint8_t) event_info(kind)->effect;
        if (REACH(world, threads, 0) < 0 || REACH(world, objects, 0) < 0 || REACH(world, channels, 0) < 0 ||
            REACH(world, gates, 0) < 0 || REACH(world, processes, 0) < 0) {
                world_free(world);
                return NULL;
        }
        return world;
}

void world_free(struct world *world) {
        if (!world)
                return;
        for (uint32_t i = 0; i < world->n_threads; i++)
                free(world->threads[i].holds);
        for (uint32_t i = 0; i < world->n_channels; i++)
                free(world->channels[i].senders);
        free(world->threads);
        free(world->objects);
        free(world->channels);
        free(world->gates);
        world_finish_processes(world);
        free(world->processes);
        free(world->blocked);
        free(world);
}

/* Threads */

static int hear_of(struct world *world, const struct catalog *catalog, uint32_t thread) {
        uint32_t process;
        int r;

        r = REACH(world, threads, thread);
        if (r < 0)
                return r;
        if (thread == 0 || world->threads[thread].state.doing != DOING_NOTHING)
                return 0;
        process = catalog_thread(catalog, thread)->process;
        r = REACH(world, processes, process);
        if (r < 0)
                return r;
        world->threads[thread].state.doing = DOING_RUN;
        world->threads[thread].process = process;
        world->threads[thread].next_of_process = world->processes[process].last_thread;
        world->processes[process].last_thread = thread;
        world->processes[process].n_live++;
        world->processes[process].ended_ns = catalog_process(catalog, process)->ended_ns;
        world->processes[process].has_unseen = catalog_process(catalog, process)->n_unseen > 0 || catalog_process(catalog, process)->catches_signals;
        return 0;
}

static int block(struct world *world, uint32_t thread) {
        uint32_t place = world->n_blocked;
        int r;

        r = REACH(world, blocked, place);
        if (r < 0)
                return r;
        world->blocked[place] = thread;
        world->threads[thread].blocked_at = place + 1;
        return 0;
}

static void unblock(struct world *world, struct thread_slot *slot) {
        uint32_t last;

        if (slot->blocked_at == 0)
                return;
        last = world->blocked[--world->n_blocked];
        world->blocked[slot->blocked_at - 1] = last;
        world->threads[last].blocked_at = slot->blocked_at;
        slot->blocked_at = 0;
}

static int start_waiting(struct world *world, const struct catalog *catalog, const struct event *event, uint64_t id) {
        struct thread_slot *slot = &world->threads[event->thread];

        unblock(world, slot);
        slot->wait_flags = event->flags;
        slot->join_target = catalog_object_thread(catalog, event->object);
        slot->state = (struct thread_state) {
                .doing = DOING_WAIT,
                .timed = event->flags & RECORD_TIMED,
                .object = event->object,
                .event = event->kind,
                .stack = event->stack,
                .since_ns = event->time_ns,
                .event_id = id,
                .n_events = slot->state.n_events,
        };
        return slot->state.timed ? 0 : block(world, event->thread);
}

static void change_doing(struct world *world, const struct event *event, uint64_t id, enum thread_doing doing) {
        struct thread_slot *slot = &world->threads[event->thread];

        if (slot->state.doing == doing || slot->state.doing == DOING_ENDED)
                return;
        unblock(world, slot);
        if (doing == DOING_ENDED && world->processes[slot->process].n_live > 0)
                world->processes[slot->process].n_live--;
        slot->state = (struct thread_state) {
                .doing = doing,
                .stack = event->stack,
                .since_ns = event->time_ns,
                .event_id = id,
                .n_events = slot->state.n_events,
        };
}

/* One that was announced and could not be made. */
static void forget_thread(struct world *world, uint32_t thread) {
        struct thread_slot *slot = &world->threads[thread];

        if (thread == 0 || thread >= world->n_threads || slot->state.doing != DOING_RUN)
                return;
        slot->state.doing = DOING_ENDED;
        world->processes[slot->process].n_live--;
}

static int apply_effect(struct world *world, const struct catalog *catalog, const struct event *event, uint64_t id) {
        switch (world->effects[event->kind]) {
        case EFFECT_RUNS:
                change_doing(world, event, id, DOING_RUN);
                return 0;
        case EFFECT_ENDS:
                change_doing(world, event, id, DOING_ENDED);
                return 0;
        case EFFECT_WAITS:
                return world->threads[event->thread].state.doing == DOING_ENDED ? 0 : start_waiting(world, catalog, event, id);
        default:
                return 0;
        }
}

/* Locks */

bool object_is_lock(unsigned object_kind) {
        return object_kind == OBJECT_MUTEX || object_kind == OBJECT_RWLOCK || object_kind == OBJECT_SPINLOCK || object_kind == OBJECT_ONCE;
}

static bool let_go(struct thread_slot *slot, uint32_t object, uint8_t *ret_flags) {
        for (uint32_t i = slot->n_holds; i-- > 0;) {
                if (slot->holds[i].object != object)
                        continue;
                *ret_flags = slot->holds[i].flags;
                slot->n_holds--;
                if (i < slot->n_holds)
                        memmove(slot->holds + i, slot->holds + i + 1, (slot->n_holds - i) * sizeof(*slot->holds));
                return true;
        }
        return false;
}

/* One more, for the caller to fill in. 0 or -ENOMEM. */
static int add_hold(struct thread_slot *slot) {
        if (slot->n_holds == slot->size_holds)
                return reach_index(&slot->holds, &slot->n_holds, &slot->size_holds, slot->n_holds, sizeof(*slot->holds));
        slot->n_holds++;
        return 0;
}

static int apply_lock(struct world *world, const struct event *event, uint64_t id) {
        struct thread_slot *slot = &world->threads[event->thread];
        struct object_slot *lock = &world->objects[event->object];
        uint8_t flags;
        int r;

        if (event->flags & RECORD_AGAIN || !object_is_lock(lock->kind))
                return 0;
        r = add_hold(slot);
        if (r < 0)
                return r;
        slot->holds[slot->n_holds - 1] = (struct holding) {
                .thread = event->thread,
                .object = event->object,
                .stack = event->stack,
                .flags = event->flags,
                .since_ns = event->time_ns,
                .event_id = id,
        };
        if (event->flags & RECORD_READ) {
                lock->n_readers++;
                return 0;
        }
        if (lock->owner == event->thread) /* its unlock was lost: what it had before is the first of the two */
                slot->n_holds--;
        else if (lock->owner > 0)
                let_go(&world->threads[lock->owner], event->object, &flags);
        lock->owner = event->thread;
        lock->inherited = false;
        return 0;
}

static void apply_unlock(struct world *world, const struct event *event) {
        struct object_slot *lock = &world->objects[event->object];
        uint8_t flags = 0;

        if (event->flags & RECORD_AGAIN)
                return;
        if (let_go(&world->threads[event->thread], event->object, &flags)) {
                if (flags & RECORD_READ)
                        lock->n_readers -= lock->n_readers > 0;
                else
                        lock->owner = 0;
                return;
        }
        /* Unlocked by a thread that does not hold it: the lock is free all the same. */
        if (lock->owner > 0)
                let_go(&world->threads[lock->owner], event->object, &flags);
        lock->owner = 0;
        lock->inherited = false;
}

/* Channels */

static struct channel_slot *channel_of(struct world *world, const struct catalog *catalog, uint32_t object) {
        struct object_slot *slot = &world->objects[object];

        if (slot->channel == 0) {
                uint32_t channel = world->n_channels;

                if (REACH(world, channels, channel) < 0)
                        return NULL;
                world->channels[channel].capacity = catalog_object(catalog, object)->capacity;
                world->channels[channel].is_queue = slot->kind == OBJECT_QUEUE;
                slot->channel = channel;
        }
        return &world->channels[slot->channel];
}

/* The sender with this number, or NULL where there cannot be one, or when out of memory. */
static struct sender *sender_numbered(struct channel_slot *channel, uint32_t number) {
        if (number == 0 || number > (uint64_t) channel->n_senders + SENDERS_AHEAD ||
            reach_index(&channel->senders, &channel->n_senders, &channel->size_senders, number, sizeof(*channel->senders)) < 0)
                return NULL;
        return &channel->senders[number];
}

/* NULL as sender_numbered(). */
static struct sender *make_sender(struct channel_slot *channel, const struct event *event, uint32_t number) {
        struct sender *sender = sender_numbered(channel, number);

        if (sender) {
                sender->made_by = event->thread;
                sender->made_at = event->stack;
        }
        return sender;
}

static void use_sender(struct channel_slot *channel, const struct event *event) {
        struct sender *sender = channel->is_queue ? NULL : sender_numbered(channel, event->value);

        if (!sender)
                return;
        if (sender->user > 0 && sender->user != event->thread)
                sender->passed = true;
        sender->user = event->thread;
}

static void drop_sender(struct channel_slot *channel, const struct event *event) {
        struct sender *sender = sender_numbered(channel, event->value);

        if (!sender || sender->dropped)
                return;
        sender->dropped = true;
        channel->n_dropped++;
}

static void count_message(struct world *world, struct channel_slot *channel, const struct event *event) {
        struct thread_slot *slot = &world->threads[event->thread];

        channel->n_sent = event->sequence > 0 ? event->sequence : channel->n_sent + 1;
        slot->sent_on = event->object;
        slot->sent_number = channel->n_sent;
}

static int apply_channel(struct world *world, const struct catalog *catalog, const struct event *event) {
        struct channel_slot *channel = channel_of(world, catalog, event->object);

        if (!channel)
                return -ENOMEM;
        switch (event->kind) {
        case EV_CHANNEL_NEW:
                channel->seen_from_start = true;
                channel->capacity = event->value;
                return make_sender(channel, event, 1) ? 0 : -ENOMEM;
        case EV_SENDER_CLONE:
                if (!make_sender(channel, event, event->value))
                        channel->seen_from_start = false; /* so that any thread may have a sender */
                return 0;
        case EV_SENDER_DROP:
                drop_sender(channel, event);
                return 0;
        case EV_SEND:
                count_message(world, channel, event);
                /* fall through */
        case EV_SEND_WAIT:
        case EV_SEND_FAIL:
                use_sender(channel, event);
                return 0;
        case EV_RECV:
                channel->n_received = event->sequence > 0 ? event->sequence : channel->n_received + 1;
                /* fall through */
        case EV_RECV_WAIT:
        case EV_RECV_FAIL:
                channel->receiver = event->thread;
                return 0;
        case EV_RECEIVER_DROP:
                channel->receiver_dropped = true;
                return 0;
        default:
                return 0;
        }
}

/* All together */

/* Its memory has become another lock: freed or written over while it was held. Of readers only the thread that made it so is asked;
 * they are many, and it is its own in what programs do. */
static void forget_lock(struct world *world, uint32_t thread, uint32_t object) {
        uint32_t owner = world_object_slot(world, object)->owner;
        uint8_t flags;

        if (object == 0 || object >= world->n_objects)
                return;
        if (let_go(&world->threads[owner > 0 ? owner : thread], object, &flags) && flags & RECORD_READ)
                world->objects[object].n_readers -= world->objects[object].n_readers > 0;
        world->objects[object].owner = 0;
        world->objects[object].inherited = false;
}

static int meet_object(struct world *world, const struct catalog *catalog, const struct event *event) {
        const struct object *object = catalog_object(catalog, event->object);
        struct object_slot *slot = &world->objects[event->object];

        if (slot->kind == object->kind)
                return 0;
        slot->kind = object->kind;
        slot->shared = object->process == 0;
        forget_lock(world, event->thread, object->replaces);
        return world_inherit(world, catalog, event);
}

static int apply_object(struct world *world, const struct catalog *catalog, const struct event *event, uint64_t id) {
        if (object_is_gate(world->objects[event->object].kind))
                return world_apply_gate(world, event, id);
        switch (event->kind) {
        case EV_LOCK:
                return apply_lock(world, event, id);
        case EV_UNLOCK:
        case EV_LOCK_DESTROY:
                apply_unlock(world, event);
                return 0;
        case EV_SPAWN:
                return hear_of(world, catalog, catalog_object_thread(catalog, event->object));
        case EV_SPAWN_FAIL:
                forget_thread(world, catalog_object_thread(catalog, event->object));
                return 0;
        case EV_CHANNEL_NEW ... EV_RECEIVER_DROP:
                return apply_channel(world, catalog, event);
        default:
                return 0;
        }
}

static int apply_process(struct world *world, const struct event *event) {
        switch (event->kind) {
        case EV_FORK:
                return world_apply_fork(world, event);
        case EV_PROCESS_START:
                return world_apply_process_start(world, event);
        default:
                return 0;
        }
}

int world_apply(struct world *world, const struct catalog *catalog, const struct event *event, uint64_t id) {
        struct process_slot *process;
        int r;

        if (event->thread == 0 || event->thread >= catalog->n_threads || event->object >= catalog->n_objects)
                return 0; /* of a damaged trace */
        r = hear_of(world, catalog, event->thread);
        if (r == 0)
                r = REACH(world, objects, event->object);
        if (r < 0)
                return r;
        world->threads[event->thread].state.n_events++;
        process = &world->processes[world->threads[event->thread].process];
        /* What the threads of a process do while it is torn down says nothing about how they stood. */
        if (process->ended)
                return 0;
        if (event->kind == EV_PROCESS_EXIT) {
                process->ended = true;
                process->ended_by = event->value == PROCESS_CUT_OFF ? 0 : event->thread;
                process->ended_ns = catalog_process(catalog, world->threads[event->thread].process)->ended_ns;
        }
        if (event->object > 0)
                r = meet_object(world, catalog, event);
        if (r == 0)
                r = apply_effect(world, catalog, event, id);
        if (r < 0)
                return r;
        return event->object > 0 ? apply_object(world, catalog, event, id) : apply_process(world, event);
}

/* Asking */

const struct thread_slot *world_thread_slot(const struct world *world, uint32_t thread) {
        return &world->threads[thread < world->n_threads ? thread : 0];
}

const struct object_slot *world_object_slot(const struct world *world, uint32_t object) {
        return &world->objects[object < world->n_objects ? object : 0];
}

bool world_process_has_ended(const struct world *world, uint32_t thread) {
        return world->processes[world_thread_slot(world, thread)->process].ended;
}

bool world_process_ended_itself(const struct world *world, uint32_t thread) {
        return world->processes[world_thread_slot(world, thread)->process].ended_by > 0;
}

const struct thread_state *world_thread(const struct world *world, uint32_t thread) {
        const struct thread_slot *slot = world_thread_slot(world, thread);

        return slot->state.doing == DOING_NOTHING ? NULL : &slot->state;
}

uint32_t world_n_threads(const struct world *world) {
        return world->n_threads - 1;
}

static int compare_holdings(const void *left, const void *right) {
        const struct holding *const *a = left, *const *b = right;

        return (*a)->event_id < (*b)->event_id ? -1 : (*a)->event_id > (*b)->event_id;
}

void world_holdings(const struct world *world, void (*visit)(const struct holding *holding, void *data), void *data) {
        const struct holding **sorted;
        size_t n = 0, at = 0;

        for (uint32_t i = 1; i < world->n_threads; i++)
                n += world->threads[i].n_holds;
        sorted = n > 0 ? malloc(n * sizeof(struct holding *)) : NULL;
        /* Without memory to sort them they come thread by thread, each thread's in order. */
        for (uint32_t i = 1; i < world->n_threads; i++)
                for (uint32_t j = 0; j < world->threads[i].n_holds; j++)
                        if (sorted)
                                sorted[at++] = &world->threads[i].holds[j];
                        else
                                visit(&world->threads[i].holds[j], data);
        if (!sorted)
                return;
        qsort(sorted, n, sizeof(*sorted), compare_holdings);
        for (size_t i = 0; i < n; i++)
                visit(sorted[i], data);
        free(sorted);
}
