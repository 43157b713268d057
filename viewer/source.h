/* Source files, read once and cut into lines. */
#pragma once

#include <glib.h>
#include <stdint.h>

struct sources;

/* A file that is not where it was is looked for beside `trace` (may be NULL). */
struct sources *sources_new(const char *trace);
void sources_free(struct sources *sources);

/* Line `line` (from 1) of a file, with tabs as blanks; NULL: not there. */
const char *sources_line(struct sources *sources, const char *path, uint32_t line);
/* NULL, or why what is shown may not be what ran: not found, or changed after `recorded_unix_ns`. Static words. */
const char *sources_doubt(struct sources *sources, const char *path, uint64_t recorded_unix_ns);
