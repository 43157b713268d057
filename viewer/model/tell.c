#include "model/tell.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *base_name(const char *path) {
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

/* "1.209500 s" is "1.2095 s"; three decimals stay, so that moments near each other look alike. */
static void trim_zeros(char *text) {
        char *point = strchr(text, '.'), *end = point ? strchr(point, ' ') : NULL, *from = end;

        if (!end)
                return;
        while (from > point + 4 && from[-1] == '0')
                from--;
        memmove(from, end, strlen(end) + 1);
}

void tell_time(const struct trace *trace, uint64_t time_ns, char text[static TIME_TEXT_BYTES]) {
        uint64_t step_ns = trace->end_ns < 1000000 ? 1 : trace->end_ns < 1000000000 ? 100 : 1000;

        time_text(time_ns, step_ns, trace->end_ns, text);
        trim_zeros(text);
}

static int counted(char *text, size_t size, uint64_t n, const char *one) {
        return snprintf(text, size, "%" PRIu64 " %s%s · ", n, one, n == 1 ? "" : "s");
}

void tell_trace(const struct trace *trace, char text[static TELL_BYTES]) {
        char duration[TIME_TEXT_BYTES];
        uint32_t n_channels = trace_n_objects(trace, trace_is_channel);
        int n = counted(text, TELL_BYTES, trace_n_threads(trace), "thread");

        n += counted(text + n, TELL_BYTES - (size_t) n, trace_n_objects(trace, trace_is_lock), "lock");
        if (n_channels > 0)
                n += counted(text + n, TELL_BYTES - (size_t) n, n_channels, "channel");
        n += counted(text + n, TELL_BYTES - (size_t) n, trace->n_events, "event");
        duration_text(trace->end_ns, duration);
        snprintf(text + n, TELL_BYTES - (size_t) n, "%s%s%s", duration, trace->recording->ended ? " · " : "",
                 trace->recording->ended ? trace->recording->ended : "");
}

void tell_wait(const struct trace *trace, const struct wait *wait, char text[static TELL_BYTES]) {
        char object[CATALOG_LABEL_BYTES], owner[CATALOG_LABEL_BYTES];
        const char *phrase = event_info(wait->kind)->phrase;
        int n = snprintf(text, TELL_BYTES, "%s %s", phrase ? phrase : "waits for",
                         catalog_object_name(trace->catalog, wait->object, object));

        if (wait->owner > 0 && wait->owner != catalog_object_thread(trace->catalog, wait->object) && n < TELL_BYTES)
                snprintf(text + n, TELL_BYTES - (size_t) n, " · %s",
                         catalog_thread_label(trace->catalog, wait->owner, owner));
}

void tell_wait_short(const struct trace *trace, const struct wait *wait, char text[static TELL_BYTES]) {
        char object[CATALOG_LABEL_BYTES];
        const char *name = event_info(wait->kind)->name;

        if (name && strncmp(name, "wait-", 5) == 0)
                name += 5;
        snprintf(text, TELL_BYTES, "%s %s", name ? name : "wait",
                 catalog_object_name(trace->catalog, wait->object, object));
}

void tell_thread(const struct timeline *timeline, uint32_t thread, uint64_t time_ns, char text[static TELL_BYTES]) {
        const struct thread_rows *rows = timeline_thread(timeline, thread);
        char object[CATALOG_LABEL_BYTES];
        enum span_state state;
        const struct wait *wait = timeline_wait_at(timeline, thread, time_ns, &state);
        const char *phrase = wait ? event_info(wait->kind)->phrase : NULL;

        if (wait)
                snprintf(text, TELL_BYTES, "%s %s", phrase ? phrase : "waits for",
                         catalog_object_name(timeline->trace->catalog, wait->object, object));
        else
                snprintf(text, TELL_BYTES, "%s",
                         time_ns < rows->began_ns ? "not there yet"
                         : time_ns >= rows->ended_ns && timeline->trace->catalog->threads[thread].ended_ns != NEVER
                                 ? "ended"
                                 : "runs");
}

void tell_object(const struct timeline *timeline, uint32_t object, uint64_t time_ns, char text[static TELL_BYTES]) {
        const struct trace *trace = timeline->trace;
        const struct object_rows *rows = timeline_object(timeline, object);
        uint64_t last_ns = time_ns < trace->end_ns ? time_ns : trace->end_ns - 1;
        const struct span *held = track_at(&rows->held, last_ns), *queue = track_at(&rows->queue, last_ns);
        uint32_t n_held = held ? weight_value(held->weight) : 0, n_waiting = queue ? weight_value(queue->weight) : 0;
        char name[CATALOG_LABEL_BYTES];
        int n;

        if (trace_is_channel(catalog_object(trace->catalog, object)->kind))
                n = snprintf(text, TELL_BYTES, "%" PRIu32 " on the way", n_held);
        else if (held && held->item != NO_ITEM)
                n = snprintf(text, TELL_BYTES, "held by %s",
                             catalog_thread_label(trace->catalog, trace->holds[held->item].thread, name));
        else if (held)
                n = snprintf(text, TELL_BYTES, "shared by %" PRIu32, n_held);
        else
                n = snprintf(text, TELL_BYTES, "%s",
                             trace->without_holds ? object_kind_words(catalog_object(trace->catalog, object)->kind)
                                                  : "free");
        if (n_waiting > 0 && n < TELL_BYTES)
                snprintf(text + n, TELL_BYTES - (size_t) n, " · %" PRIu32 " waiting", n_waiting);
}

/* ", held by Kant" for a lock; for a join the thread has been named already. */
static int held_by(const struct trace *trace, const struct finding_step *step, char *text, size_t size) {
        char name[CATALOG_LABEL_BYTES];

        if (step->holder == 0 || step->event == EV_BARRIER_WAIT || step->holder == catalog_object_thread(trace->catalog, step->object))
                return 0;
        return snprintf(text, size,
                        trace_is_lock(catalog_object(trace->catalog, step->object)->kind) ? ", held by %s"
                                                                                          : ", up to %s",
                        catalog_thread_label(trace->catalog, step->holder, name));
}

void tell_step(const struct trace *trace, const struct finding_step *step, char text[static TELL_BYTES]) {
        char thread[CATALOG_LABEL_BYTES], object[CATALOG_LABEL_BYTES], time[TIME_TEXT_BYTES];
        const char *phrase = step->role == STEP_HOLDS ? "holds" : event_info(step->event)->phrase;
        int n = snprintf(text, TELL_BYTES, "%s %s", catalog_thread_label(trace->catalog, step->thread, thread),
                         phrase ? phrase : step_role_name(step->role));

        /* A thread that ends is no object of its own end. */
        if (step->object > 0 && catalog_object_thread(trace->catalog, step->object) != step->thread && n < TELL_BYTES)
                n += snprintf(text + n, TELL_BYTES - (size_t) n, " %s", catalog_object_name(trace->catalog, step->object, object));

        tell_time(trace, step->time_ns, time);
        if (n >= TELL_BYTES)
                return;
        if (step->role == STEP_WAITS || step->role == STEP_QUEUES) {
                n += held_by(trace, step, text + n, TELL_BYTES - (size_t) n);
                if (n < TELL_BYTES)
                        snprintf(text + n, TELL_BYTES - (size_t) n, ", since %s", time);
        } else {
                snprintf(text + n, TELL_BYTES - (size_t) n, step->role == STEP_HOLDS ? ", taken here at %s" : " at %s",
                         time);
        }
}

void tell_event(const struct trace *trace, const struct event *event, char text[static TELL_BYTES]) {
        char thread[CATALOG_LABEL_BYTES], object[CATALOG_LABEL_BYTES];
        const char *phrase = event_info(event->kind)->phrase;

        snprintf(text, TELL_BYTES, "%s %s %s", catalog_thread_label(trace->catalog, event->thread, thread),
                 phrase ? phrase : "does something to",
                 event->object ? catalog_object_name(trace->catalog, event->object, object) : "");
}

void tell_site(const struct trace *trace, uint32_t stack, char text[static TELL_BYTES]) {
        const struct frame *frame = catalog_site(trace->catalog, stack);

        if (!frame)
                snprintf(text, TELL_BYTES, "%s", stack ? "no debug information" : "");
        else if (frame->file && frame->line > 0)
                snprintf(text, TELL_BYTES, "%s:%" PRIu32, base_name(frame->file), frame->line);
        else
                snprintf(text, TELL_BYTES, "%s", frame->module ? base_name(frame->module) : "");
}

/* What each kind of finding means that it was looked for, in the order of findings.def; NULL: its headline does. */
static const char *const looked_for[N_FINDING_KINDS] = {
        [FINDING_DEADLOCK] = "deadlocks that happened",
        [FINDING_LOCK_ORDER_CYCLE] = "lock order",
        [FINDING_COMMUNICATION_DEADLOCK_RISK] = "deadlocks of a lock and another wait",
        [FINDING_LOST_WAKEUP] = "lost wake-ups",
        [FINDING_BLOCKED_FOREVER] = "threads blocked for ever",
        [FINDING_UNLOCK_NOT_OWNER] = "locks unlocked by another thread",
        [FINDING_UNLOCK_NOT_HELD] = "locks unlocked while free",
        [FINDING_DESTROY_LOCKED] = "locks destroyed while held",
        [FINDING_LOCK_LEAK] = "locks left locked",
        [FINDING_SEND_TO_CLOSED] = "sends to closed channels",
        [FINDING_MESSAGE_NEVER_RECEIVED] = "messages never received",
        [FINDING_THREAD_LEAK] = "threads never joined",
};

bool tell_checked(const struct trace *trace, size_t i, struct checked *ret_checked) {
        enum finding_kind kind = (enum finding_kind)(i + 1);
        size_t n_found = 0;
        int n;

        if (i + 1 == N_FINDING_KINDS) {
                snprintf(ret_checked->text, TELL_BYTES, "data races: memory accesses were not recorded");
                ret_checked->state = CHECKED_NOT;
                return true;
        }
        if (i + 1 > N_FINDING_KINDS)
                return false;
        for (size_t k = 0; k < trace->findings.n; k++)
                n_found += trace->findings.items[k].kind == kind;
        n = snprintf(ret_checked->text, TELL_BYTES, "%s",
                     looked_for[kind] ? looked_for[kind] : finding_kind_headline(kind));
        if (kind == FINDING_LOCK_ORDER_CYCLE)
                n += snprintf(ret_checked->text + n, TELL_BYTES - (size_t) n, ", %zu pair%s", trace->n_edges,
                              trace->n_edges == 1 ? "" : "s");
        if (n_found > 0)
                snprintf(ret_checked->text + n, TELL_BYTES - (size_t) n, ": %zu found", n_found);
        ret_checked->state = n_found > 0 ? CHECKED_FOUND : CHECKED_CLEAN;
        return true;
}
