/* Which lanes there are, in what order and how high. The threads and objects of the selected finding come first; where
 * there are many others, these are folded into one row ("+61 threads") until they are asked for. Free of GTK. */
#pragma once

#include <stdbool.h>

#include "model/timeline.h"

enum lane_section { SECTION_THREADS, SECTION_LOCKS, SECTION_CHANNELS, N_SECTIONS };
enum lane_kind { LANE_HEADING, LANE_THREAD, LANE_LOCK, LANE_CHANNEL, LANE_FOLD };

struct lane {
        enum lane_kind kind;
        enum lane_section section;
        uint32_t id; /* thread or object; of a LANE_FOLD how many are folded */
        double y, height;
};

struct lane_list {
        struct lane *items;
        size_t n, size;
        double height;
};

#define LANES_FOLD_ABOVE 16 /* so many lanes of a section are shown in any case */

/* Measures that the arranging and the drawing share, in pixels. */
#define LANE_PAD_PX 5
#define LANE_BAR_PX 19
#define LANE_HOLD_PX 13
#define LANE_QUEUE_PX 5

/* Empties the list and fills it. `unfolded` tells of each section whether everything is to be shown. 0 or -ENOMEM. */
int lanes_arrange(const struct timeline *timeline, const struct finding *finding,
                  const bool unfolded[static N_SECTIONS], struct lane_list *list);
void lane_list_finish(struct lane_list *list);

/* The lane at `y`, or of this thread or object; NULL where there is none. */
const struct lane *lanes_at(const struct lane_list *list, double y);
const struct lane *lanes_of_thread(const struct lane_list *list, uint32_t thread);
const struct lane *lanes_of_object(const struct lane_list *list, uint32_t object);
