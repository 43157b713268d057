#include "model/pages.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_EVENTS 2048
#define N_PAGES 32

struct page {
        uint64_t number; /* holds events number * PAGE_EVENTS + 1 …; UINT64_MAX: nothing yet */
        uint64_t used;   /* when last, by counting */
        size_t n;
        struct event events[PAGE_EVENTS];
};

struct pages {
        const struct trace *trace;
        uint64_t clock;
        struct page *items[N_PAGES];
};

struct pages *pages_new(const struct trace *trace) {
        struct pages *pages = calloc(1, sizeof(*pages));

        if (pages)
                pages->trace = trace;
        return pages;
}

void pages_free(struct pages *pages) {
        if (!pages)
                return;
        for (size_t i = 0; i < N_PAGES; i++)
                free(pages->items[i]);
        free(pages);
}

/* Reads what there is of a page; what can't be read is left out. */
static void fill(struct pages *pages, struct page *page, uint64_t number) {
        struct event_source *source;
        const struct event *events;
        int n;

        page->number = number;
        page->n = 0;
        if (store_reader_source(pages->trace->reader, number * PAGE_EVENTS + 1, &source, NULL) < 0)
                return;
        while (page->n < PAGE_EVENTS && (n = source->next(source, &events)) > 0) {
                size_t room = PAGE_EVENTS - page->n, taken = (size_t) n < room ? (size_t) n : room;

                memcpy(&page->events[page->n], events, taken * sizeof(*events));
                page->n += taken;
        }
        store_source_free(source);
}

/* The page itself, or the one used longest ago, filled anew. */
static struct page *page_of(struct pages *pages, uint64_t number) {
        size_t oldest = 0;

        for (size_t i = 0; i < N_PAGES; i++) {
                if (!pages->items[i]) {
                        pages->items[i] = malloc(sizeof(struct page));
                        if (!pages->items[i])
                                return NULL;
                        pages->items[i]->number = UINT64_MAX;
                        pages->items[i]->used = 0;
                }
                if (pages->items[i]->number == number)
                        return pages->items[i];
                if (pages->items[i]->used < pages->items[oldest]->used)
                        oldest = i;
                if (pages->items[i]->number == UINT64_MAX)
                        break; /* the rest have not been used yet either */
        }
        fill(pages, pages->items[oldest], number);
        return pages->items[oldest];
}

const struct event *pages_event(struct pages *pages, uint64_t id) {
        struct page *page;

        if (id == 0 || id > pages->trace->n_events)
                return NULL;
        page = page_of(pages, (id - 1) / PAGE_EVENTS);
        if (!page)
                return NULL;
        page->used = ++pages->clock;
        return (id - 1) % PAGE_EVENTS < page->n ? &page->events[(id - 1) % PAGE_EVENTS] : NULL;
}

uint64_t pages_first_at(struct pages *pages, uint64_t time_ns) {
        uint64_t low = 1, high = pages->trace->n_events + 1;

        while (low < high) {
                uint64_t middle = low + (high - low) / 2;
                const struct event *event = pages_event(pages, middle);

                if (!event || event->time_ns >= time_ns)
                        high = middle;
                else
                        low = middle + 1;
        }
        return low;
}

uint64_t pages_neighbour(struct pages *pages, uint64_t id, int direction, uint32_t thread, uint32_t object) {
        for (uint64_t steps = 0; steps < PAGES_SEARCH_MAX; steps++) {
                const struct event *event;

                if ((direction < 0 && id <= 1) || (direction > 0 && id >= pages->trace->n_events))
                        return 0;
                id = direction < 0 ? id - 1 : id + 1;
                event = pages_event(pages, id);
                if (event && (thread ? event->thread == thread : object == 0 || event->object == object))
                        return id;
        }
        return 0;
}
