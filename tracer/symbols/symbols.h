/* From addresses to words, through elfutils: functions, source lines, variables. */
#pragma once

#include "model/catalog.h"
#include "model/fault.h"

/* Fills in what addresses mean: the frames of every stack that has none yet, the names of objects that have none (the
 * variable at their address with its path inside arrays and structures, else where they were made or first used) and of
 * threads that have none (their start function). Uses the catalog's modules. Missing debug information is not a
 * failure. Files that are gone, or are not those that ran, are told in `ret_remarks`, one sentence a line; NULL for none. It
 * may be NULL; the caller frees. */
int symbolise(struct catalog *catalog, char **ret_remarks, struct fault *ret_fault);

/* The same, later, of a recording that was made at that time: where a file has no build-id to tell it by, one that has changed
 * since is taken for another, since its addresses would have the wrong names. */
int symbolise_late(struct catalog *catalog, uint64_t unix_ns, char **ret_remarks, struct fault *ret_fault);

/* Of a program: one whose standard library waits by means that are not recorded, or any other. A file that cannot be read is
 * any other. */
enum language { LANGUAGE_OTHER, LANGUAGE_GO, LANGUAGE_RUST };
enum language symbols_language(const char *path);
