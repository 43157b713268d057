/* What a world is made of: flat arrays by catalog id, so that an event costs a few indexed writes. Private to the analyses. */
#pragma once

#include "analysis/world.h"

struct thread_slot {
        struct thread_state state;
        struct holding *holds; /* in the order taken; a thread seldom holds more than three */
        uint32_t n_holds, size_holds;
        uint32_t process;
        uint32_t next_of_process; /* the thread of its process that was heard of before it; 0: none */
        uint32_t blocked_at;   /* one more than its place in world.blocked; 0: not blocked, or with a timeout */
        uint32_t sent_on;      /* the channel of its last message, … */
        uint32_t sent_number;  /* … and which one that was */
        uint32_t join_target;  /* of a wait to join; 0: not known */
        uint8_t wait_flags;
};

/* What is known of who has a sender in hand. */
struct sender {
        uint32_t user; /* the thread that used it last; 0: nobody yet */
        bool passed;   /* two threads have used it, so any may */
        bool dropped;
        uint32_t made_by, made_at; /* thread and stack; 0: not known */
};

struct channel_slot {
        uint32_t capacity;
        uint32_t n_sent, n_received;
        uint32_t receiver;   /* thread that received last; 0: nobody yet */
        bool seen_from_start; /* its making was seen, so that `senders` is all of them */
        bool receiver_dropped;
        bool is_queue;        /* one that any thread sends to and receives from: nobody owns an end of it */
        struct sender *senders; /* by number, from 1 */
        uint32_t n_senders, size_senders, n_dropped;
};

/* A semaphore or a barrier. */
struct gate_slot {
        uint32_t initial;      /* what a semaphore began with; how many a barrier waits for */
        bool seen_from_start;  /* else `initial` is not known */
        uint32_t n_passed_on, n_taken; /* posts and takes */
        struct holding taken;  /* the last take, unless there was a post since; thread 0: none */
        uint32_t n_arrived;    /* of the round that is not complete */
        uint64_t opened_by;    /* event id of the arrival that completed the round before */
};

struct object_slot {
        uint32_t owner;     /* thread that has it for itself; 0: none */
        uint32_t n_readers;
        uint32_t channel;   /* index in world.channels; 0: none */
        uint32_t gate;      /* index in world.gates, of a semaphore or a barrier; 0: none */
        uint8_t kind;       /* enum object_kind */
        bool shared;        /* between processes */
        bool inherited;     /* its owner is a thread of the process that this one was forked from, and does not exist in it */
};

struct process_slot {
        uint32_t n_live; /* threads heard of and not over */
        bool ended;
        bool has_unseen; /* somebody who is not recorded could do something */
        uint32_t ended_by;  /* the thread that called exit(), or returned from main(); 0: it was killed */
        uint64_t ended_ns;  /* UINT64_MAX: not known to have ended */
        uint32_t last_thread; /* heard of; the others by next_of_process */
        uint32_t forker, first_thread; /* the thread that forked it, and the one here that is its copy */
        struct holding *inherited; /* what was locked when it was forked and has not been met here */
        uint32_t n_inherited;
};

/* What a process held as one of its threads forked; its child has not begun yet. */
struct fork_slot {
        uint32_t thread, number;
        struct holding *holds;
        uint32_t n_holds;
};

struct world {
        struct thread_slot *threads;
        uint32_t n_threads, size_threads; /* by id; entry 0 is unused */
        struct object_slot *objects;
        uint32_t n_objects, size_objects;
        struct channel_slot *channels; /* entry 0 is unused */
        uint32_t n_channels, size_channels;
        struct gate_slot *gates; /* entry 0 is blank */
        uint32_t n_gates, size_gates;
        struct process_slot *processes;
        uint32_t n_processes, size_processes;
        uint32_t *blocked; /* threads that wait without a timeout, in no order */
        uint32_t n_blocked, size_blocked;
        struct fork_slot *forks;
        uint32_t n_forks, size_forks;
        struct holding *inherited; /* of objects that are marked so, under their own number here */
        uint32_t n_inherited, size_inherited;
        uint64_t now_ns;           /* UINT64_MAX: the end of the recording */
        uint8_t effects[256]; /* enum event_effect, by event kind */
};

/* Whether this kind of object can be held; what lets threads through, a semaphore, belongs to nobody then. */
bool object_is_lock(unsigned object_kind);

/* Semaphores and barriers (world_gate.c). */
bool object_is_gate(unsigned object_kind);
const struct gate_slot *world_gate(const struct world *world, uint32_t object); /* a blank one for what is none */
int world_apply_gate(struct world *world, const struct event *event, uint64_t id); /* 0 or -ENOMEM */

/* Processes (world_process.c). Each 0 or -ENOMEM. */
int world_apply_fork(struct world *world, const struct event *event);
int world_apply_process_start(struct world *world, const struct event *event);
/* The object is new in its process: it may have been locked before that was forked. */
int world_inherit(struct world *world, const struct catalog *catalog, const struct event *event);
void world_finish_processes(struct world *world);

/* Why the owner of a lock that `waiter` waits for can never unlock it. */
enum absence { ABSENT_NOT, ABSENT_ENDED, ABSENT_PROCESS_ENDED, ABSENT_SINCE_FORK };
enum absence world_absence(const struct world *world, uint32_t waiter);
/* What the owner of this lock has of it; NULL where nobody has it for itself. */
const struct holding *world_owners_holding(const struct world *world, uint32_t object);

/* Whether the process of this thread is being torn down. */
bool world_process_has_ended(const struct world *world, uint32_t thread);
/* Whether it ended because one of its threads ended it; one that was killed had no chance to tidy up. */
bool world_process_ended_itself(const struct world *world, uint32_t thread);

/* Blank entries for what has not been heard of. */
const struct thread_slot *world_thread_slot(const struct world *world, uint32_t thread);
const struct object_slot *world_object_slot(const struct world *world, uint32_t object);

/* Grows `*items` so that index `i` is inside, zeroing what is new. 0 or -ENOMEM. */
int reach_index_behind(void *items, uint32_t *n, uint32_t *size, uint32_t i, size_t item_bytes);

static inline int reach_index(void *items, uint32_t *n, uint32_t *size, uint32_t i, size_t item_bytes) {
        return i < *n ? 0 : reach_index_behind(items, n, size, i, item_bytes);
}
