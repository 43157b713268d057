/* What the viewer says of a trace, in words. All texts are written to the caller's buffer of TELL_BYTES. Free of GTK.
 */
#pragma once

#include "model/timeline.h"

#define TELL_BYTES 256

/* "6 threads · 5 locks · 212 events · 1.31 s · stopped by Heddle: deadlock" */
void tell_trace(const struct trace *trace, char text[static TELL_BYTES]);
/* "waits for forks[1] · Kant", "waits to join Plato" */
void tell_wait(const struct trace *trace, const struct wait *wait, char text[static TELL_BYTES]);
/* The same for where there is little room: "lock forks[1]", "join Plato" */
void tell_wait_short(const struct trace *trace, const struct wait *wait, char text[static TELL_BYTES]);
/* What a thread does at a moment: "runs", "waits for forks[1]", "ended", "not there yet". */
void tell_thread(const struct timeline *timeline, uint32_t thread, uint64_t time_ns, char text[static TELL_BYTES]);
/* What is up with a lock or channel at a moment: "held by Plato · 1 waiting", "free", "3 on their way". */
void tell_object(const struct timeline *timeline, uint32_t object, uint64_t time_ns, char text[static TELL_BYTES]);
/* "Plato holds forks[0], taken here", "Plato waits for forks[1], held by Kant, since 1.2041 s" */
void tell_step(const struct trace *trace, const struct finding_step *step, char text[static TELL_BYTES]);
/* "Plato locks forks[0]" */
void tell_event(const struct trace *trace, const struct event *event, char text[static TELL_BYTES]);
/* "philosophers.c:31 in dine()", or why it is not known */
void tell_site(const struct trace *trace, uint32_t stack, char text[static TELL_BYTES]);
/* A moment, to the microsecond in a trace of seconds: "1.2047 s". */
void tell_time(const struct trace *trace, uint64_t time_ns, char text[static TIME_TEXT_BYTES]);

/* What was looked for in the trace, and what came of it: line `i` from 0. Returns false behind the last. */
struct checked {
        char text[TELL_BYTES];
        enum { CHECKED_CLEAN, CHECKED_FOUND, CHECKED_NOT } state;
};
bool tell_checked(const struct trace *trace, size_t i, struct checked *ret_checked);

/* The last part of a path. */
const char *base_name(const char *path);
