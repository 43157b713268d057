#include "model/lanes.h"

#include <errno.h>
#include <stdlib.h>

#define HEADING_PX 26
#define FOLD_PX 26
#define NAMES_PX 40 /* a thread's name and, below it, what it does */

static int add_lane(struct lane_list *list, enum lane_kind kind, enum lane_section section, uint32_t id,
                    double height) {
        if (list->n == list->size) {
                size_t size = list->size ? list->size * 2 : 32;
                struct lane *moved = reallocarray(list->items, size, sizeof(*moved));

                if (!moved)
                        return -ENOMEM;
                list->items = moved;
                list->size = size;
        }
        list->items[list->n++] = (struct lane) { kind, section, id, list->height, height };
        list->height += height;
        return 0;
}

static double thread_height(const struct thread_rows *rows) {
        double height = LANE_PAD_PX + LANE_BAR_PX + rows->n_hold_rows * (LANE_HOLD_PX + 1) + LANE_PAD_PX;

        return height > NAMES_PX ? height : NAMES_PX;
}

static bool is_among(const uint32_t *ids, size_t n, uint32_t id) {
        for (size_t i = 0; i < n; i++)
                if (ids[i] == id)
                        return true;
        return false;
}

/* Whether an object has a lane in this section: one that was ever held or waited for, and threads have theirs
 * elsewhere. */
static bool has_lane(const struct timeline *timeline, uint32_t id, enum lane_section section) {
        unsigned kind = timeline->trace->catalog->objects[id].kind;
        const struct object_rows *rows = &timeline->objects[id];

        if (kind == OBJECT_THREAD || kind == OBJECT_PROCESS || (rows->held.n == 0 && rows->queue.n == 0))
                return false;
        return (section == SECTION_CHANNELS) == trace_is_channel(kind);
}

/* One section: its heading, those that take part in the finding, the others or how many they are. */
struct arranging {
        const struct timeline *timeline;
        struct lane_list *list;
        enum lane_section section;
        const uint32_t *first;
        size_t n_first;
        bool unfolded;
};

static uint32_t n_ids(const struct arranging *a) {
        const struct catalog *catalog = a->timeline->trace->catalog;

        return a->section == SECTION_THREADS ? catalog->n_threads : catalog->n_objects;
}

static bool belongs(const struct arranging *a, uint32_t id) {
        return a->section == SECTION_THREADS || has_lane(a->timeline, id, a->section);
}

static int add_id(const struct arranging *a, uint32_t id) {
        switch (a->section) {
        case SECTION_THREADS:
                return add_lane(a->list, LANE_THREAD, a->section, id, thread_height(&a->timeline->threads[id]));
        case SECTION_LOCKS:
                return add_lane(a->list, LANE_LOCK, a->section, id, LANE_QUEUE_PX + LANE_BAR_PX + 7);
        default:
                return add_lane(a->list, LANE_CHANNEL, a->section, id, LANE_QUEUE_PX + 36);
        }
}

static int arrange_section(const struct arranging *a) {
        uint32_t n = 0, n_shown = 0, n_others;
        int r = 0;

        for (uint32_t id = 1; id < n_ids(a); id++)
                n += belongs(a, id);
        if (n == 0)
                return 0;
        r = add_lane(a->list, LANE_HEADING, a->section, 0, HEADING_PX);
        for (size_t i = 0; i < a->n_first && r >= 0; i++) /* in the finding's order: rings as they go round */
                if (a->first[i] > 0 && a->first[i] < n_ids(a) && belongs(a, a->first[i])) {
                        r = add_id(a, a->first[i]);
                        n_shown++;
                }
        n_others = n - n_shown;
        if (a->n_first == 0 || n <= LANES_FOLD_ABOVE || a->unfolded)
                n_others = 0;
        for (uint32_t id = 1; id < n_ids(a) && r >= 0 && n_others == 0; id++)
                if (belongs(a, id) && !is_among(a->first, a->n_first, id))
                        r = add_id(a, id);
        if (n_others > 0 && r >= 0)
                r = add_lane(a->list, LANE_FOLD, a->section, n_others, FOLD_PX);
        return r;
}

int lanes_arrange(const struct timeline *timeline, const struct finding *finding,
                  const bool unfolded[static N_SECTIONS], struct lane_list *list) {
        int r = 0;

        list->n = 0;
        list->height = 0;
        for (unsigned section = 0; section < N_SECTIONS && r >= 0; section++) {
                struct arranging a = { timeline, list, (enum lane_section) section, NULL, 0, unfolded[section] };

                if (finding) {
                        a.first = section == SECTION_THREADS ? finding->threads : finding->objects;
                        a.n_first = section == SECTION_THREADS ? finding->n_threads : finding->n_objects;
                }
                r = arrange_section(&a);
        }
        return r;
}

void lane_list_finish(struct lane_list *list) {
        free(list->items);
        *list = (struct lane_list) { 0 };
}

const struct lane *lanes_at(const struct lane_list *list, double y) {
        for (size_t i = 0; i < list->n; i++)
                if (y >= list->items[i].y && y < list->items[i].y + list->items[i].height)
                        return &list->items[i];
        return NULL;
}

const struct lane *lanes_of_thread(const struct lane_list *list, uint32_t thread) {
        for (size_t i = 0; i < list->n; i++)
                if (list->items[i].kind == LANE_THREAD && list->items[i].id == thread)
                        return &list->items[i];
        return NULL;
}

const struct lane *lanes_of_object(const struct lane_list *list, uint32_t object) {
        for (size_t i = 0; i < list->n; i++)
                if ((list->items[i].kind == LANE_LOCK || list->items[i].kind == LANE_CHANNEL) &&
                    list->items[i].id == object)
                        return &list->items[i];
        return NULL;
}
