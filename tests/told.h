/* What the analyses make of a story. For tests that link with analysis_dep and story_dep. */
#pragma once

#include <stdlib.h>

#include "analysis/world.h"
#include "story.h"
#include "test.h"

/* The world after the story's last event. */
static inline struct world *world_after(const struct story *story) {
        struct world *world = world_new();

        for (size_t i = 0; i < story->n_events; i++)
                if (world_apply(world, &story->catalog, &story->events[i], i + 1) < 0)
                        test_fail(__FILE__, __LINE__, "event %zu could not be applied", i + 1);
        return world;
}

/* The deadlock at the end of a story, with how many threads are in it. The list is empty when there is none. */
static inline int deadlock_of(const struct story *story, struct finding_list *ret_list) {
        struct world *world = world_after(story);
        int n;

        *ret_list = (struct finding_list) { 0 };
        n = world_deadlock(world, &story->catalog, ret_list);
        world_free(world);
        return n;
}

/* Only how many threads can never run again. */
static inline int n_stuck(const char *file, int line, const char *text) {
        struct story *story = story_at(file, line, text);
        struct finding_list list;
        int n = deadlock_of(story, &list);

        finding_list_finish(&list);
        return n;
}
#define N_STUCK(text) n_stuck(__FILE__, __LINE__, (text))
