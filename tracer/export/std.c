/* The STD format, which RAPID and other predictors read: one event a line, `T1|acq(L2)|7`. It has threads, plain locks, fork and
 * join, and variables. Names and places are numbers there: thread and object ids of the trace, and for a place the first
 * stack that ends in it. A lock is always free when it is acquired and released by its owner; what of a trace isn't so, or
 * has no place in the format, is left out and counted. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "export/export.h"

struct std {
        uint32_t *owners; /* thread that holds an object, by object id; 0: none */
        uint32_t *places; /* by stack id */
        bool *waits;      /* threads that wait, by id */
        bool *is_told;    /* threads that a line speaks of, by id */
        uint64_t n_reads, n_with_way_out, n_other, n_misuses, n_joins;
};

/* Places */

static const struct catalog *catalog_to_sort; /* qsort() hands nothing on */

static int compare_texts(const char *left, const char *right) {
        return strcmp(left ?: "", right ?: "");
}

static int compare_sites(const void *left, const void *right) {
        uint32_t a = *(const uint32_t *) left, b = *(const uint32_t *) right;
        const struct frame *one = catalog_site(catalog_to_sort, a), *other = catalog_site(catalog_to_sort, b);
        int r = (one != NULL) - (other != NULL);

        if (r == 0 && one)
                r = compare_texts(one->file, other->file);
        if (r == 0 && one)
                r = compare_texts(one->function, other->function);
        if (r == 0 && one)
                r = (one->line > other->line) - (one->line < other->line);
        return r;
}

/* By place, and of one place the first stack first. */
static int compare_stacks(const void *left, const void *right) {
        uint32_t a = *(const uint32_t *) left, b = *(const uint32_t *) right;
        int r = compare_sites(left, right);

        return r ? r : (a > b) - (a < b);
}

/* What nothing is known of is a place of its own. */
static int number_places(struct std *std, const struct catalog *catalog) {
        uint32_t n = catalog->n_stacks, *order = calloc(n + 1, sizeof(*order));

        std->places = calloc(n + 1, sizeof(*std->places));
        if (!order || !std->places) {
                free(order);
                return -ENOMEM;
        }
        for (uint32_t i = 0; i < n; i++)
                order[i] = i;
        catalog_to_sort = catalog;
        qsort(order, n, sizeof(*order), compare_stacks);
        for (uint32_t i = 0; i < n; i++) {
                bool is_same = i > 0 && catalog_site(catalog, order[i]) && compare_sites(&order[i], &order[i - 1]) == 0;

                std->places[order[i]] = is_same ? std->places[order[i - 1]] : order[i];
        }
        free(order);
        return 0;
}

/* Events */

static int begin(struct exporter *exporter) {
        struct std *std = exporter->state = calloc(1, sizeof(*std));

        if (!std)
                return -ENOMEM;
        std->owners = calloc(exporter->catalog->n_objects + 1, sizeof(*std->owners));
        std->waits = calloc(exporter->catalog->n_threads + 1, sizeof(*std->waits));
        std->is_told = calloc(exporter->catalog->n_threads + 1, sizeof(*std->is_told));
        return std->owners && std->waits && std->is_told ? number_places(std, exporter->catalog) : -ENOMEM;
}

static void put(struct exporter *exporter, const struct event *event, uint32_t thread, const char *operation, char letter, uint32_t id) {
        struct std *std = exporter->state;
        uint32_t place = event->stack < exporter->catalog->n_stacks ? std->places[event->stack] : 0;

        std->is_told[thread] = true;
        if (letter == 'T')
                std->is_told[id] = true;
        fprintf(exporter->out, "T%" PRIu32 "|%s(%c%" PRIu32 ")|%" PRIu32 "\n", thread, operation, letter, id, place);
}

static void put_lock(struct exporter *exporter, const struct event *event) {
        struct std *std = exporter->state;
        uint32_t *owner = &std->owners[event->object];

        if (event->flags & RECORD_AGAIN)
                return;
        if (event->flags & RECORD_READ) {
                std->n_reads++;
                return;
        }
        if (*owner != 0) { /* who had it has ended with it, or the release was not seen */
                put(exporter, event, *owner, "rel", 'L', event->object);
                std->n_misuses++;
        }
        std->n_with_way_out += (event->flags & (RECORD_TRY | RECORD_TIMED)) != 0;
        *owner = event->thread;
        put(exporter, event, event->thread, "acq", 'L', event->object);
}

/* That of a read lock has no owner here, and was counted when it was taken. */
static void put_unlock(struct exporter *exporter, const struct event *event) {
        struct std *std = exporter->state;
        uint32_t *owner = &std->owners[event->object];

        if (event->flags & RECORD_AGAIN)
                return;
        if (*owner == event->thread) {
                *owner = 0;
                put(exporter, event, event->thread, "rel", 'L', event->object);
        } else if (*owner != 0 || catalog_object(exporter->catalog, event->object)->kind == OBJECT_MUTEX) {
                std->n_misuses++;
        }
}

/* Semaphores, condition variables, barriers and channels: what they order is not to be had in another way. */
static bool orders_otherwise(unsigned kind) {
        return kind >= EV_CHANNEL_NEW && kind <= EV_BARRIER_LEAVE;
}

static int put_event(struct exporter *exporter, const struct event *event) {
        uint32_t other = catalog_object_thread(exporter->catalog, event->object);
        struct std *std = exporter->state;

        if (other >= exporter->catalog->n_threads) /* of a damaged trace */
                other = 0;
        if (event_info(event->kind)->effect != EFFECT_SAME)
                std->waits[event->thread] = event_info(event->kind)->effect == EFFECT_WAITS;
        if (event->kind == EV_LOCK)
                put_lock(exporter, event);
        else if (event->kind == EV_UNLOCK)
                put_unlock(exporter, event);
        else if (event->kind == EV_SPAWN && other != 0)
                put(exporter, event, event->thread, "fork", 'T', other);
        else if (event->kind == EV_JOIN && other != 0 && !std->is_told[other])
                std->n_joins++;
        else if (event->kind == EV_JOIN && other != 0)
                put(exporter, event, event->thread, "join", 'T', other);
        else
                std->n_other += orders_otherwise(event->kind);
        return 0;
}

static void remark(struct exporter *exporter, uint64_t n, const char *one, const char *many) {
        if (n == 1)
                fprintf(exporter->remarks, "%s\n", one);
        else if (n > 1)
                fprintf(exporter->remarks, "%" PRIu64 " %s\n", n, many);
}

static int end(struct exporter *exporter) {
        const struct std *std = exporter->state;
        uint64_t n_waits = 0;

        for (uint32_t i = 1; i < exporter->catalog->n_threads; i++)
                n_waits += std->waits[i];
        remark(exporter, std->n_reads, "one read lock is left out: this format has none", "read locks are left out: this format has none");
        remark(exporter, std->n_with_way_out, "one try-lock or timed lock is written like any other",
               "try-locks and timed locks are written like any other");
        remark(exporter, std->n_other, "one event of a semaphore, condition variable, barrier or channel is left out, with the order it made",
               "events of semaphores, condition variables, barriers and channels are left out, with the order they made");
        remark(exporter, std->n_joins, "one join is left out, of a thread that nothing else is known of",
               "joins are left out, of threads that nothing else is known of");
        remark(exporter, n_waits, "one wait that never ended is left out", "waits that never ended are left out");
        remark(exporter, std->n_misuses, "one lock was released by a thread that did not hold it, or not at all: that is left out",
               "locks were released by threads that did not hold them, or not at all: that is left out");
        return 0;
}

static void finish(struct exporter *exporter) {
        struct std *std = exporter->state;

        if (!std)
                return;
        free(std->owners);
        free(std->places);
        free(std->waits);
        free(std->is_told);
        free(std);
}

const struct export_format export_std = { "std", begin, put_event, end, finish };
