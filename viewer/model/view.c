#include "view.h"

#include <math.h>
#include <stdio.h>

uint64_t view_time(const struct view *view, double x) {
        double ns = (double) view->from_ns + x * view_ns_per_px(view);

        return ns > 0 ? (uint64_t) ns : 0;
}

/* Puts a range of `span` ns at `from`, moved to lie inside 0 … end. */
static void place(struct view *view, double from, double span, uint64_t end_ns) {
        double end = fmax((double) end_ns, VIEW_SPAN_MIN_NS);

        span = fmin(fmax(span, VIEW_SPAN_MIN_NS), end);
        from = fmax(0, fmin(from, end - span));
        view->from_ns = (uint64_t) from;
        view->to_ns = view->from_ns + (uint64_t) span;
}

void view_zoom(struct view *view, double factor, uint64_t around_ns, uint64_t end_ns) {
        double span = (double) (view->to_ns - view->from_ns), wanted = fmax(span * factor, VIEW_SPAN_MIN_NS);
        double part = ((double) around_ns - (double) view->from_ns) / span;

        place(view, (double) around_ns - part * wanted, wanted, end_ns);
}

void view_pan(struct view *view, double ns, uint64_t end_ns) {
        place(view, (double) view->from_ns + ns, (double) (view->to_ns - view->from_ns), end_ns);
}

void view_set(struct view *view, uint64_t from_ns, uint64_t to_ns, uint64_t end_ns) {
        place(view, (double) from_ns, to_ns > from_ns ? (double) (to_ns - from_ns) : 0, end_ns);
}

uint64_t view_tick_ns(const struct view *view, double min_px) {
        static const unsigned rounds[] = { 1, 2, 5 };
        double wanted = view_ns_per_px(view) * min_px;

        for (uint64_t power = 1; power < UINT64_C(1000000000000000000); power *= 10)
                for (unsigned i = 0; i < 3; i++)
                        if ((double) (power * rounds[i]) >= wanted)
                                return power * rounds[i];
        return UINT64_C(1000000000000000000);
}

static const struct unit {
        const char *name;
        uint64_t ns;
        int digits; /* after the point, down to a nanosecond */
} units[] = { { "s", 1000000000, 9 }, { "ms", 1000000, 6 }, { "µs", 1000, 3 }, { "ns", 1, 0 } };

static const struct unit *unit_for(uint64_t ns) {
        unsigned i = 0;

        while (i < 3 && ns < units[i].ns)
                i++;
        return &units[i];
}

void time_text(uint64_t time_ns, uint64_t step_ns, uint64_t scale_ns, char text[static TIME_TEXT_BYTES]) {
        const struct unit *unit = unit_for(scale_ns);
        int digits = unit->digits;

        for (uint64_t power = 10; digits > 0 && power <= step_ns; power *= 10)
                digits--;
        snprintf(text, TIME_TEXT_BYTES, "%.*f %s", digits, (double) time_ns / (double) unit->ns, unit->name);
}

void duration_text(uint64_t ns, char text[static TIME_TEXT_BYTES]) {
        const struct unit *unit = unit_for(ns);
        double value = (double) ns / (double) unit->ns;

        snprintf(text, TIME_TEXT_BYTES, "%.*f %s",
                 unit->digits == 0 || value >= 100 ? 0
                 : value >= 10                     ? 1
                                                   : 2,
                 value, unit->name);
}
