/* What a deadlock is called and what to do about it. */
#include "analysis/deadlock.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/words.h"

#define MOST_TOLD 4 /* waits of a ring that the title tells one by one, and threads of one that are named */

/* The title */

static void tell_readers(FILE *out, const struct deadlock *deadlock, const struct waiter *waiter, uint32_t holder) {
        fputs(", read by ", out);
        if (holder == 0)
                fputs("a thread that has ended", out);
        else if (holder == waiter->thread)
                fputs("itself", out);
        else
                words_thread(out, deadlock->catalog, holder);
        if (waiter->n_wakers > 1) {
                fputs(" and ", out);
                words_number(out, waiter->n_wakers - 1, false);
                fputs(waiter->n_wakers == 2 ? " other" : " others", out);
        }
}

static const char *const absences[] = {
        [ABSENT_NOT] = "",
        [ABSENT_ENDED] = ", which has ended",
        [ABSENT_PROCESS_ENDED] = ", whose process has ended",
        [ABSENT_SINCE_FORK] = ", a thread of the parent process that fork() did not copy",
};

static bool is_once(const struct deadlock *deadlock, uint32_t object) {
        return world_object_slot(deadlock->world, object)->kind == OBJECT_ONCE;
}

static void tell_once(FILE *out, const struct deadlock *deadlock, const struct waiter *waiter, uint32_t object, uint32_t runner) {
        fputs(" waits for ", out);
        words_object(out, deadlock->catalog, object);
        if (runner == waiter->thread) {
                fputs(", whose routine it runs itself", out);
        } else {
                fputs(", whose routine is run by ", out);
                words_thread(out, deadlock->catalog, runner);
                fputs(absences[world_absence(deadlock->world, waiter->thread)], out);
        }
}

static void tell_lock(FILE *out, const struct deadlock *deadlock, const struct waiter *waiter, uint32_t holder) {
        const struct thread_slot *slot = world_thread_slot(deadlock->world, waiter->thread);
        uint32_t object = slot->state.object, owner = world_object_slot(deadlock->world, object)->owner;
        bool reads = slot->wait_flags & RECORD_READ;

        if (owner > 0 && is_once(deadlock, object)) {
                tell_once(out, deadlock, waiter, object, owner);
                return;
        }
        fputs(owner > 0 ? " waits for " : reads ? " waits to read " : " waits to write ", out);
        words_object(out, deadlock->catalog, object);
        if (owner == 0 && reads) {
                fputs(", behind ", out);
                words_thread(out, deadlock->catalog, holder);
        } else if (owner == 0) {
                tell_readers(out, deadlock, waiter, holder);
        } else if (owner == waiter->thread) {
                fputs(", which it holds itself", out);
        } else {
                fputs(", held by ", out);
                words_thread(out, deadlock->catalog, owner);
                fputs(absences[world_absence(deadlock->world, waiter->thread)], out);
        }
}

static void tell_channel(FILE *out, const struct deadlock *deadlock, const struct waiter *waiter, uint32_t holder) {
        bool receives = world_thread(deadlock->world, waiter->thread)->event == EV_RECV_WAIT;

        fputs(receives ? " waits to receive from " : " waits to send on ", out);
        words_object(out, deadlock->catalog, world_thread(deadlock->world, waiter->thread)->object);
        if (waiter->any_in_process) {
                fputs(receives ? ", and no thread is left that could send" : ", which is full, and no thread is left that could receive", out);
        } else if (holder == waiter->thread) {
                fputs(receives ? ", whose last sender it has itself" : ", which is full and whose receiver it has itself", out);
        } else {
                fputs(receives ? ", whose sender " : ", which is full and whose receiver ", out);
                words_thread(out, deadlock->catalog, holder);
                fputs(" has", out);
        }
}

/* `waits` is the verb, which has no s where several threads wait. */
static void tell_take(FILE *out, const struct deadlock *deadlock, const struct waiter *waiter, const char *waits) {
        uint32_t object = world_thread(deadlock->world, waiter->thread)->object;
        uint32_t taken_by = waiter->has_culprit ? world_gate(deadlock->world, object)->taken.thread : 0;

        fprintf(out, " %s for ", waits);
        words_object(out, deadlock->catalog, object);
        if (taken_by == 0) {
                fputs(", and no thread is left that could post it", out);
        } else if (taken_by == waiter->thread) {
                fputs(", which it took itself", out);
        } else {
                fputs(", taken by ", out);
                words_thread(out, deadlock->catalog, taken_by);
        }
}

static void tell_arrival(FILE *out, const struct deadlock *deadlock, uint32_t object, const char *waits) {
        const struct gate_slot *gate = world_gate(deadlock->world, object);

        fprintf(out, " %s at ", waits);
        words_object(out, deadlock->catalog, object);
        if (gate->seen_from_start)
                fprintf(out, ", where %u of %u have arrived", gate->n_arrived, gate->initial);
        fputs(", and no thread is left that could arrive", out);
}

/* Who waits for nobody in particular, and what the title tells of all of them at once. */
struct crowd {
        uint32_t first, n; /* place in the ring */
};

/* A channel has one receiver, and its senders are told one by one: each may be somebody's own. */
static bool is_channel_wait(const struct thread_state *state) {
        return state->event == EV_RECV_WAIT || state->event == EV_SEND_WAIT;
}

static bool is_of_crowd(const struct deadlock *deadlock, uint32_t thread, uint32_t other) {
        const struct waiter *waiter = wait_for_waiter(&deadlock->graph, deadlock->world, thread);
        const struct thread_state *state = world_thread(deadlock->world, thread), *others = world_thread(deadlock->world, other);

        return waiter->any_in_process && !waiter->has_culprit && !is_channel_wait(state) && state->event == others->event && state->object == others->object;
}

/* The first MOST_TOLD of them, each in the place of its first thread; returns how many. */
static uint32_t find_crowds(const struct deadlock *deadlock, const struct ring *ring, struct crowd crowds[static MOST_TOLD + 1]) {
        uint32_t n = 0;

        for (uint32_t i = 0; i < ring->n; i++) {
                uint32_t at = 0;

                while (at < n && !is_of_crowd(deadlock, ring->threads[i], ring->threads[crowds[at].first]))
                        at++;
                if (at < n)
                        crowds[at].n++;
                else if (n <= MOST_TOLD)
                        crowds[n++] = (struct crowd) { i, 1 };
        }
        return n;
}

static void tell_crowd(FILE *out, const struct deadlock *deadlock, const struct ring *ring, const struct crowd *crowd) {
        uint32_t n_named = crowd->n <= MOST_TOLD ? crowd->n : MOST_TOLD - 1, named = 0;

        for (uint32_t i = crowd->first; named < n_named; i++) {
                if (i > crowd->first && !is_of_crowd(deadlock, ring->threads[i], ring->threads[crowd->first]))
                        continue;
                fputs(named == 0 ? "" : named + 1 == crowd->n ? " and " : ", ", out);
                words_thread(out, deadlock->catalog, ring->threads[i]);
                named++;
        }
        if (n_named < crowd->n) {
                fputs(" and ", out);
                words_number(out, crowd->n - n_named, false);
                fputs(" more", out);
        }
}

/* What would have to be done by a thread that is not there. */
static const char *missing_duty(const struct thread_state *state) {
        return state->event == EV_COND_WAIT ? "signal it" : "end the wait";
}

static void tell_wait(FILE *out, const struct deadlock *deadlock, const struct ring *ring, const struct crowd *crowd) {
        const struct waiter *waiter = wait_for_waiter(&deadlock->graph, deadlock->world, ring->threads[crowd->first]);
        const struct thread_state *state = world_thread(deadlock->world, waiter->thread);
        uint32_t holder = deadlock_holder(deadlock, ring, crowd->first);
        const char *waits = crowd->n > 1 ? "wait" : "waits";

        tell_crowd(out, deadlock, ring, crowd);
        if (state->event == EV_JOIN_WAIT) {
                fputs(" waits for ", out);
                words_object(out, deadlock->catalog, state->object);
                fputs(" to end", out);
        } else if (is_channel_wait(state)) {
                tell_channel(out, deadlock, waiter, holder);
        } else if (state->event == EV_LOCK_WAIT && !waiter->any_in_process) {
                tell_lock(out, deadlock, waiter, holder);
        } else if (state->event == EV_SEM_WAIT) {
                tell_take(out, deadlock, waiter, waits);
        } else if (state->event == EV_BARRIER_WAIT) {
                tell_arrival(out, deadlock, state->object, waits);
        } else {
                fprintf(out, " %s%s ", waits, event_info(state->event)->phrase + strlen("waits"));
                words_object(out, deadlock->catalog, state->object);
                fprintf(out, ", and no thread is left that could %s", missing_duty(state));
        }
}

/* Each waits for somebody in particular. */
static bool by_name(const struct deadlock *deadlock, const struct ring *ring) {
        for (uint32_t i = 0; i < ring->n; i++) {
                const struct waiter *waiter = wait_for_waiter(&deadlock->graph, deadlock->world, ring->threads[i]);

                if (waiter->any_in_process && !waiter->has_culprit)
                        return false;
        }
        return true;
}

static void tell_rest(FILE *out, const struct deadlock *deadlock) {
        if (deadlock->n_rings > 1) {
                fputs("; ", out);
                words_number(out, deadlock->n_rings - 1, false);
                fputs(deadlock->n_rings == 2 ? " more ring has" : " more rings have", out);
                fputs(" formed", out);
        }
        if (deadlock->n_queued > 0) {
                fputs("; ", out);
                words_number(out, deadlock->n_queued, false);
                fputs(deadlock->n_queued == 1 ? " more thread queues behind" : " more threads queue behind", out);
        }
}

char *deadlock_title(const struct deadlock *deadlock) {
        const struct ring *ring = &deadlock->rings[0];
        struct crowd crowds[MOST_TOLD + 1];
        uint32_t n_crowds = find_crowds(deadlock, ring, crowds), n_told = 0;
        char *text = NULL;
        size_t length;
        FILE *out = open_memstream(&text, &length);

        if (!out)
                return NULL;
        if (ring->n > 1) {
                words_number(out, ring->n, true);
                fputs(by_name(deadlock, ring) ? " threads wait for each other: " : " threads wait, and nobody is left to wake them: ", out);
        }
        for (uint32_t i = 0; i < n_crowds && (n_crowds <= MOST_TOLD || i + 1 < MOST_TOLD); i++) {
                fputs(i > 0 ? "; " : "", out);
                tell_wait(out, deadlock, ring, &crowds[i]);
                n_told += crowds[i].n;
        }
        if (n_told < ring->n) {
                fputs("; and ", out);
                words_number(out, ring->n - n_told, false);
                fputs(ring->n == ring->n_cycle ? " more, round to the first" : " more", out);
        }
        tell_rest(out, deadlock);
        fputs(". Since ", out);
        words_time(out, ring->since_ns);
        fputs(".", out);
        return fclose(out) == 0 ? text : NULL;
}

/* The advice: what is typical for the first ring's kind of waits */

static const struct thread_state *state_of(const struct deadlock *deadlock, const struct ring *ring, uint32_t place) {
        return world_thread(deadlock->world, ring->threads[place % ring->n_cycle]);
}

/* The place in the cycle of the first wait begun by `kind`, or UINT32_MAX. */
static uint32_t find_wait(const struct deadlock *deadlock, const struct ring *ring, unsigned kind) {
        for (uint32_t i = 0; i < ring->n_cycle; i++)
                if (state_of(deadlock, ring, i)->event == kind)
                        return i;
        return UINT32_MAX;
}

static void advise_alone(FILE *out, const struct deadlock *deadlock, const struct ring *ring) {
        uint32_t object = state_of(deadlock, ring, 0)->object, owner = world_object_slot(deadlock->world, object)->owner;

        if (is_once(deadlock, object)) {
                fputs("The routine of ", out);
                words_object(out, deadlock->catalog, object);
                fputs(" must not ask for what it is about to make", out);
                words_where(out, deadlock->catalog, state_of(deadlock, ring, 0)->stack);
                fputs(": hand that to whom it calls, or make it in two steps.", out);
        } else if (owner == 0) {
                fputs("Let go of the read lock before asking to write ", out);
                words_object(out, deadlock->catalog, object);
                fputs(", or take it for writing from the start.", out);
        } else if (owner == ring->threads[0]) {
                fputs("Unlock ", out);
                words_object(out, deadlock->catalog, object);
                fputs(" before it is locked again, or split the function that locks it into one that locks and one that expects it locked.", out);
        } else if (world_absence(deadlock->world, ring->threads[0]) == ABSENT_SINCE_FORK) {
                fputs("Lock ", out);
                words_object(out, deadlock->catalog, object);
                fputs(" before the fork and unlock it after it in both processes, with pthread_atfork(), so that no other thread holds it "
                      "meanwhile; or call nothing in the child that locks, until it executes another program.", out);
        } else if (world_absence(deadlock->world, ring->threads[0]) == ABSENT_PROCESS_ENDED) {
                fputs("Make ", out);
                words_object(out, deadlock->catalog, object);
                fputs(" a robust mutex (pthread_mutexattr_setrobust()): the next to lock it is then told that its owner died, and can put "
                      "right what it left behind.", out);
        } else {
                fputs("Unlock ", out);
                words_object(out, deadlock->catalog, object);
                fputs(" on every way out of ", out);
                words_thread(out, deadlock->catalog, owner);
                fputs("; a guard that unlocks at the end of its block does.", out);
        }
}

/* The place in the cycle of the first wait for a once routine of another thread, or UINT32_MAX. */
static uint32_t find_once(const struct deadlock *deadlock, const struct ring *ring) {
        for (uint32_t i = 0; i < ring->n_cycle; i++)
                if (state_of(deadlock, ring, i)->event == EV_LOCK_WAIT && is_once(deadlock, state_of(deadlock, ring, i)->object))
                        return i;
        return UINT32_MAX;
}

static void advise_once(FILE *out, const struct deadlock *deadlock, const struct ring *ring, uint32_t place) {
        fputs("Ask for ", out);
        words_object(out, deadlock->catalog, state_of(deadlock, ring, place)->object);
        words_where(out, deadlock->catalog, state_of(deadlock, ring, place)->stack);
        fputs(" while nothing is locked that its routine needs, which waits for ", out);
        words_object(out, deadlock->catalog, state_of(deadlock, ring, place + 1)->object);
        words_where(out, deadlock->catalog, state_of(deadlock, ring, place + 1)->stack);
        fputs(".", out);
}

/* A wait to read a lock that others only read: it queues behind a writer. UINT32_MAX where there is none. */
static uint32_t find_queued_reader(const struct deadlock *deadlock, const struct ring *ring) {
        for (uint32_t i = 0; i < ring->n_cycle; i++) {
                const struct thread_slot *slot = world_thread_slot(deadlock->world, ring->threads[i]);

                if (slot->state.event == EV_LOCK_WAIT && slot->wait_flags & RECORD_READ &&
                    world_object_slot(deadlock->world, slot->state.object)->owner == 0)
                        return i;
        }
        return UINT32_MAX;
}

static void advise_queued_reader(FILE *out, const struct deadlock *deadlock, const struct ring *ring, uint32_t place) {
        uint32_t object = state_of(deadlock, ring, place)->object;

        words_object(out, deadlock->catalog, object);
        fputs(" lets no reader pass a writer that waits. Do not read it", out);
        words_where(out, deadlock->catalog, state_of(deadlock, ring, place)->stack);
        fputs(" in a thread that reads it already or that holds what its readers need, or let readers go first "
              "(PTHREAD_RWLOCK_PREFER_READER_NP).", out);
}

/* Thread i + 1 holds what thread i waits for, so the ring lists the locks in an order that all threads keep but
 * the one that waits for the first of them. */
static void advise_order(FILE *out, const struct deadlock *deadlock, const struct ring *ring) {
        uint32_t start = 0, breaker;

        for (uint32_t i = 1; i < ring->n_cycle; i++)
                if (words_come_before(deadlock->catalog, state_of(deadlock, ring, i)->object, state_of(deadlock, ring, start)->object))
                        start = i;
        breaker = ring->threads[start];
        fputs("Take these locks in one order everywhere, for example ", out);
        for (uint32_t i = 0; i < ring->n_cycle; i++) {
                fputs(i == 0 ? "" : i + 1 == ring->n_cycle ? " before " : ", ", out);
                words_object(out, deadlock->catalog, state_of(deadlock, ring, start + i)->object);
        }
        fputs(": only ", out);
        words_thread(out, deadlock->catalog, breaker);
        words_where(out, deadlock->catalog, state_of(deadlock, ring, start)->stack);
        fputs(" does it the other way.", out);
}

static void advise_join(FILE *out, const struct deadlock *deadlock, const struct ring *ring, uint32_t place) {
        const struct thread_state *before = state_of(deadlock, ring, place + ring->n_cycle - 1);

        if (before->event == EV_LOCK_WAIT) {
                fputs("Let ", out);
                words_thread(out, deadlock->catalog, ring->threads[place]);
                fputs(" unlock ", out);
                words_object(out, deadlock->catalog, before->object);
                fputs(" before it joins", out);
        } else {
                fputs("Let ", out);
                words_thread(out, deadlock->catalog, ring->threads[place]);
                fputs(" do what the others wait for before it joins", out);
        }
        words_where(out, deadlock->catalog, state_of(deadlock, ring, place)->stack);
        fputs(": a thread that is to end must need nothing from the one that waits for its end.", out);
}

/* A sender that is to blame: the first that nobody dropped. */
static void tell_sender(FILE *out, const struct deadlock *deadlock, uint32_t object) {
        const struct channel_slot *channel = &deadlock->world->channels[world_object_slot(deadlock->world, object)->channel];

        for (uint32_t i = 1; channel->seen_from_start && i < channel->n_senders; i++) {
                const struct sender *sender = &channel->senders[i];

                if (sender->dropped || sender->made_by == 0)
                        continue;
                fputs("The sender of ", out);
                words_object(out, deadlock->catalog, object);
                fputs(" that ", out);
                words_thread(out, deadlock->catalog, sender->made_by);
                fputs(" made", out);
                words_where(out, deadlock->catalog, sender->made_at);
                fputs(sender->user == 0 ? " was never used and never dropped. " : " was not dropped. ", out);
                return;
        }
}

static void advise_receive(FILE *out, const struct deadlock *deadlock, const struct ring *ring, uint32_t place) {
        tell_sender(out, deadlock, state_of(deadlock, ring, place)->object);
        fputs("A receive ends with a message, or when the last sender is dropped: drop each as soon as its thread sends no more, "
              "the receiving thread's own before it receives", out);
        words_where(out, deadlock->catalog, state_of(deadlock, ring, place)->stack);
        fputs(".", out);
}

static void advise_send(FILE *out, const struct deadlock *deadlock, const struct ring *ring, uint32_t place) {
        fputs("A full channel makes its sender wait for the receiver. Receive from ", out);
        words_object(out, deadlock->catalog, state_of(deadlock, ring, place)->object);
        fputs(" in a thread that needs nothing from its senders, hold no lock while sending, or give it more room.", out);
}

static void advise_take(FILE *out, const struct deadlock *deadlock, const struct ring *ring, uint32_t place) {
        uint32_t object = state_of(deadlock, ring, place)->object;
        const struct holding *taken = &world_gate(deadlock->world, object)->taken;

        if (taken->thread == 0) {
                fputs("See which thread should have posted ", out);
                words_object(out, deadlock->catalog, object);
                fputs(", and why it waits, or is over, itself: each wait needs a post of its own, on every way through that thread.", out);
                return;
        }
        fputs("Post ", out);
        words_object(out, deadlock->catalog, object);
        fputs(" on every way from where ", out);
        words_thread(out, deadlock->catalog, taken->thread);
        fputs(" took it", out);
        words_where(out, deadlock->catalog, taken->stack);
        fputs(ring->n_cycle > 1 ? ", and take semaphores in one order everywhere." : ", before it is taken again.", out);
}

static void advise_arrival(FILE *out, const struct deadlock *deadlock, const struct ring *ring, uint32_t place) {
        const struct thread_state *state = state_of(deadlock, ring, place);
        const struct gate_slot *gate = world_gate(deadlock->world, state->object);

        words_object(out, deadlock->catalog, state->object);
        if (gate->seen_from_start)
                fprintf(out, " opens when %u threads have arrived. Initialise it", gate->initial);
        else
                fputs(" opens when all its threads have arrived. Initialise it", out);
        fputs(" with the number of threads that really come, and let each of them arrive on every way, also when it gives up early.", out);
}

static void advise(FILE *out, const struct deadlock *deadlock, const struct ring *ring) {
        uint32_t join = find_wait(deadlock, ring, EV_JOIN_WAIT), receive = find_wait(deadlock, ring, EV_RECV_WAIT);
        uint32_t send = find_wait(deadlock, ring, EV_SEND_WAIT), cond = find_wait(deadlock, ring, EV_COND_WAIT);
        uint32_t take = find_wait(deadlock, ring, EV_SEM_WAIT), arrival = find_wait(deadlock, ring, EV_BARRIER_WAIT);

        if (cond != UINT32_MAX)
                fputs("A signal that comes before the wait is lost. Change the condition and signal it while holding the mutex, "
                      "and test the condition in a loop around the wait; broadcast where several threads wait for it.", out);
        else if (receive != UINT32_MAX)
                advise_receive(out, deadlock, ring, receive);
        else if (send != UINT32_MAX)
                advise_send(out, deadlock, ring, send);
        else if (take != UINT32_MAX)
                advise_take(out, deadlock, ring, take);
        else if (arrival != UINT32_MAX)
                advise_arrival(out, deadlock, ring, arrival);
        else if (join != UINT32_MAX)
                advise_join(out, deadlock, ring, join);
        else if (find_wait(deadlock, ring, EV_LOCK_WAIT) == UINT32_MAX)
                fputs("See which thread should have ended these waits, and why it waits, or is over, itself.", out);
        else if (ring->n_cycle == 1)
                advise_alone(out, deadlock, ring);
        else if (find_once(deadlock, ring) != UINT32_MAX)
                advise_once(out, deadlock, ring, find_once(deadlock, ring));
        else if (find_queued_reader(deadlock, ring) != UINT32_MAX)
                advise_queued_reader(out, deadlock, ring, find_queued_reader(deadlock, ring));
        else
                advise_order(out, deadlock, ring);
}

char *deadlock_advice(const struct deadlock *deadlock) {
        char *text = NULL;
        size_t length;
        FILE *out = open_memstream(&text, &length);

        if (!out)
                return NULL;
        advise(out, deadlock, &deadlock->rings[0]);
        return fclose(out) == 0 ? text : NULL;
}
