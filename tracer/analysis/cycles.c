#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cycle_parts.h"
#include "analysis/scc.h"

#define UNREACHED UINT32_MAX

/* Lists of numbers, one for each lock: those of lock l are items[first[l]] … items[first[l + 1] - 1]. */
struct lists {
        uint32_t *first, *items;
};

struct search {
        const struct dependencies *dependencies;
        const struct cycle_visitor *visitor;
        uint32_t n_locks, n_threads;
        uint32_t *component;    /* of each lock, in the graph of what was taken while what was held */
        bool *is_told;          /* of each component: longer cycles in it would be nothing new */
        struct cycle_edge *edges; /* inside components, sorted by held and wanted */
        uint32_t n_edges;
        struct lists holding;   /* the dependencies that hold a lock and want one of the same component */
        struct lists wanting;   /* the dependencies that want a lock and hold one of the same component */
        uint32_t *distance;     /* steps from a lock to the lock that the search began with */
        uint32_t *shortest;     /* of each lock, the length of the shortest cycle in which it is the smallest */
        uint32_t *queue, n_queue; /* the locks whose distance is set */
        uint32_t *starts, n_starts; /* the locks that are the smallest of some cycle, as far as locks go */
        bool *is_wanted, *is_in; /* locks and threads of the path */
        uint32_t *path;
        uint32_t length;        /* of the cycles looked for */
        uint32_t start;         /* the lock the search began with */
        uint64_t n_steps, max_steps;
};

static const struct dependency *item_at(const struct search *search, uint32_t i) {
        return &search->dependencies->items[i];
}

static const struct held_lock *held_by(const struct search *search, uint32_t i) {
        return &search->dependencies->held[item_at(search, i)->first_held];
}

/* Setting up */

static void free_search(struct search *search) {
        free(search->component);
        free(search->is_told);
        free(search->edges);
        free(search->holding.first);
        free(search->holding.items);
        free(search->wanting.first);
        free(search->wanting.items);
        free(search->distance);
        free(search->shortest);
        free(search->queue);
        free(search->starts);
        free(search->is_wanted);
        free(search->is_in);
        free(search->path);
}

static int init_lists(struct lists *lists, size_t n_lists, size_t n_items) {
        lists->first = calloc(n_lists + 2, sizeof(*lists->first));
        lists->items = malloc((n_items + 1) * sizeof(*lists->items));
        return lists->first && lists->items ? 0 : -ENOMEM;
}

/* To make lists, each item is counted, then each is put in; in between, counts become begins. Counted two places up, so
 * that putting in leaves first[l] at the begin of l. */
static void lists_count(struct lists *lists, uint32_t list) {
        lists->first[list + 2]++;
}

static void lists_begin(struct lists *lists, size_t n_lists) {
        for (size_t i = 2; i < n_lists + 2; i++)
                lists->first[i] += lists->first[i - 1];
}

static void lists_put(struct lists *lists, uint32_t list, uint32_t item) {
        lists->items[lists->first[list + 1]++] = item;
}

static void count_locks(struct search *search) {
        const struct dependencies *self = search->dependencies;

        for (uint32_t i = 0; i < self->n_items; i++) {
                if (self->items[i].lock >= search->n_locks)
                        search->n_locks = self->items[i].lock + 1;
                if (self->items[i].thread >= search->n_threads)
                        search->n_threads = self->items[i].thread + 1;
        }
        for (uint32_t i = 0; i < self->n_held; i++)
                if (self->held[i].lock >= search->n_locks)
                        search->n_locks = self->held[i].lock + 1;
}

static int find_components(struct search *search) {
        const struct dependencies *self = search->dependencies;
        struct lists after = { 0 };
        uint32_t n;
        int r = init_lists(&after, search->n_locks, self->n_held);

        for (uint32_t i = 0; r == 0 && i < self->n_items; i++)
                for (uint32_t j = 0; j < self->items[i].n_held; j++)
                        lists_count(&after, held_by(search, i)[j].lock);
        if (r == 0)
                lists_begin(&after, search->n_locks);
        for (uint32_t i = 0; r == 0 && i < self->n_items; i++)
                for (uint32_t j = 0; j < self->items[i].n_held; j++)
                        lists_put(&after, held_by(search, i)[j].lock, self->items[i].lock);
        if (r == 0)
                r = scc_find(search->n_locks, after.first, after.items, search->component, &n);
        free(after.first);
        free(after.items);
        return r;
}

/* Only a dependency inside one component can be part of a cycle. */
static bool is_inside(const struct search *search, uint32_t i, uint32_t j) {
        return search->component[held_by(search, i)[j].lock] == search->component[item_at(search, i)->lock];
}

static void fill_lists(struct search *search) {
        const struct dependencies *self = search->dependencies;

        for (int put = 0; put < 2; put++) {
                for (uint32_t i = 0; i < self->n_items; i++) {
                        bool any = false;

                        for (uint32_t j = 0; j < self->items[i].n_held; j++) {
                                if (!is_inside(search, i, j))
                                        continue;
                                any = true;
                                if (put)
                                        lists_put(&search->holding, held_by(search, i)[j].lock, i);
                                else
                                        lists_count(&search->holding, held_by(search, i)[j].lock);
                        }
                        if (any && put)
                                lists_put(&search->wanting, self->items[i].lock, i);
                        else if (any)
                                lists_count(&search->wanting, self->items[i].lock);
                }
                if (!put) {
                        lists_begin(&search->holding, search->n_locks);
                        lists_begin(&search->wanting, search->n_locks);
                }
        }
}

static int init_search(struct search *search) {
        size_t n_locks, n_threads;

        count_locks(search);
        n_locks = search->n_locks + (size_t) 1;
        n_threads = search->n_threads + (size_t) 1;
        search->component = malloc(n_locks * sizeof(*search->component));
        search->is_told = calloc(n_locks, sizeof(*search->is_told));
        search->edges = malloc(((size_t) search->dependencies->n_held + 1) * sizeof(*search->edges));
        search->distance = malloc(n_locks * sizeof(*search->distance));
        search->shortest = malloc(n_locks * sizeof(*search->shortest));
        search->queue = malloc(n_locks * sizeof(*search->queue));
        search->starts = malloc(n_locks * sizeof(*search->starts));
        search->is_wanted = calloc(n_locks, sizeof(*search->is_wanted));
        search->is_in = calloc(n_threads, sizeof(*search->is_in));
        search->path = malloc(n_threads * sizeof(*search->path));
        if (!search->component || !search->is_told || !search->edges || !search->distance || !search->shortest || !search->queue || !search->starts || !search->is_wanted || !search->is_in || !search->path ||
            init_lists(&search->holding, search->n_locks, search->dependencies->n_held) < 0 ||
            init_lists(&search->wanting, search->n_locks, search->dependencies->n_items) < 0 || find_components(search) < 0)
                return -ENOMEM;
        fill_lists(search);
        for (uint32_t lock = 0; lock < search->n_locks; lock++)
                search->distance[lock] = UNREACHED;
        return 0;
}

/* Searching */

/* Fills `distance` for all locks from which `start` can be reached over locks behind it, and returns the length of the
 * shortest cycle through it, or UNREACHED. */
static uint32_t measure(struct search *search, uint32_t start) {
        uint32_t shortest = UNREACHED;

        while (search->n_queue > 0)
                search->distance[search->queue[--search->n_queue]] = UNREACHED;
        search->distance[start] = 0;
        search->queue[search->n_queue++] = start;
        for (uint32_t at = 0; at < search->n_queue; at++) {
                uint32_t lock = search->queue[at];

                for (uint32_t i = search->wanting.first[lock]; i < search->wanting.first[lock + 1]; i++) {
                        uint32_t item = search->wanting.items[i];

                        search->n_steps += item_at(search, item)->n_held;
                        for (uint32_t j = 0; j < item_at(search, item)->n_held; j++) {
                                uint32_t held = held_by(search, item)[j].lock;

                                if (held == start && shortest == UNREACHED)
                                        shortest = search->distance[lock] + 1;
                                if (held <= start || !is_inside(search, item, j) || search->distance[held] != UNREACHED)
                                        continue;
                                search->distance[held] = search->distance[lock] + 1;
                                search->queue[search->n_queue++] = held;
                        }
                }
        }
        return shortest;
}

static const struct held_lock *find_held(const struct dependencies *dependencies, uint32_t item, uint32_t lock) {
        const struct dependency *self = &dependencies->items[item];

        for (uint32_t j = 0; j < self->n_held; j++)
                if (dependencies->held[self->first_held + j].lock == lock)
                        return &dependencies->held[self->first_held + j];
        return NULL;
}

const struct held_lock *cycles_link(const struct dependencies *dependencies, uint32_t before, uint32_t item) {
        return find_held(dependencies, item, dependencies->items[before].lock);
}

bool cycle_has_gate(const struct dependencies *dependencies, uint32_t a, uint32_t b) {
        const struct held_lock *held_a = &dependencies->held[dependencies->items[a].first_held];
        const struct held_lock *held_b = &dependencies->held[dependencies->items[b].first_held];
        uint32_t n_a = dependencies->items[a].n_held, n_b = dependencies->items[b].n_held;

        for (uint32_t i = 0, j = 0; i < n_a && j < n_b;) {
                if (held_a[i].lock < held_b[j].lock) {
                        i++;
                } else if (held_a[i].lock > held_b[j].lock) {
                        j++;
                } else {
                        if (!held_a[i].reads || !held_b[j].reads)
                                return true;
                        i++;
                        j++;
                }
        }
        return false;
}

bool cycle_excludes(const struct dependencies *dependencies, uint32_t before, uint32_t next) {
        const struct held_lock *link = cycles_link(dependencies, before, next);

        return link && !(link->reads && dependencies->items[before].reads);
}

static bool may_follow(const struct search *search, uint32_t depth, uint32_t item) {
        uint32_t wanted = item_at(search, item)->lock, left = search->length - depth - 1;

        if (search->is_in[item_at(search, item)->thread])
                return false;
        if (left == 0 ? wanted != search->start
                      : wanted <= search->start || search->is_wanted[wanted] || search->distance[wanted] > left)
                return false;
        if (depth > 0 && !cycle_excludes(search->dependencies, search->path[depth - 1], item))
                return false;
        if (left == 0 && !cycle_excludes(search->dependencies, item, search->path[0]))
                return false;
        for (uint32_t i = 0; i < depth; i++)
                if (cycle_has_gate(search->dependencies, search->path[i], item))
                        return false;
        return true;
}

/* Goes on from a path whose last dependency wants `lock`. Positive: out of steps. */
static int extend(struct search *search, uint32_t depth, uint32_t lock) {
        int r = 0;

        if (depth == search->length)
                return search->visitor->visit(search->path, depth, search->visitor->data);
        for (uint32_t i = search->holding.first[lock]; r == 0 && i < search->holding.first[lock + 1]; i++) {
                uint32_t item = search->holding.items[i];
                const struct dependency *next = item_at(search, item);

                if (++search->n_steps > search->max_steps)
                        return 1;
                if (!may_follow(search, depth, item))
                        continue;
                search->path[depth] = item;
                search->is_in[next->thread] = search->is_wanted[next->lock] = true;
                r = extend(search, depth + 1, next->lock);
                search->is_in[next->thread] = search->is_wanted[next->lock] = false;
        }
        return r;
}

static bool is_done(const struct search *search, int r) {
        return r != 0 || search->n_steps > search->max_steps;
}

static int search_lengths(struct search *search, uint32_t longest) {
        int r = 0;

        for (search->length = 3; !is_done(search, r) && search->length <= longest; search->length++)
                for (uint32_t i = 0; !is_done(search, r) && i < search->n_starts; i++) {
                        search->start = search->starts[i];
                        if (search->shortest[search->start] > search->length)
                                continue;
                        measure(search, search->start);
                        if (!is_done(search, r))
                                r = extend(search, 0, search->start);
                }
        return r;
}

/* No cycle can have more sides than there are threads, or locks in it. */
static uint32_t longest_cycle(const struct search *search) {
        uint32_t n_threads = 0, n_locks = 0;
        bool *seen = calloc((size_t) search->n_threads + 1, sizeof(*seen));

        for (uint32_t lock = 0; lock < search->n_locks; lock++) {
                n_locks += search->wanting.first[lock + 1] > search->wanting.first[lock];
                for (uint32_t i = search->wanting.first[lock]; seen && i < search->wanting.first[lock + 1]; i++) {
                        n_threads += !seen[item_at(search, search->wanting.items[i])->thread];
                        seen[item_at(search, search->wanting.items[i])->thread] = true;
                }
        }
        if (!seen)
                n_threads = search->n_threads;
        free(seen);
        return n_threads < n_locks ? n_threads : n_locks;
}

static int compare_edges(const void *left, const void *right) {
        const struct cycle_edge *a = left, *b = right;

        if (a->held != b->held)
                return a->held < b->held ? -1 : 1;
        if (a->wanted != b->wanted)
                return a->wanted < b->wanted ? -1 : 1;
        return a->item < b->item ? -1 : a->item > b->item;
}

static void collect_edges(struct search *search) {
        for (uint32_t i = 0; i < search->dependencies->n_items; i++)
                for (uint32_t j = 0; j < item_at(search, i)->n_held; j++) {
                        const struct held_lock *held = &held_by(search, i)[j];

                        if (is_inside(search, i, j))
                                search->edges[search->n_edges++] = (struct cycle_edge) {
                                        held->lock, item_at(search, i)->lock, i,
                                        search->visitor->class_of(held, item_at(search, i), search->visitor->data),
                                };
                }
        qsort(search->edges, search->n_edges, sizeof(*search->edges), compare_edges);
}

/* Cycles of two, and what is left to look for. */
static int search_pairs(struct search *search) {
        int r;

        collect_edges(search);
        r = cycle_pairs_visit(search->dependencies, search->edges, search->n_edges, search->visitor, &search->n_steps, search->max_steps);
        if (r == 0)
                r = cycle_pairs_mark_told(search->edges, search->n_edges, search->component, search->visitor, search->is_told);
        return r;
}

static void find_starts(struct search *search) {
        for (uint32_t lock = 0; lock < search->n_locks; lock++) {
                bool has_both = search->holding.first[lock + 1] > search->holding.first[lock] &&
                                search->wanting.first[lock + 1] > search->wanting.first[lock];

                search->shortest[lock] = UNREACHED;
                if (has_both && !search->is_told[search->component[lock]] && search->n_steps <= search->max_steps)
                        search->shortest[lock] = measure(search, lock);
                if (search->shortest[lock] != UNREACHED)
                        search->starts[search->n_starts++] = lock;
        }
}

int cycles_find(const struct dependencies *dependencies, uint64_t max_steps, const struct cycle_visitor *visitor, bool *ret_complete) {
        struct search search = { .dependencies = dependencies, .visitor = visitor, .max_steps = max_steps };
        int r;

        r = init_search(&search);
        if (r == 0)
                r = search_pairs(&search);
        if (r == 0)
                find_starts(&search);
        if (r == 0)
                r = search_lengths(&search, longest_cycle(&search));
        free_search(&search);
        if (r < 0)
                return r;
        *ret_complete = search.n_steps <= max_steps;
        return *ret_complete ? r : 0;
}
