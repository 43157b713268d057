#include "focus.h"

struct _HeddleFocus {
        GObject parent;
        struct focus now;
        struct trace *trace;
        struct timeline *timeline;
        struct pages *pages;
};

G_DEFINE_FINAL_TYPE(HeddleFocus, heddle_focus, G_TYPE_OBJECT)

#define CONTEXT_EVENTS 20

static guint changed_signal;

static void drop_trace(HeddleFocus *focus) {
        g_clear_pointer(&focus->pages, pages_free);
        g_clear_pointer(&focus->timeline, timeline_free);
        g_clear_pointer(&focus->trace, trace_unref);
}

static void heddle_focus_finalize(GObject *object) {
        drop_trace(HEDDLE_FOCUS(object));
        G_OBJECT_CLASS(heddle_focus_parent_class)->finalize(object);
}

static void heddle_focus_class_init(HeddleFocusClass *class) {
        G_OBJECT_CLASS(class)->finalize = heddle_focus_finalize;
        changed_signal = g_signal_new("changed", HEDDLE_TYPE_FOCUS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                      1, G_TYPE_UINT);
}

static void heddle_focus_init(HeddleFocus *focus) {
}

HeddleFocus *heddle_focus_new(void) {
        return g_object_new(HEDDLE_TYPE_FOCUS, NULL);
}

const struct focus *heddle_focus_get(HeddleFocus *focus) {
        return &focus->now;
}

struct trace *heddle_focus_trace(HeddleFocus *focus) {
        return focus->trace;
}

const struct timeline *heddle_focus_timeline(HeddleFocus *focus) {
        return focus->timeline;
}

struct pages *heddle_focus_pages(HeddleFocus *focus) {
        return focus->pages;
}

void heddle_focus_set(HeddleFocus *focus, const struct focus *wanted) {
        const struct focus *now = &focus->now;
        unsigned changes = (wanted->time_ns != now->time_ns ? FOCUS_TIME : 0) |
                           (wanted->thread != now->thread ? FOCUS_THREAD : 0) |
                           (wanted->object != now->object ? FOCUS_OBJECT : 0) |
                           (wanted->finding != now->finding ? FOCUS_FINDING : 0) |
                           (wanted->event != now->event ? FOCUS_EVENT : 0) |
                           (wanted->from_ns != now->from_ns || wanted->to_ns != now->to_ns ? FOCUS_RANGE : 0);

        if (!focus->trace || changes == 0)
                return;
        focus->now = *wanted;
        g_signal_emit(focus, changed_signal, 0, changes);
}

/* Sets the range of `wanted`, inside the trace. */
static void range(HeddleFocus *focus, struct focus *wanted, double from_ns, double to_ns) {
        struct view view;

        view_set(&view, from_ns > 0 ? (uint64_t) from_ns : 0, to_ns > 0 ? (uint64_t) to_ns : 0, focus->trace->end_ns);
        wanted->from_ns = view.from_ns;
        wanted->to_ns = view.to_ns;
}

/* What a moment needs around it to be understood: some of the events before. */
static uint64_t context_before(HeddleFocus *focus, uint64_t time_ns) {
        uint64_t id = pages_first_at(focus->pages, time_ns);
        const struct event *event = pages_event(focus->pages, id > CONTEXT_EVENTS ? id - CONTEXT_EVENTS : 1);

        return event ? event->time_ns : time_ns;
}

/* From its first step to a while after it was complete: what led there takes two thirds of the width. */
static void frame_finding(HeddleFocus *focus, const struct finding *finding, struct focus *wanted) {
        uint64_t first_ns = finding->time_ns, last_ns = finding->time_ns;
        double span;

        for (size_t i = 0; i < finding->n_steps; i++) {
                if (finding->n_rings > 0 && finding->steps[i].ring == 0)
                        continue; /* who queues behind may have done so for long */
                first_ns = MIN(first_ns, finding->steps[i].time_ns);
                last_ns = MAX(last_ns, finding->steps[i].time_ns);
        }
        if (last_ns - first_ns < 1000)
                first_ns = MIN(first_ns, context_before(focus, first_ns));
        span = MAX((double) (last_ns - first_ns), 1000);
        range(focus, wanted, (double) first_ns - span * 0.25, (double) last_ns + span * 0.75);
}

/* Where nothing is wrong, the longest wait is the most there is to see. */
static void start_at_longest_wait(const struct trace *trace, struct focus *ret_focus) {
        const struct wait *longest = NULL;
        uint64_t longest_ns = 0;

        for (size_t i = 0; i < trace->n_waits; i++) {
                uint64_t lasts_ns =
                        MIN(trace->waits[i].ended_ns, trace->end_ns) - MIN(trace->waits[i].began_ns, trace->end_ns);

                if (lasts_ns > longest_ns) {
                        longest = &trace->waits[i];
                        longest_ns = lasts_ns;
                }
        }
        if (!longest)
                return;
        ret_focus->time_ns = longest->began_ns;
        ret_focus->thread = longest->thread;
        ret_focus->event = longest->event_id;
}

void heddle_focus_set_trace(HeddleFocus *focus, struct trace *trace, struct timeline *timeline) {
        drop_trace(focus);
        focus->trace = trace;
        focus->timeline = timeline;
        focus->pages = trace ? pages_new(trace) : NULL;
        focus->now = (struct focus) { .to_ns = trace ? trace->end_ns : 0 };
        if (trace && trace->findings.n > 0) {
                const struct finding *worst = &trace->findings.items[0];

                focus->now.finding = worst->id;
                focus->now.time_ns = worst->time_ns;
                focus->now.thread = worst->n_threads > 0 ? worst->threads[0] : 0;
                frame_finding(focus, worst, &focus->now);
        } else if (trace) {
                start_at_longest_wait(trace, &focus->now);
        }
        g_signal_emit(focus, changed_signal, 0,
                      FOCUS_TRACE | FOCUS_TIME | FOCUS_THREAD | FOCUS_OBJECT | FOCUS_FINDING | FOCUS_EVENT |
                              FOCUS_RANGE);
}

void heddle_focus_select_finding(HeddleFocus *focus, uint32_t id) {
        const struct finding *finding = focus->trace ? trace_finding(focus->trace, id) : NULL;
        struct focus wanted = focus->now;

        if (!finding)
                return;
        wanted.finding = id;
        wanted.time_ns = finding->time_ns;
        wanted.thread = finding->n_threads > 0 ? finding->threads[0] : 0;
        wanted.object = 0;
        wanted.event = 0;
        frame_finding(focus, finding, &wanted);
        heddle_focus_set(focus, &wanted);
}

/* Moves the range as little as shows the moment, with a tenth of it to spare. */
static void show_time(HeddleFocus *focus, struct focus *wanted) {
        double span = (double) (wanted->to_ns - wanted->from_ns), time = (double) wanted->time_ns;

        if (time < (double) wanted->from_ns)
                range(focus, wanted, time - span * 0.1, time + span * 0.9);
        else if (time > (double) wanted->to_ns)
                range(focus, wanted, time - span * 0.9, time + span * 0.1);
}

void heddle_focus_select_event(HeddleFocus *focus, uint64_t id) {
        const struct event *event = focus->pages ? pages_event(focus->pages, id) : NULL;
        struct focus wanted = focus->now;

        if (!event)
                return;
        wanted.event = id;
        wanted.time_ns = event->time_ns;
        wanted.thread = event->thread;
        wanted.object = event->object;
        show_time(focus, &wanted);
        heddle_focus_set(focus, &wanted);
}

void heddle_focus_select_thread(HeddleFocus *focus, uint32_t thread) {
        struct focus wanted = focus->now;

        wanted.thread = thread;
        wanted.object = 0;
        heddle_focus_set(focus, &wanted);
}

void heddle_focus_select_object(HeddleFocus *focus, uint32_t object) {
        struct focus wanted = focus->now;

        wanted.object = object;
        wanted.thread = 0;
        heddle_focus_set(focus, &wanted);
}

void heddle_focus_set_time(HeddleFocus *focus, uint64_t time_ns) {
        struct focus wanted = focus->now;

        if (!focus->trace)
                return;
        wanted.time_ns = MIN(time_ns, focus->trace->end_ns);
        heddle_focus_set(focus, &wanted);
}

void heddle_focus_set_range(HeddleFocus *focus, uint64_t from_ns, uint64_t to_ns) {
        struct focus wanted = focus->now;

        if (!focus->trace)
                return;
        range(focus, &wanted, (double) from_ns, (double) to_ns);
        heddle_focus_set(focus, &wanted);
}

void heddle_focus_zoom(HeddleFocus *focus, double factor, uint64_t around_ns) {
        struct view view = { focus->now.from_ns, focus->now.to_ns, 1 };

        if (!focus->trace)
                return;
        view_zoom(&view, factor, around_ns, focus->trace->end_ns);
        heddle_focus_set_range(focus, view.from_ns, view.to_ns);
}

void heddle_focus_pan(HeddleFocus *focus, double part) {
        struct view view = { focus->now.from_ns, focus->now.to_ns, 1 };

        if (!focus->trace)
                return;
        view_pan(&view, part * (double) (view.to_ns - view.from_ns), focus->trace->end_ns);
        heddle_focus_set_range(focus, view.from_ns, view.to_ns);
}

void heddle_focus_frame(HeddleFocus *focus) {
        struct focus wanted = focus->now;
        enum span_state state;
        const struct finding *finding = focus->trace ? trace_finding(focus->trace, wanted.finding) : NULL;
        const struct wait *wait;

        if (!focus->trace)
                return;
        wait = wanted.event || !finding ? timeline_wait_at(focus->timeline, wanted.thread, wanted.time_ns, &state)
                                        : NULL;
        if (wait) {
                double began = (double) wait->began_ns, ended = (double) MIN(wait->ended_ns, focus->trace->end_ns);

                range(focus, &wanted, began - (ended - began) * 0.5, ended + (ended - began) * 0.5);
        } else if (wanted.event) {
                double span = (double) (wanted.to_ns - wanted.from_ns) / 4;

                range(focus, &wanted, (double) wanted.time_ns - span / 2, (double) wanted.time_ns + span / 2);
        } else if (finding) {
                frame_finding(focus, finding, &wanted);
                wanted.time_ns = finding->time_ns;
        } else {
                range(focus, &wanted, 0, (double) focus->trace->end_ns);
        }
        heddle_focus_set(focus, &wanted);
}

void heddle_focus_frame_all(HeddleFocus *focus) {
        if (focus->trace)
                heddle_focus_set_range(focus, 0, focus->trace->end_ns);
}

void heddle_focus_step_finding(HeddleFocus *focus, int direction) {
        size_t n = focus->trace ? focus->trace->findings.n : 0, at = 0;

        if (n == 0)
                return;
        for (size_t i = 0; i < n; i++)
                if (focus->trace->findings.items[i].id == focus->now.finding)
                        at = direction > 0 ? (i + 1) % n : (i + n - 1) % n;
        heddle_focus_select_finding(focus, focus->trace->findings.items[at].id);
}

void heddle_focus_step_event(HeddleFocus *focus, int direction) {
        uint64_t from;

        if (!focus->trace)
                return;
        /* Without an event in focus, the one at or behind the cursor counts as it when going back. */
        from = focus->now.event ? focus->now.event : pages_first_at(focus->pages, focus->now.time_ns);
        if (!focus->now.event && direction > 0)
                from--;
        from = pages_neighbour(focus->pages, from, direction, focus->now.thread, focus->now.object);
        if (from)
                heddle_focus_select_event(focus, from);
}
