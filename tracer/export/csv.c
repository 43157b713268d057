/* The columns of the view `events`, as RFC 4180 has them. */
#include <inttypes.h>
#include <string.h>

#include "export/export.h"

static void put_text(FILE *out, const char *text) {
        fputc(',', out);
        if (!text || !text[strcspn(text, "\",\r\n")]) {
                fputs(text ?: "", out);
                return;
        }
        fputc('"', out);
        for (; *text; text++)
                fputs(*text == '"' ? "\"\"" : (char[]) { *text, 0 }, out);
        fputc('"', out);
}

static int begin(struct exporter *exporter) {
        fputs("time_ns,process,thread,event,object,value,function,file,line\r\n", exporter->out);
        return 0;
}

static const char *base_name(const char *path) {
        const char *slash = path ? strrchr(path, '/') : NULL;

        return slash ? slash + 1 : path;
}

/* Processes are called as the views call them. */
static void put_process(struct exporter *exporter, uint32_t thread) {
        uint32_t id = catalog_thread(exporter->catalog, thread)->process;
        const char *program = base_name(catalog_process(exporter->catalog, id)->program);
        char number[32];

        snprintf(number, sizeof(number), "process %" PRIu32, id);
        put_text(exporter->out, program ? program : number);
}

static int put_event(struct exporter *exporter, const struct event *event) {
        const struct frame *site = catalog_site(exporter->catalog, event->stack);
        char buffer[CATALOG_NAME_BYTES];
        FILE *out = exporter->out;

        fprintf(out, "%" PRIu64, event->time_ns);
        put_process(exporter, event->thread);
        put_text(out, catalog_thread_name(exporter->catalog, event->thread, buffer));
        put_text(out, event_info(event->kind)->name);
        put_text(out, event->object ? catalog_object_name(exporter->catalog, event->object, buffer) : NULL);
        fprintf(out, ",%" PRIu32, event->value);
        put_text(out, site ? site->function : NULL);
        put_text(out, site ? site->file : NULL);
        if (site && site->line > 0)
                fprintf(out, ",%" PRIu32 "\r\n", site->line);
        else
                fputs(",\r\n", out);
        return 0;
}

static int end(struct exporter *exporter) {
        return 0;
}

static void finish(struct exporter *exporter) {
}

const struct export_format export_csv = { "csv", begin, put_event, end, finish };
