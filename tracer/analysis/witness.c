#include "analysis/witness.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/words.h"

#define MOST_STEPS 30 /* of the schedule that a finding shows */
#define MOST_TOLD 4   /* threads that the title tells one by one */

static const struct dependency *item_at(const struct witness *witness, uint32_t i) {
        return &witness->lock_order->dependencies.items[witness->items[i % witness->n]];
}

static uint32_t event_at(const struct witness *witness, uint32_t i) {
        return witness->events[i % witness->n];
}

/* The lock that thread i holds and the one before it wants. */
static uint32_t held_at(const struct witness *witness, uint32_t i) {
        return item_at(witness, i + witness->n - 1)->lock;
}

/* Steps */

static int add_step(struct finding *finding, const struct finding_step *step) {
        struct finding_step *added = finding_add_step(finding);

        if (!added)
                return -ENOMEM;
        *added = *step;
        return 0;
}

static int add_hold(const struct witness *witness, uint32_t i, struct finding *finding) {
        const struct section *section = history_held(&witness->lock_order->history, item_at(witness, i)->thread, held_at(witness, i), event_at(witness, i));
        struct finding_step step = { .role = STEP_HOLDS, .ring = 1, .thread = item_at(witness, i)->thread, .object = held_at(witness, i), .event = EV_LOCK };

        if (section) {
                step.stack = section->stack;
                step.event_id = section->acquired;
                step.time_ns = section->time_ns;
        }
        return add_step(finding, &step);
}

static int add_wait(const struct witness *witness, uint32_t i, struct finding *finding) {
        const struct dependency *item = item_at(witness, i);
        const struct section *section = history_acquired(&witness->lock_order->history, item->thread, item->lock, event_at(witness, i));
        struct finding_step step = {
                .role = STEP_WAITS,
                .ring = 1,
                .thread = item->thread,
                .object = item->lock,
                .holder = item_at(witness, i + 1)->thread,
                .stack = item->stack,
                .event_id = event_at(witness, i),
                .time_ns = section ? section->time_ns : item->time_ns,
                .event = section && section->acquired == event_at(witness, i) ? EV_LOCK : EV_LOCK_WAIT,
        };

        if (step.time_ns > finding->time_ns)
                finding->time_ns = step.time_ns;
        return add_step(finding, &step);
}

static int compare_steps(const void *left, const void *right) {
        const struct finding_step *a = left, *b = right;

        return a->event_id < b->event_id ? -1 : a->event_id > b->event_id;
}

/* The last locks and unlocks of one thread before it stands still, at most `most`. */
static int add_last_steps(const struct history *history, const struct closure *closure, uint32_t thread, uint32_t most, struct finding *finding) {
        uint32_t prefix = closure->threads[thread].prefix, n = 0;
        const struct thread_history *self = &history->threads[thread];
        uint32_t at = closure->threads[thread].section; /* one behind the last one in the set */
        int r = 0;

        for (; r == 0 && at > 0 && n < most; at--) {
                const struct section *section = &self->sections[at - 1];
                struct finding_step step = { .role = STEP_WITNESS, .thread = thread, .object = section->lock, .stack = section->stack,
                                             .event_id = section->acquired, .time_ns = section->time_ns, .event = EV_LOCK };

                r = add_step(finding, &step);
                n++;
                if (r < 0 || section->released == 0 || section->released > prefix)
                        continue;
                step.event = EV_UNLOCK;
                step.event_id = section->released;
                step.stack = 0; /* neither it nor the time is kept in a section; the event has both */
                step.time_ns = 0;
                r = add_step(finding, &step);
                n++;
        }
        return r;
}

int witness_add_schedule(const struct history *history, const struct closure *closure, struct finding *finding) {
        uint32_t most = MOST_STEPS / (uint32_t) finding->n_threads;
        size_t begin = finding->n_steps;
        int r = 0;

        for (size_t i = 0; r == 0 && i < finding->n_threads; i++)
                r = add_last_steps(history, closure, finding->threads[i], most > 0 ? most : 1, finding);
        if (finding->n_steps > begin)
                qsort(finding->steps + begin, finding->n_steps - begin, sizeof(*finding->steps), compare_steps);
        return r;
}

/* Words */

static void tell_side(FILE *out, const struct witness *witness, uint32_t i) {
        words_thread(out, witness->catalog, item_at(witness, i)->thread);
        fputs(" takes ", out);
        words_object(out, witness->catalog, held_at(witness, i));
        fputs(", then ", out);
        words_object(out, witness->catalog, item_at(witness, i)->lock);
}

static char *title_of(const struct witness *witness) {
        uint32_t n_told = witness->n <= MOST_TOLD ? witness->n : MOST_TOLD - 1;
        char *text = NULL;
        size_t length;
        FILE *out = open_memstream(&text, &length);

        if (!out)
                return NULL;
        words_number(out, witness->n, true);
        fputs(" threads could deadlock: ", out);
        for (uint32_t i = 0; i < n_told; i++) {
                fputs(i > 0 ? "; " : "", out);
                tell_side(out, witness, i);
        }
        if (n_told < witness->n) {
                fputs("; and ", out);
                words_number(out, witness->n - n_told, false);
                fputs(" more, round to the first", out);
        }
        fputs(".", out);
        return fclose(out) == 0 ? text : NULL;
}

static bool is_same_place(const struct catalog *catalog, uint32_t stack_a, uint32_t stack_b) {
        const struct frame *a = catalog_site(catalog, stack_a), *b = catalog_site(catalog, stack_b);

        return a && b && a->line > 0 && a->line == b->line && a->file && b->file && strcmp(a->file, b->file) == 0;
}

/* All ask at one place for the locks: no thread does it "the other way". */
static bool is_one_place(const struct witness *witness) {
        for (uint32_t i = 1; i < witness->n; i++)
                if (!is_same_place(witness->catalog, item_at(witness, i)->stack, item_at(witness, 0)->stack))
                        return false;
        return true;
}

/* Thread i takes held_at(i), then held_at(i + 1): all in the order of the ring but the one that goes back to its begin. */
static char *advice_of(const struct witness *witness) {
        const struct dependency *last;
        char *text = NULL;
        size_t length;
        FILE *out;
        uint32_t start = 0;

        if (is_one_place(witness))
                return words_sentence(witness->catalog, "The same line%w takes these locks in every order that its arguments come in. Bring them into one "
                                      "order there before locking, for example by their addresses.", item_at(witness, 0)->stack);
        out = open_memstream(&text, &length);
        if (!out)
                return NULL;
        for (uint32_t i = 1; i < witness->n; i++)
                if (words_come_before(witness->catalog, held_at(witness, i), held_at(witness, start)))
                        start = i;
        last = item_at(witness, start + witness->n - 1);
        fputs("Take these locks in one order everywhere, for example ", out);
        for (uint32_t i = 0; i < witness->n; i++) {
                fputs(i == 0 ? "" : i + 1 == witness->n ? " before " : ", ", out);
                words_object(out, witness->catalog, held_at(witness, start + i));
        }
        fputs(": only ", out);
        words_thread(out, witness->catalog, last->thread);
        words_where(out, witness->catalog, last->stack);
        fputs(" does it the other way.", out);
        return fclose(out) == 0 ? text : NULL;
}

/* All together */

int witness_add_finding(const struct witness *witness, struct finding_list *list) {
        struct finding *finding = finding_list_add(list);
        int r = finding ? 0 : -ENOMEM;

        if (!finding)
                return r;
        finding->kind = FINDING_LOCK_ORDER_CYCLE;
        finding->certainty = CERTAINTY_POSSIBLE; /* what the program read from memory is not known */
        finding->n_seen = 1;
        finding->n_rings = 1;
        for (uint32_t i = 0; r == 0 && i < witness->n; i++) {
                r = finding_add_thread(finding, item_at(witness, i)->thread);
                if (r == 0)
                        r = finding_add_object(finding, held_at(witness, i));
                if (r == 0)
                        r = add_hold(witness, i, finding);
                if (r == 0)
                        r = add_wait(witness, i, finding);
        }
        if (r == 0 && witness->closure)
                r = witness_add_schedule(&witness->lock_order->history, witness->closure, finding);
        finding->title = title_of(witness);
        finding->advice = advice_of(witness);
        return r < 0 || (finding->title && finding->advice) ? r : -ENOMEM;
}
