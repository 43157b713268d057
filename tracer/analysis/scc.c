#include "analysis/scc.h"

#include <errno.h>
#include <stdlib.h>

#define UNSEEN 0
#define DONE UINT32_MAX

struct search {
        const uint32_t *first, *to;
        uint32_t *component;
        uint32_t n_components;
        uint32_t *low;     /* UNSEEN, the lowest visit number reached from here, or DONE */
        uint32_t *visit;
        uint32_t *edge;    /* the next edge to follow */
        uint32_t *open;    /* nodes that have no component yet */
        uint32_t n_open;
        uint32_t *path;    /* the nodes being visited */
        uint32_t n_path;
        uint32_t n_visited;
};

static void enter(struct search *search, uint32_t node) {
        search->visit[node] = search->low[node] = ++search->n_visited;
        search->edge[node] = search->first[node];
        search->open[search->n_open++] = node;
        search->path[search->n_path++] = node;
}

static void lower(uint32_t *low, uint32_t to) {
        if (to < *low)
                *low = to;
}

/* Every edge of the last node of the path has been followed. */
static void leave(struct search *search) {
        uint32_t node = search->path[--search->n_path], member;

        if (search->low[node] == search->visit[node]) {
                do {
                        member = search->open[--search->n_open];
                        search->component[member] = search->n_components;
                        search->low[member] = DONE;
                } while (member != node);
                search->n_components++;
        } else {
                lower(&search->low[search->path[search->n_path - 1]], search->low[node]);
        }
}

static void visit_from(struct search *search, uint32_t root) {
        enter(search, root);
        while (search->n_path > 0) {
                uint32_t node = search->path[search->n_path - 1], next;

                if (search->edge[node] == search->first[node + 1]) {
                        leave(search);
                        continue;
                }
                next = search->to[search->edge[node]++];
                if (search->low[next] == UNSEEN)
                        enter(search, next);
                else if (search->low[next] != DONE)
                        lower(&search->low[node], search->visit[next]);
        }
}

int scc_find(uint32_t n, const uint32_t *first, const uint32_t *to, uint32_t *component, uint32_t *ret_n_components) {
        uint32_t *memory = calloc(n ? n : 1, 5 * sizeof(*memory));
        struct search search = { .first = first, .to = to, .component = component };

        if (!memory)
                return -ENOMEM;
        search.low = memory;
        search.visit = memory + n;
        search.edge = memory + 2 * (size_t) n;
        search.open = memory + 3 * (size_t) n;
        search.path = memory + 4 * (size_t) n;
        for (uint32_t i = 0; i < n; i++)
                if (search.low[i] == UNSEEN)
                        visit_from(&search, i);
        free(memory);
        *ret_n_components = search.n_components;
        return 0;
}
