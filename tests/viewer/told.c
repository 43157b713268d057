#include "told.h"

#include <stdlib.h>

#include "analysis/analysis.h"

struct told *told(const char *text, uint64_t end_ns) {
        struct told *told = calloc(1, sizeof(*told));
        struct derived derived = { 0 };

        told->story = story(text);
        told->recording = (struct recording) { .ended = (char *) "ended", .finished = true };
        told->trace.catalog = &told->story->catalog;
        told->trace.recording = &told->recording;
        told->trace.n_events = told->story->n_events;
        told->trace.end_ns = end_ns                  ? end_ns
                             : told->story->n_events ? told->story->events[told->story->n_events - 1].time_ns + 1
                                                     : 1;
        if (analyse(story_source(told->story), told->trace.catalog, ANALYSE_HOLDS, &derived, &told->trace.findings) < 0)
                test_fail(__FILE__, __LINE__, "the story can't be analysed");
        told->trace.waits = derived.waits;
        told->trace.n_waits = derived.n_waits;
        told->trace.holds = derived.holds;
        told->trace.n_holds = derived.n_holds;
        told->trace.messages = derived.messages;
        told->trace.n_messages = derived.n_messages;
        told->trace.edges = derived.edges;
        told->trace.n_edges = derived.n_edges;
        if (timeline_new(&told->trace, &told->timeline) < 0)
                test_fail(__FILE__, __LINE__, "out of memory");
        return told;
}

void told_free(struct told *told) {
        timeline_free(told->timeline);
        finding_list_finish(&told->trace.findings);
        free(told->trace.waits);
        free(told->trace.holds);
        free(told->trace.messages);
        free(told->trace.edges);
        free(told);
}
