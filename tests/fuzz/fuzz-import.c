/* Whatever a log of another tool says, reading it is safe; and what could be read can be written, in every format, and read again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/export.h"
#include "export/import_std.h"
#include "fuzz.h"

struct taken {
        struct event *events;
        size_t n;
};

static int take(void *data, const struct event *events, size_t n, struct fault *ret_fault) {
        struct taken *taken = data;

        taken->events = reallocarray(taken->events, taken->n + n, sizeof(*events));
        for (size_t i = 0; i < n; i++)
                taken->events[taken->n++] = events[i];
        return 0;
}

static int read_text(const void *bytes, size_t n_bytes, struct catalog *catalog, struct taken *taken) {
        struct import import = { .catalog = catalog, .take = take, .data = taken };
        FILE *in = fmemopen((void *) bytes, n_bytes, "r");
        struct fault fault = { 0 };
        int r = import_std(&import, in, "fuzz.std", &fault);

        if (r < 0 && !fault.message[0])
                abort(); /* nobody was told */
        if (r == 0 && taken->n != import.n_events)
                abort();
        fclose(in);
        return r;
}

static char *write_text(const struct export_format *format, const struct catalog *catalog, const struct taken *taken) {
        struct exporter exporter = { .catalog = catalog };
        char *text = NULL, *remarks = NULL;
        size_t n_text, n_remarks;

        exporter.out = open_memstream(&text, &n_text);
        exporter.remarks = open_memstream(&remarks, &n_remarks);
        if (format->begin(&exporter) < 0)
                abort();
        for (size_t i = 0; i < taken->n; i++) {
                const struct event *event = &taken->events[i];

                if (event->thread == 0 || event->thread >= catalog->n_threads || event->object >= catalog->n_objects ||
                    event->stack >= catalog->n_stacks || format->event(&exporter, event) < 0)
                        abort();
        }
        if (format->end(&exporter) < 0)
                abort();
        format->finish(&exporter);
        fclose(exporter.out);
        fclose(exporter.remarks);
        free(remarks);
        return text;
}

static void read_again(const char *text) {
        struct catalog catalog;
        struct taken taken = { 0 };

        catalog_init(&catalog);
        if (text[0] && read_text(text, strlen(text), &catalog, &taken) < 0)
                abort();
        free(taken.events);
        catalog_finish(&catalog);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
        struct catalog catalog;
        struct taken taken = { 0 };

        if (n_bytes == 0)
                return 0;
        catalog_init(&catalog);
        if (read_text(bytes, n_bytes, &catalog, &taken) == 0) {
                char *text = write_text(&export_std, &catalog, &taken);

                read_again(text);
                free(text);
                free(write_text(&export_csv, &catalog, &taken));
                free(write_text(&export_chrome, &catalog, &taken));
        }
        free(taken.events);
        catalog_finish(&catalog);
        return 0;
}
