/* A finding as somebody with a hanging program wants to read it: what is wrong, who waits for whom, where in the
 * source, what to do. Eighty columns. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/explain_text.h"
#include "analysis/words.h"
#include "analysis/world_state.h"

#define MOST_THREADS 8 /* told in full; a ring of a thousand is told by its begin */

struct explanation {
        struct text text;
        const struct finding *finding;
        const struct catalog *catalog;
};

static bool is_observed(const struct explanation *e) {
        return e->finding->certainty == CERTAINTY_OBSERVED;
}

static bool is_lock(const struct explanation *e, uint32_t object) {
        return object_is_lock(catalog_object(e->catalog, object)->kind);
}

static void put_thread(struct explanation *e, uint32_t thread) {
        char label[CATALOG_LABEL_BYTES];

        text_style(&e->text, STYLE_BOLD);
        text_put(&e->text, catalog_thread_label(e->catalog, thread, label));
        text_style(&e->text, STYLE_PLAIN);
}

/* "Plato (thread 2)"; a thread without a name is called so already. Returns how wide it is. */
static unsigned put_full_thread(struct explanation *e, uint32_t thread) {
        char label[CATALOG_LABEL_BYTES], number[32];
        unsigned width = text_width(catalog_thread_label(e->catalog, thread, label));

        put_thread(e, thread);
        snprintf(number, sizeof(number), " (thread %" PRIu32 ")", thread);
        if (!catalog_thread(e->catalog, thread)->name || !catalog_thread(e->catalog, thread)->name[0])
                return width;
        fputs(number, e->text.out);
        return width + text_width(number);
}

/* The sentence */

static void put_headline(struct explanation *e) {
        static const enum text_style styles[] = { STYLE_NOTE, STYLE_WARNING, STYLE_ERROR };
        const char *kind = finding_kind_name(e->finding->kind), *certainty = certainty_name(e->finding->certainty);

        text_style(&e->text, styles[finding_kind_severity(e->finding->kind)]);
        fputs(kind, e->text.out);
        text_style(&e->text, STYLE_PLAIN);
        fprintf(e->text.out, " (%s): ", certainty);
        text_wrap(&e->text, e->finding->title ? e->finding->title : finding_kind_headline(e->finding->kind),
                  text_width(kind) + text_width(certainty) + 5, 2);
}

/* Words that are put together first, and broken into lines then */

struct line {
        FILE *words;
        char *text;
        size_t length;
};

static bool line_begin(struct line *line) {
        *line = (struct line) { 0 };
        line->words = open_memstream(&line->text, &line->length);
        return line->words != NULL;
}

static void line_end(struct explanation *e, struct line *line, unsigned at, unsigned indent) {
        if (fclose(line->words) == 0)
                text_wrap(&e->text, line->text, at, indent);
        free(line->text);
}

/* Who waits for what, held by whom since when */

/* The step in which the object was taken by the thread it is held by, or NULL. */
static const struct finding_step *find_hold(const struct explanation *e, uint32_t thread, uint32_t object) {
        for (size_t i = 0; i < e->finding->n_steps; i++) {
                const struct finding_step *step = &e->finding->steps[i];

                if (step->role == STEP_HOLDS && step->object == object && (thread == 0 || step->thread == thread))
                        return step;
        }
        return NULL;
}

static bool is_once(const struct explanation *e, uint32_t object) {
        return catalog_object(e->catalog, object)->kind == OBJECT_ONCE;
}

/* Who waits for the same lock as another waits for it too: a writer, behind which a reader queues. */
static bool is_behind(const struct explanation *e, const struct finding_step *step) {
        for (size_t i = 0; i < e->finding->n_steps; i++) {
                const struct finding_step *other = &e->finding->steps[i];

                if (other->role == STEP_WAITS && other->thread == step->holder && other->object == step->object)
                        return step->holder != step->thread;
        }
        return false;
}

static void say_owner(const struct explanation *e, const struct finding_step *step, FILE *out) {
        const struct finding_step *hold = find_hold(e, step->holder, step->object);
        uint32_t owner = hold ? hold->thread : step->holder;

        if (owner == step->thread) {
                fputs(is_once(e, step->object) ? ", which it runs itself" : ", which it holds itself", out);
        } else if (owner > 0) {
                fputs(is_once(e, step->object) ? ", run by " : !hold && is_behind(e, step) ? ", behind " : ", held by ", out);
                words_thread(out, e->catalog, owner);
        }
        if (step->holder == 0)
                fputs(owner > 0 ? ", which is gone," : ", which nobody is left to unlock", out);
        if (hold) {
                fputs(" since ", out);
                words_time(out, hold->time_ns);
        }
}

/* What the thread waited for would have to do. */
static const char *duty(const struct finding_step *step) {
        switch (step->event) {
        case EV_SEND_WAIT:
                return "receive from";
        case EV_RECV_WAIT:
                return "send on";
        case EV_COND_WAIT:
                return "signal";
        case EV_SEM_WAIT:
                return "post";
        case EV_BARRIER_WAIT:
                return "arrive at";
        default:
                return "let go of";
        }
}

/* Those who have arrived wait for whoever has not: none of them would be the one. */
static bool is_up_to_nobody(const struct finding_step *step) {
        return step->holder == 0 || step->event == EV_BARRIER_WAIT;
}

static void say_holder(const struct explanation *e, const struct finding_step *step, FILE *out) {
        if (is_lock(e, step->object)) {
                say_owner(e, step, out);
        } else if (is_up_to_nobody(step)) {
                fprintf(out, ", and nobody is left to %s it", duty(step));
        } else if (step->holder == step->thread) {
                fprintf(out, ", which only itself could %s", duty(step));
        } else if (step->holder != catalog_object_thread(e->catalog, step->object)) {
                fputs(", which ", out);
                words_thread(out, e->catalog, step->holder);
                fprintf(out, " would have to %s", duty(step));
        }
        if (step->role == STEP_QUEUES)
                fputs(" (queues behind)", out);
}

/* In a schedule that did not happen. */
static void say_expected_holder(const struct explanation *e, const struct finding_step *step, FILE *out) {
        if (catalog_object(e->catalog, step->object)->kind == OBJECT_THREAD) {
                fputs(" to end", out);
                return;
        }
        fputs(is_lock(e, step->object) ? ", held by " : ", which ", out);
        words_thread(out, e->catalog, step->holder);
        if (!is_lock(e, step->object))
                fprintf(out, " would have to %s", duty(step));
}

static void put_wait(struct explanation *e, const struct finding_step *step, unsigned name_width) {
        struct line line;
        unsigned width;

        fputs("  ", e->text.out);
        width = put_full_thread(e, step->thread);
        fprintf(e->text.out, "%*s", width < name_width + 2 ? (int) (name_width + 2 - width) : 1, "");
        width = width < name_width + 2 ? name_width + 2 : width + 1;
        if (!line_begin(&line))
                return;
        fprintf(line.words, "%s ", is_observed(e) ? event_info(step->event)->phrase : "would wait for");
        words_object(line.words, e->catalog, step->object);
        if (is_observed(e))
                say_holder(e, step, line.words);
        else
                say_expected_holder(e, step, line.words);
        line_end(e, &line, 2 + width, 6);
}

static bool is_wait(const struct finding_step *step) {
        return step->role == STEP_WAITS || step->role == STEP_QUEUES;
}

static void put_waits(struct explanation *e) {
        char name[CATALOG_LABEL_BYTES];
        unsigned width = 0, n = 0;

        for (size_t i = 0; i < e->finding->n_steps; i++) {
                unsigned of_this = text_width(catalog_thread_label(e->catalog, e->finding->steps[i].thread, name)) + 11;

                if (is_wait(&e->finding->steps[i]))
                        width = of_this > width && of_this < 32 ? of_this : width > 0 ? width : 1;
        }
        if (width > 0)
                fputc('\n', e->text.out);
        for (size_t i = 0; i < e->finding->n_steps; i++)
                if (is_wait(&e->finding->steps[i]) && n++ < MOST_THREADS)
                        put_wait(e, &e->finding->steps[i], width);
        if (n > MOST_THREADS)
                fprintf(e->text.out, "  … and %u more\n", n - MOST_THREADS);
}

/* What the objects are whose names are only what one function calls them */

static void put_origins(struct explanation *e) {
        char name[CATALOG_NAME_BYTES], origin[CATALOG_ORIGIN_BYTES];
        bool any = false;

        for (size_t i = 0; i < e->finding->n_objects && i < MOST_THREADS; i++) {
                uint32_t object = e->finding->objects[i];
                unsigned width;

                if (!catalog_object(e->catalog, object)->type && catalog_object_name(e->catalog, object, name)[0] != '*')
                        continue;
                fputs(any ? "  " : "\n  ", e->text.out);
                any = true;
                text_put(&e->text, catalog_object_name(e->catalog, object, name));
                catalog_object_origin(e->catalog, object, origin);
                width = text_width(catalog_object_name(e->catalog, object, name));
                fputs(": ", e->text.out);
                text_wrap(&e->text, origin, 4 + width, 6);
        }
}

/* The stacks */

/* A thread's own end is no object of its. */
static void put_deed(struct explanation *e, const struct finding_step *step) {
        struct line line;

        if (!line_begin(&line))
                return;
        fputs(event_info(step->event)->phrase, line.words);
        if (step->object > 0 && catalog_object_thread(e->catalog, step->object) != step->thread) {
                fputc(' ', line.words);
                words_object(line.words, e->catalog, step->object);
        }
        fputs(" at ", line.words);
        words_time(line.words, step->time_ns);
        fputs("    ", e->text.out);
        line_end(e, &line, 4, 6);
        if (step->event != EV_THREAD_EXIT) /* that is behind all of the program's own */
                text_stack(&e->text, e->catalog, step->stack, 8);
}

static void put_step(struct explanation *e, const struct finding_step *step) {
        const char *observed = step->role != STEP_HOLDS ? event_info(step->event)->phrase : is_once(e, step->object) ? "runs" : "holds";
        const char *predicted = step->role == STEP_HOLDS ? "took" : "then asked for";
        struct line line;

        if (!line_begin(&line))
                return;
        fprintf(line.words, "%s ", is_observed(e) ? observed : predicted);
        words_object(line.words, e->catalog, step->object);
        fputs(is_observed(e) ? " since " : " at ", line.words);
        words_time(line.words, step->time_ns);
        if (step->role == STEP_HOLDS && is_observed(e))
                fputs(is_once(e, step->object) ? ", begun at" : ", taken at", line.words);
        fputs("    ", e->text.out);
        line_end(e, &line, 4, 6);
        text_stack(&e->text, e->catalog, step->stack, 8);
}

static void put_steps(struct explanation *e) {
        uint32_t thread = 0, n_threads = 0;

        for (size_t i = 0; i < e->finding->n_steps; i++) {
                const struct finding_step *step = &e->finding->steps[i];

                if (step->role == STEP_WITNESS)
                        continue;
                if (step->thread != thread) {
                        if (n_threads++ == MOST_THREADS) {
                                fputs("\n  … and the others\n", e->text.out);
                                return;
                        }
                        fputs("\n  ", e->text.out);
                        put_full_thread(e, step->thread);
                        fputc('\n', e->text.out);
                }
                thread = step->thread;
                if (step->role == STEP_DOES)
                        put_deed(e, step);
                else
                        put_step(e, step);
        }
}

/* The schedule that leads there */

static void put_witness_step(struct explanation *e, const struct finding_step *step, unsigned number) {
        struct line line;

        if (!line_begin(&line))
                return;
        words_thread(line.words, e->catalog, step->thread);
        fprintf(line.words, " %s ", event_info(step->event)->phrase);
        words_object(line.words, e->catalog, step->object);
        words_where(line.words, e->catalog, step->stack);
        fprintf(e->text.out, "  %3u  ", number);
        line_end(e, &line, 7, 9);
}

static void put_witness(struct explanation *e) {
        unsigned n = 0;

        for (size_t i = 0; i < e->finding->n_steps; i++) {
                if (e->finding->steps[i].role != STEP_WITNESS)
                        continue;
                if (n == 0)
                        fputs("\n  It happens when the threads run like this:\n", e->text.out);
                put_witness_step(e, &e->finding->steps[i], ++n);
        }
        if (n > 0)
                fprintf(e->text.out, "  %3u  and now each of them waits for the next one\n", n + 1);
}

/* What to do */

static void put_paragraph(struct explanation *e, const char *heading, const char *words) {
        fputs("\n  ", e->text.out);
        text_style(&e->text, STYLE_BOLD);
        fputs(heading, e->text.out);
        text_style(&e->text, STYLE_PLAIN);
        fputc(' ', e->text.out);
        text_wrap(&e->text, words, 3 + text_width(heading), 2);
}

static bool is_prediction(const struct explanation *e) {
        return e->finding->kind == FINDING_LOCK_ORDER_CYCLE || e->finding->kind == FINDING_COMMUNICATION_DEADLOCK_RISK;
}

static bool has_witness(const struct explanation *e) {
        return e->finding->n_steps > 0 && e->finding->steps[e->finding->n_steps - 1].role == STEP_WITNESS;
}

static void put_times_seen(struct explanation *e) {
        char *words;

        if (e->finding->n_seen < 2 || is_observed(e))
                return;
        words = words_sentence(e->catalog, "%N times in this trace, by these and other threads with these and other locks at the same places.", e->finding->n_seen);
        if (words)
                put_paragraph(e, "Seen:", words);
        free(words);
}

static void put_advice(struct explanation *e) {
        if (is_prediction(e) && e->finding->certainty == CERTAINTY_POSSIBLE && has_witness(e))
                put_paragraph(e, "Possible:", "it did not happen in this run. The schedule above keeps all that was recorded; a value that the "
                                              "program read from memory was not, and might rule it out.");
        else if (is_prediction(e) && e->finding->certainty == CERTAINTY_POSSIBLE)
                put_paragraph(e, "Doubtful:", "no schedule was found that keeps all that was recorded and leads there. Something orders these "
                                              "threads; as long as it does, this cannot happen.");
        if (e->finding->advice && e->finding->advice[0])
                put_paragraph(e, "What to do:", e->finding->advice);
}

char *explain_finding(const struct finding *finding, const struct catalog *catalog, bool with_colour) {
        struct explanation e = { .finding = finding, .catalog = catalog };
        char *text = NULL;
        size_t length;

        e.text.out = open_memstream(&text, &length);
        e.text.colour = with_colour;
        if (!e.text.out)
                return NULL;
        put_headline(&e);
        put_waits(&e);
        put_origins(&e);
        put_steps(&e);
        put_witness(&e);
        put_times_seen(&e);
        put_advice(&e);
        return fclose(e.text.out) == 0 ? text : NULL;
}
