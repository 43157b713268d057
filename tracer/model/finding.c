#include "model/finding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
        const char *name, *headline, *meaning;
        enum severity severity;
} kinds[N_FINDING_KINDS] = {
        [FINDING_NONE] = { "none", "Nothing", "", SEVERITY_NOTE },
#define FINDING(id, name, severity, headline, meaning) [FINDING_##id] = { name, headline, meaning, SEVERITY_##severity },
#include "model/findings.def"
#undef FINDING
};

static const char *const certainties[] = { "possible", "confirmed", "proven", "observed" };
static const char *const roles[] = { "holds", "waits", "queues", "witness", "does" };

const char *finding_kind_name(enum finding_kind kind) {
        return kinds[kind < N_FINDING_KINDS ? kind : 0].name;
}

const char *finding_kind_headline(enum finding_kind kind) {
        return kinds[kind < N_FINDING_KINDS ? kind : 0].headline;
}

const char *finding_kind_meaning(enum finding_kind kind) {
        return kinds[kind < N_FINDING_KINDS ? kind : 0].meaning;
}

enum severity finding_kind_severity(enum finding_kind kind) {
        return kinds[kind < N_FINDING_KINDS ? kind : 0].severity;
}

enum finding_kind finding_kind_from_name(const char *name) {
        for (unsigned i = 1; i < N_FINDING_KINDS; i++)
                if (strcmp(kinds[i].name, name) == 0)
                        return (enum finding_kind) i;
        return FINDING_NONE;
}

/* Index of `name` among `n` names, or -ENOENT. */
static int index_of(const char *const *names, size_t n, const char *name) {
        for (size_t i = 0; i < n; i++)
                if (strcmp(names[i], name) == 0)
                        return (int) i;
        return -ENOENT;
}

const char *certainty_name(enum certainty certainty) {
        return certainties[certainty <= CERTAINTY_OBSERVED ? certainty : 0];
}

int certainty_from_name(const char *name) {
        return index_of(certainties, sizeof(certainties) / sizeof(*certainties), name);
}

const char *step_role_name(enum step_role role) {
        return roles[role <= STEP_DOES ? role : 0];
}

int step_role_from_name(const char *name) {
        return index_of(roles, sizeof(roles) / sizeof(*roles), name);
}

/* Grows by doubling at powers of two, so that no capacity has to be kept. */
static void *grown(void *items, size_t n, size_t item_bytes) {
        if (n & (n - 1))
                return items;
        return reallocarray(items, n ? n * 2 : 1, item_bytes);
}

struct finding *finding_list_add(struct finding_list *list) {
        struct finding *items = grown(list->items, list->n, sizeof(*items));

        if (!items)
                return NULL;
        list->items = items;
        memset(&items[list->n], 0, sizeof(*items));
        return &items[list->n++];
}

struct finding_step *finding_add_step(struct finding *finding) {
        struct finding_step *steps = grown(finding->steps, finding->n_steps, sizeof(*steps));

        if (!steps)
                return NULL;
        finding->steps = steps;
        memset(&steps[finding->n_steps], 0, sizeof(*steps));
        return &steps[finding->n_steps++];
}

static int add_once(uint32_t **ids, size_t *n, uint32_t id) {
        uint32_t *moved;

        for (size_t i = 0; i < *n; i++)
                if ((*ids)[i] == id)
                        return 0;
        moved = grown(*ids, *n, sizeof(**ids));
        if (!moved)
                return -ENOMEM;
        *ids = moved;
        moved[(*n)++] = id;
        return 0;
}

int finding_add_thread(struct finding *finding, uint32_t thread) {
        return add_once(&finding->threads, &finding->n_threads, thread);
}

int finding_add_object(struct finding *finding, uint32_t object) {
        return add_once(&finding->objects, &finding->n_objects, object);
}

static int compare_findings(const void *left, const void *right) {
        const struct finding *a = left, *b = right;
        enum severity severity_a = finding_kind_severity(a->kind), severity_b = finding_kind_severity(b->kind);

        if (severity_a != severity_b)
                return severity_a > severity_b ? -1 : 1;
        if (a->certainty != b->certainty)
                return a->certainty > b->certainty ? -1 : 1;
        if (a->kind != b->kind)
                return a->kind < b->kind ? -1 : 1;
        if (a->time_ns != b->time_ns)
                return a->time_ns < b->time_ns ? -1 : 1;
        return a->id < b->id ? -1 : a->id > b->id; /* qsort is not stable */
}

void finding_list_sort(struct finding_list *list) {
        for (size_t i = 0; i < list->n; i++)
                list->items[i].id = (uint32_t) i;
        if (list->n > 1)
                qsort(list->items, list->n, sizeof(*list->items), compare_findings);
        for (size_t i = 0; i < list->n; i++)
                list->items[i].id = (uint32_t) i + 1;
}

void finding_list_finish(struct finding_list *list) {
        for (size_t i = 0; i < list->n; i++) {
                free(list->items[i].title);
                free(list->items[i].advice);
                free(list->items[i].threads);
                free(list->items[i].objects);
                free(list->items[i].steps);
        }
        free(list->items);
        *list = (struct finding_list) { 0 };
}
