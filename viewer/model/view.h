/* A range of time on a width in pixels: where a moment lies, and how the range moves. Free of GTK. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct view {
        uint64_t from_ns, to_ns; /* to_ns > from_ns */
        double width;            /* in pixels */
};

#define VIEW_SPAN_MIN_NS 100

static inline double view_ns_per_px(const struct view *view) {
        return (double) (view->to_ns - view->from_ns) / (view->width > 1 ? view->width : 1);
}

/* May lie outside 0 … width. */
static inline double view_x(const struct view *view, uint64_t time_ns) {
        double ns = time_ns >= view->from_ns ? (double) (time_ns - view->from_ns) : -(double) (view->from_ns - time_ns);

        return ns / view_ns_per_px(view);
}

/* Not before 0. */
uint64_t view_time(const struct view *view, double x);

/* Each keeps the range inside 0 … end_ns and not shorter than VIEW_SPAN_MIN_NS. */
void view_zoom(struct view *view, double factor, uint64_t around_ns, uint64_t end_ns); /* below 1: closer */
void view_pan(struct view *view, double ns, uint64_t end_ns);
void view_set(struct view *view, uint64_t from_ns, uint64_t to_ns, uint64_t end_ns);

/* The distance between two ticks of a ruler, a round number of ns, so that they lie at least `min_px` apart. */
uint64_t view_tick_ns(const struct view *view, double min_px);

/* A moment in words, with as many decimals as telling apart moments that lie `step_ns` from each other takes:
 * "1.2047 s", "873.21 µs". The unit goes by `scale_ns`, so that all the ticks of a ruler have the same one. */
#define TIME_TEXT_BYTES 48
void time_text(uint64_t time_ns, uint64_t step_ns, uint64_t scale_ns, char text[static TIME_TEXT_BYTES]);
/* How long something lasts, to three digits: "1.31 s", "42 µs". */
void duration_text(uint64_t ns, char text[static TIME_TEXT_BYTES]);
