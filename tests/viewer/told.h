/* A story as the viewer's model sees it: a trace in memory, without a file. */
#pragma once

#include "model/timeline.h"
#include "story.h"
#include "test.h"

struct told {
        struct story *story;
        struct trace trace;
        struct recording recording;
        struct timeline *timeline;
};

/* `end_ns`: when the recording ended; 0: with the last event. NULL, and a failure, when the story is no good. */
struct told *told(const char *text, uint64_t end_ns);
void told_free(struct told *told);
