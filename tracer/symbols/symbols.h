/* From addresses to words, through elfutils: functions, source lines, variables. */
#pragma once

#include "model/catalog.h"
#include "model/fault.h"

/* Fills in what addresses mean: the frames of every stack that has none yet, the names of objects that have none (the
 * variable at their address with its path inside arrays and structures, else where they were made or first used) and of
 * threads that have none (their start function). Uses the catalog's modules. Missing debug information is not a
 * failure. */
int symbolise(struct catalog *catalog, struct fault *ret_fault);

/* The same, later, of a recording that was made at that time: programs and libraries that have changed since are taken
 * for gone, since their addresses would have the wrong names. */
int symbolise_late(struct catalog *catalog, uint64_t unix_ns, struct fault *ret_fault);
