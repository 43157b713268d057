/* What is found in a trace that is being written goes into it. */
#pragma once

#include "analysis/analysis.h"
#include "store/store.h"

/* Analyses `source`, which is one over the writer's events, and stores what is derived and found. Returns 0 with both
 * (for the caller to finish), or a negative errno with its sentence. */
int store_findings(struct store_writer *writer, struct event_source *source, const struct catalog *catalog, unsigned what,
                   struct derived *ret_derived, struct finding_list *ret_findings, struct fault *ret_fault);
