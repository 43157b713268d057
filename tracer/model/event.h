/* An event as everything outside the traced program sees it: merged, its object and stack
 * interned. Plain data; knows neither the rings it came from nor the file it goes to. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/record.h"

struct event {
        uint64_t time_ns;  /* since the session began */
        uint32_t thread;   /* catalog id, from 1 */
        uint32_t object;   /* catalog id, from 1; 0: none. Threads as objects: see catalog.h */
        uint32_t stack;    /* catalog id, from 1; 0: none */
        uint32_t sequence; /* as in struct record */
        uint32_t value;
        uint8_t kind;      /* enum event_kind */
        uint8_t flags;     /* enum record_flag */
};

/* What an event does to its thread. */
enum event_effect { EFFECT_SAME, EFFECT_RUNS, EFFECT_WAITS, EFFECT_ENDS };
/* What an event's sequence number says of the merged order. */
enum event_order { ORDER_NONE, ORDER_NEXT, ORDER_CAUSE, ORDER_EFFECT };

struct event_info {
        const char *name; /* NULL for a code that is no event kind */
        const char *phrase;
        enum event_effect effect;
        enum event_order order;
};

/* Any code may be asked for; an unknown one gives an entry whose name is NULL. */
const struct event_info *event_info(unsigned kind);
/* The kind with this name, or 0. */
unsigned event_kind_from_name(const char *name);

const char *object_kind_name(unsigned kind);  /* "mutex"; "object" for an unknown code */
const char *object_kind_words(unsigned kind); /* "mutex", "read-write lock" */
unsigned object_kind_from_name(const char *name);
bool object_kind_is_known(unsigned kind);     /* OBJECT_NONE is none */

/* Events in merged order, a batch at a time. The id of an event is its place in that order, from 1. */
struct event_source {
        /* Points `ret_events` at the next batch, valid until the next call. Returns how many
         * there are, 0 at the end, or a negative errno. */
        int (*next)(struct event_source *source, const struct event **ret_events);
        uint64_t first_id; /* id of the first event of the batch last returned */
};
