/* Short written event stories: what happened, as text, becomes a catalog and events, with no program and no database.
 *
 *     struct story *s = story("Plato: lock forks[0], wait-lock forks[1];"
 *                             "Kant:  lock forks[1]");
 *
 * A story is segments, `THREAD: step, step, …`, with `;` between them. What is written first happened first; a thread
 * may come back in as many segments as it likes. A step is the name of an event (the third column of events.def) and,
 * in any order,
 *
 *     a name            the object: made by its first use, of the kind that the event speaks of. `rwlock:R` and the like
 *                       say the kind. After `destroy A`, the next A is another object at the same address.
 *     try timed again   flags of the record
 *     read write        a lock so taken is a read-write lock
 *     =7                the value: a capacity, a sender's number, an errno
 *     #3                the sequence number
 *     @12  in f         source line and function; else the running number of the step, and the thread's name
 *     at 1.204s         when (s, ms, us, ns); else a millisecond after the step before
 *
 * What is left out is filled in as a recording would: sequence numbers of locks and messages, the number of a cloned
 * sender, the sender a thread used last (else 1). `spawn T2` makes T2 a child in the same process; `T1/2: …` puts T1
 * into process 2. Every step has a stack of one frame in "story.c"; equal function and line are the same stack. */
#pragma once

#include "model/catalog.h"
#include "model/event.h"

struct story_counters; /* private: one for each object */

struct story {
        struct catalog catalog;
        struct event *events;
        size_t n_events, size_events;
        struct story_counters *counters;
        size_t n_counters;
        struct story_source {
                struct event_source base;
                const struct story *story;
                size_t at;
        } source;
        struct story *next;
};

/* Never NULL. A bad story fails the running test and says where it is bad; what was good so far is there. Stories live
 * until the test program ends, or story_free(). */
#define story(text) story_at(__FILE__, __LINE__, (text))
struct story *story_at(const char *file, int line, const char *text);
/* The same without a test to fail: `error` is empty where the story is good. */
#define STORY_ERROR_BYTES 400
struct story *story_read(const char *text, char error[static STORY_ERROR_BYTES]);
void story_free(struct story *story);

/* All events from the first one, in small batches. One source at a time; belongs to the story. */
struct event_source *story_source(struct story *story);

/* By name, 0 where there is none. Of objects of one name, the last one. */
uint32_t story_thread(const struct story *story, const char *name);
uint32_t story_object(const struct story *story, const char *name);
