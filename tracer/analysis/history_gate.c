/* What must have happened before a semaphore lets a thread through, or a barrier opens. */
#include <errno.h>
#include <stdlib.h>

#include "analysis/history_state.h"
#include "analysis/world_state.h"

/* Where it is known what a semaphore began with, its n-th take needs as many posts as are missing then, and no more: the n-th post lets
 * through the take that many later. Where it is not, every post and take is put behind the post before: more than has to
 * be, so that something may be left out but nothing is made up.
 *
 * The arrivals of a round are put in a row, and each departure behind the last of them. A departure needs them all,
 * and no schedule of interest ends between one arrival and another. */
struct gate_history {
        bool seen_from_start;
        uint32_t initial;
        struct numbered posts;
        uint32_t n_posts, n_takes;
        struct point last_post, last_take;
        uint32_t n_arrived;          /* in this round */
        struct point last_arrival;   /* of this round, or the last complete one when nobody has arrived yet */
        struct point round_before;   /* the last arrival of the last complete round */
};

void history_finish_gates(struct history *history) {
        for (uint32_t i = 0; i < history->n_gates; i++)
                numbered_finish(&history->gates[i].posts);
        free(history->gates);
        free(history->gate_of);
}

static struct gate_history *gate_of(struct history *history, uint32_t object) {
        uint32_t next = history->n_gates > 0 ? history->n_gates : 1;

        if (reach_index(&history->gate_of, &history->n_gate_of, &history->size_gate_of, object, sizeof(*history->gate_of)) < 0)
                return NULL;
        if (history->gate_of[object] == 0) {
                if (reach_index(&history->gates, &history->n_gates, &history->size_gates, next, sizeof(*history->gates)) < 0)
                        return NULL;
                history->gate_of[object] = next;
        }
        return &history->gates[history->gate_of[object]];
}

static int post(struct history *history, struct gate_history *gate, struct point self) {
        int r;

        if (gate->seen_from_start)
                r = numbered_put(&gate->posts, ++gate->n_posts, self);
        else
                r = history_add_edge(history, self, gate->last_post);
        gate->last_post = self;
        return r;
}

static int take(struct history *history, struct gate_history *gate, struct point self) {
        struct point from = gate->last_post;

        gate->n_takes++;
        gate->last_take = self;
        if (gate->seen_from_start) {
                uint32_t number = gate->n_takes > gate->initial ? gate->n_takes - gate->initial : 0;

                from = numbered_get(&gate->posts, number);
                numbered_forget(&gate->posts, number);
        }
        return history_add_edge(history, self, from);
}

static int arrive(struct history *history, struct gate_history *gate, struct point self) {
        int r = gate->n_arrived > 0 ? history_add_edge(history, self, gate->last_arrival) : 0;

        gate->n_arrived++;
        gate->last_arrival = self;
        if (gate->seen_from_start && gate->n_arrived >= gate->initial) {
                gate->round_before = self;
                gate->n_arrived = 0;
        }
        return r;
}

/* Where it is not known how many a round has, the first departure ends it. */
static int depart(struct history *history, struct gate_history *gate, struct point self) {
        if (!gate->seen_from_start && gate->n_arrived > 0) {
                gate->round_before = gate->last_arrival;
                gate->n_arrived = 0;
        }
        return history_add_edge(history, self, gate->round_before);
}

int history_apply_gate(struct history *history, const struct catalog *catalog, const struct event *event, uint32_t id) {
        struct gate_history *gate = gate_of(history, event->object);
        struct point self = { event->thread, id };

        if (!gate)
                return -ENOMEM;
        switch (event->kind) {
        case EV_LOCK_INIT:
                gate->seen_from_start = catalog->objects[event->object].process > 0; /* else others may use it, unseen */
                gate->initial = event->value;
                return 0;
        case EV_SEM_POST:
                return post(history, gate, self);
        case EV_SEM_TAKE:
                return take(history, gate, self);
        case EV_SEM_FAIL:
                return history_add_edge(history, self, gate->last_take); /* it saw that somebody had taken it */
        case EV_BARRIER_WAIT:
                return arrive(history, gate, self);
        case EV_BARRIER_LEAVE:
                return depart(history, gate, self);
        default:
                return 0;
        }
}
