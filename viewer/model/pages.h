/* Events by their number, as many as are looked at: the file is read a page at a time and the pages used last are kept.
 * One thread. Free of GTK. */
#pragma once

#include "model/trace.h"

struct pages;

/* `trace` has to outlive it. NULL when out of memory. */
struct pages *pages_new(const struct trace *trace);
void pages_free(struct pages *pages);

/* Event `id`, from 1, or NULL where it can't be read. Valid until the next call. */
const struct event *pages_event(struct pages *pages, uint64_t id);

/* The first event at `time_ns` or later; n_events + 1 when there is none. */
uint64_t pages_first_at(struct pages *pages, uint64_t time_ns);

/* The next event (direction 1) or the one before (-1), from `id` on without it, of this thread, or when thread is 0 of
 * this object. 0: none, or none within PAGES_SEARCH_MAX. */
#define PAGES_SEARCH_MAX 20000000
uint64_t pages_neighbour(struct pages *pages, uint64_t id, int direction, uint32_t thread, uint32_t object);
