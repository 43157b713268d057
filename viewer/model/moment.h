/* The graphs of a trace: as things stood at a moment, by playing the events up to there to a world of its own, or over
 * all of it. Has its own reader of the file, so that it can work in a thread beside the one that draws. Free of GTK. */
#pragma once

#include "graph/graph.h"
#include "model/trace.h"

struct moment;

/* Reads from the same file as `trace`, of which it keeps hold. */
int moment_new(struct trace *trace, struct moment **ret_moment, struct fault *ret_fault);
void moment_free(struct moment *moment);

/* The graph of this kind at `time_ns`, laid out. Going forward costs the events in between, going back all from the
 * beginning. 0 or a negative errno. */
int moment_graph(struct moment *moment, enum graph_kind kind, uint64_t time_ns, struct graph *ret_graph,
                 struct fault *ret_fault);
