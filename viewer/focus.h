/* What the user looks at: a moment, a thread, an object, a finding, an event and a range of time. Every pane shows the
 * same focus, and whatever is clicked moves it; no pane knows another one. */
#pragma once

#include <glib-object.h>

#include "model/lanes.h"
#include "model/pages.h"

#define HEDDLE_TYPE_FOCUS (heddle_focus_get_type())
G_DECLARE_FINAL_TYPE(HeddleFocus, heddle_focus, HEDDLE, FOCUS, GObject)

struct focus {
        uint64_t time_ns;
        uint32_t thread, object; /* 0: none */
        uint32_t finding;        /* its number; 0: none */
        uint64_t event;          /* its number; 0: none, then it is the finding that details are shown of */
        uint64_t from_ns, to_ns; /* the range of time that is visible */
};

enum focus_change {
        FOCUS_TRACE = 1 << 0, /* another trace, or none: everything is new */
        FOCUS_TIME = 1 << 1,
        FOCUS_THREAD = 1 << 2,
        FOCUS_OBJECT = 1 << 3,
        FOCUS_FINDING = 1 << 4,
        FOCUS_EVENT = 1 << 5,
        FOCUS_RANGE = 1 << 6,
};

/* Emits "changed" with the enum focus_change flags of what is different. */
HeddleFocus *heddle_focus_new(void);
const struct focus *heddle_focus_get(HeddleFocus *focus);
void heddle_focus_set(HeddleFocus *focus, const struct focus *wanted);

/* The trace itself; all NULL while none is open. The focus takes over both and lets go of those before; selects the
 * worst finding. */
void heddle_focus_set_trace(HeddleFocus *focus, struct trace *trace, struct timeline *timeline);
struct trace *heddle_focus_trace(HeddleFocus *focus);
const struct timeline *heddle_focus_timeline(HeddleFocus *focus);
struct pages *heddle_focus_pages(HeddleFocus *focus);

/* Moves to what is meant and takes along what belongs to it. */
void heddle_focus_select_finding(HeddleFocus *focus, uint32_t id); /* frames it too */
void heddle_focus_select_event(HeddleFocus *focus,
                               uint64_t id); /* its time, thread and object; scrolls the range to it */
void heddle_focus_select_thread(HeddleFocus *focus, uint32_t thread);
void heddle_focus_select_object(HeddleFocus *focus, uint32_t object);
void heddle_focus_set_time(HeddleFocus *focus, uint64_t time_ns);
void heddle_focus_set_range(HeddleFocus *focus, uint64_t from_ns, uint64_t to_ns);
void heddle_focus_zoom(HeddleFocus *focus, double factor, uint64_t around_ns);
void heddle_focus_pan(HeddleFocus *focus, double part); /* of the visible range */
void heddle_focus_frame(HeddleFocus *focus);            /* the finding, or the wait or event in focus */
void heddle_focus_frame_all(HeddleFocus *focus);
/* The next finding (1) or the one before (-1), going round. */
void heddle_focus_step_finding(HeddleFocus *focus, int direction);
/* The next event of the thread or object in focus (1) or the one before (-1). */
void heddle_focus_step_event(HeddleFocus *focus, int direction);
