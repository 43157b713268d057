/* A trace in other tools' words: formats that are written event by event, in one pass. No SQLite in here. */
#pragma once

#include <stdio.h>

#include "model/catalog.h"
#include "model/event.h"

struct exporter {
        const struct catalog *catalog;
        FILE *out;
        FILE *remarks; /* what the format has no place for, one sentence a line */
        void *state;   /* the format's own */
};

/* Events come in order, with threads and objects that the catalog has. Each returns 0 or a negative errno. */
struct export_format {
        const char *name;
        int (*begin)(struct exporter *exporter);
        int (*event)(struct exporter *exporter, const struct event *event);
        int (*end)(struct exporter *exporter);
        void (*finish)(struct exporter *exporter); /* frees the state, also after a failure */
};

/* NULL where there is none of this name. */
const struct export_format *export_format_find(const char *name);

extern const struct export_format export_std, export_csv, export_chrome;
