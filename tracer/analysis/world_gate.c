/* Semaphores and barriers: what lets threads through, and is held by none of them. */
#include <errno.h>
#include <string.h>

#include "analysis/world_state.h"

bool object_is_gate(unsigned object_kind) {
        return object_kind == OBJECT_SEMAPHORE || object_kind == OBJECT_BARRIER;
}

const struct gate_slot *world_gate(const struct world *world, uint32_t object) {
        const struct object_slot *slot = world_object_slot(world, object);

        return &world->gates[object_is_gate(slot->kind) ? slot->gate : 0];
}

static struct gate_slot *gate_of(struct world *world, uint32_t object) {
        struct object_slot *slot = &world->objects[object];

        if (slot->gate == 0) {
                uint32_t gate = world->n_gates;

                if (reach_index(&world->gates, &world->n_gates, &world->size_gates, gate, sizeof(*world->gates)) < 0)
                        return NULL;
                slot->gate = gate;
        }
        return &world->gates[slot->gate];
}

static void begin(struct gate_slot *gate, const struct event *event) {
        *gate = (struct gate_slot) { .seen_from_start = true, .initial = event->value };
}

/* A count of messages is posted by one thread and taken by another; only who posts what it took itself had it. */
static void post(struct gate_slot *gate) {
        gate->n_passed_on++;
        gate->taken = (struct holding) { 0 };
}

static void take(struct gate_slot *gate, const struct event *event, uint64_t id) {
        gate->n_taken++;
        gate->taken = (struct holding) {
                .thread = event->thread,
                .object = event->object,
                .stack = event->stack,
                .since_ns = event->time_ns,
                .event_id = id,
        };
}

static void arrive(struct gate_slot *gate, uint64_t id) {
        gate->n_arrived++;
        if (gate->initial == 0 || gate->n_arrived < gate->initial)
                return;
        gate->n_arrived = 0;
        gate->opened_by = id;
}

int world_apply_gate(struct world *world, const struct event *event, uint64_t id) {
        struct gate_slot *gate = gate_of(world, event->object);

        if (!gate)
                return -ENOMEM;
        switch (event->kind) {
        case EV_LOCK_INIT:
                begin(gate, event);
                break;
        case EV_SEM_POST:
                post(gate);
                break;
        case EV_SEM_TAKE:
                take(gate, event, id);
                break;
        case EV_BARRIER_WAIT:
                arrive(gate, id);
                break;
        default:
                break;
        }
        return 0;
}
