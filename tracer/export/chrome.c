/* The JSON trace format, which Perfetto and chrome://tracing open. Each thread has a track: its waits are slices as long as they
 * took, and what others wait for or are let through by is a short one. Each lock has a track of its own with who held it.
 * Arrows go from unlock to the next lock of another thread, from spawn to start, from exit to join, from send to receive. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "export/export.h"

#define MOMENT_NS 1 /* an arrow needs a slice at both ends */

/* What arrows are told apart by: each kind counts for itself. */
enum arrow { ARROW_NONE, ARROW_LOCK, ARROW_SPAWN, ARROW_JOIN, ARROW_MESSAGE };
static const char *const arrow_names[] = { [ARROW_LOCK] = "lock", [ARROW_SPAWN] = "spawn", [ARROW_JOIN] = "join", [ARROW_MESSAGE] = "message" };

struct chrome {
        bool any;        /* something was written: a comma comes first */
        uint64_t end_ns; /* of the last event */
        struct waiting {
                uint64_t began_ns;
                uint32_t object;
                uint8_t kind; /* of the event; 0: it runs */
        } *threads;
        struct held {
                uint32_t owner; /* of a lock held by one thread; 0: nobody, or readers */
                uint32_t n_readers;
                uint32_t releaser; /* the last thread that released it */
                uint64_t released_ns;
                uint64_t n_released;
        } *objects;
};

/* Writing */

static void put_text(FILE *out, const char *text) {
        fputc('"', out);
        for (; *text; text++) {
                unsigned char letter = (unsigned char) *text;

                if (letter == '"' || letter == '\\')
                        fprintf(out, "\\%c", letter);
                else if (letter < 0x20 || letter == 0x7f)
                        fprintf(out, "\\u%04x", letter);
                else
                        fputc(letter, out);
        }
        fputc('"', out);
}

static void put_time(FILE *out, const char *name, uint64_t time_ns) {
        fprintf(out, ", \"%s\": %" PRIu64 ".%03u", name, time_ns / 1000, (unsigned) (time_ns % 1000));
}

/* {"ph": …, "pid": …, "tid": … of a thread, which the caller goes on with and closes. */
static FILE *begin_item(struct exporter *exporter, const char *phase, uint32_t thread) {
        struct chrome *chrome = exporter->state;
        uint32_t process = catalog_thread(exporter->catalog, thread)->process;

        fprintf(exporter->out, "%s{\"ph\": \"%s\", \"pid\": %" PRIu32 ", \"tid\": %" PRIu32, chrome->any ? ",\n" : "", phase,
                catalog_process(exporter->catalog, process)->pid, thread);
        chrome->any = true;
        return exporter->out;
}

static void put_name(struct exporter *exporter, const char *what, uint32_t thread, const char *name) {
        FILE *out = begin_item(exporter, "M", thread);

        fprintf(out, ", \"name\": \"%s\", \"args\": {\"name\": ", what);
        put_text(out, name);
        fputs("}}", out);
}

/* "waits for forks[1]" */
static void put_phrase(struct exporter *exporter, uint8_t kind, uint32_t object) {
        char buffer[CATALOG_NAME_BYTES], words[256];

        snprintf(words, sizeof(words), "%s%s%s", event_info(kind)->phrase ?: "?", object ? " " : "",
                 object ? catalog_object_name(exporter->catalog, object, buffer) : "");
        put_text(exporter->out, words);
}

static void put_slice(struct exporter *exporter, uint32_t thread, uint8_t kind, uint32_t object, uint32_t stack, uint64_t began_ns,
                      uint64_t ended_ns) {
        const struct frame *site = catalog_site(exporter->catalog, stack);
        FILE *out = begin_item(exporter, "X", thread);

        put_time(out, "ts", began_ns);
        put_time(out, "dur", ended_ns > began_ns ? ended_ns - began_ns : MOMENT_NS);
        fprintf(out, ", \"cat\": \"%s\", \"name\": ", event_info(kind)->effect == EFFECT_WAITS ? "wait" : "event");
        put_phrase(exporter, kind, object);
        if (site && site->file) {
                char place[512];

                snprintf(place, sizeof(place), "%s:%" PRIu32, site->file, site->line);
                fputs(", \"args\": {\"at\": ", out);
                put_text(out, place);
                fputc('}', out);
        }
        fputc('}', out);
}

/* One end of an arrow; `phase` is s where it starts, f where it finishes. */
static void put_arrow(struct exporter *exporter, const char *phase, enum arrow arrow, uint64_t id, uint32_t thread, uint64_t time_ns) {
        FILE *out = begin_item(exporter, phase, thread);

        put_time(out, "ts", time_ns);
        fprintf(out, ", \"cat\": \"%s\", \"name\": \"%s\", \"id\": %" PRIu64 "%s}", arrow_names[arrow], arrow_names[arrow], id,
                phase[0] == 'f' ? ", \"bp\": \"e\"" : "");
}

/* Locks: a track each, on which those who hold it follow each other. Readers overlap. */
static void put_hold(struct exporter *exporter, const char *phase, uint32_t thread, uint32_t object, bool shared, uint64_t time_ns) {
        char buffer[CATALOG_NAME_BYTES];
        uint64_t id = shared ? (uint64_t) thread << 32 | object : object;
        FILE *out = begin_item(exporter, phase, thread);

        put_time(out, "ts", time_ns);
        fprintf(out, ", \"cat\": \"hold\", \"id\": %" PRIu64 ", \"name\": ", id);
        put_text(out, catalog_object_name(exporter->catalog, object, buffer));
        if (phase[0] == 'b') {
                fputs(", \"args\": {\"held by\": ", out);
                put_text(out, catalog_thread_name(exporter->catalog, thread, buffer));
                fputc('}', out);
        }
        fputc('}', out);
}

/* Events */

static int begin(struct exporter *exporter) {
        const struct catalog *catalog = exporter->catalog;
        struct chrome *chrome = exporter->state = calloc(1, sizeof(*chrome));
        char buffer[CATALOG_NAME_BYTES];

        if (!chrome)
                return -ENOMEM;
        chrome->threads = calloc(catalog->n_threads + 1, sizeof(*chrome->threads));
        chrome->objects = calloc(catalog->n_objects + 1, sizeof(*chrome->objects));
        if (!chrome->threads || !chrome->objects)
                return -ENOMEM;
        fputs("{\"displayTimeUnit\": \"ns\", \"traceEvents\": [\n", exporter->out);
        for (uint32_t id = 1; id < catalog->n_threads; id++) {
                const char *program = catalog_process(catalog, catalog_thread(catalog, id)->process)->program;

                if (id == 1 || catalog_thread(catalog, id)->process != catalog_thread(catalog, id - 1)->process)
                        put_name(exporter, "process_name", id, program ?: "?");
                put_name(exporter, "thread_name", id, catalog_thread_name(catalog, id, buffer));
        }
        return 0;
}

static void note_lock(struct exporter *exporter, const struct event *event) {
        struct chrome *chrome = exporter->state;
        struct held *held = &chrome->objects[event->object];
        bool shared = event->flags & RECORD_READ;

        if (!shared && held->owner != 0) /* who had it has ended with it */
                put_hold(exporter, "e", held->owner, event->object, false, event->time_ns);
        if (shared)
                held->n_readers++;
        else
                held->owner = event->thread;
        put_hold(exporter, "b", event->thread, event->object, shared, event->time_ns);
        if (held->releaser == 0 || held->releaser == event->thread)
                return;
        put_slice(exporter, held->releaser, EV_UNLOCK, event->object, 0, held->released_ns, held->released_ns);
        put_slice(exporter, event->thread, EV_LOCK, event->object, event->stack, event->time_ns, event->time_ns);
        put_arrow(exporter, "s", ARROW_LOCK, (uint64_t) event->object << 32 | (held->n_released & UINT32_MAX), held->releaser, held->released_ns);
        put_arrow(exporter, "f", ARROW_LOCK, (uint64_t) event->object << 32 | (held->n_released & UINT32_MAX), event->thread, event->time_ns);
}

static void note_unlock(struct exporter *exporter, const struct event *event) {
        struct chrome *chrome = exporter->state;
        struct held *held = &chrome->objects[event->object];
        bool is_owner = held->owner == event->thread;

        if (!is_owner && held->n_readers == 0)
                return; /* of what it does not hold */
        if (is_owner)
                held->owner = 0;
        else
                held->n_readers--;
        put_hold(exporter, "e", event->thread, event->object, !is_owner, event->time_ns);
        held->releaser = event->thread;
        held->released_ns = event->time_ns;
        held->n_released++;
}

/* The arrow that an event begins or ends, other than those of locks, and its number. */
static enum arrow arrow_of(const struct event *event, const char **ret_phase, uint64_t *ret_id) {
        *ret_id = event->object;
        *ret_phase = event->kind == EV_SPAWN || event->kind == EV_THREAD_EXIT || event->kind == EV_SEND ? "s" : "f";
        switch (event->kind) {
        case EV_SPAWN:
        case EV_THREAD_START:
                return event->object ? ARROW_SPAWN : ARROW_NONE;
        case EV_THREAD_EXIT:
        case EV_JOIN:
                return event->object ? ARROW_JOIN : ARROW_NONE;
        case EV_SEND:
        case EV_RECV:
                *ret_id = (uint64_t) event->object << 32 | event->sequence;
                return ARROW_MESSAGE;
        default:
                return ARROW_NONE;
        }
}

static void note_wait(struct exporter *exporter, const struct event *event) {
        struct chrome *chrome = exporter->state;
        struct waiting *waiting = &chrome->threads[event->thread];
        enum event_effect effect = event_info(event->kind)->effect;

        if (effect == EFFECT_SAME)
                return;
        if (waiting->kind != 0)
                put_slice(exporter, event->thread, waiting->kind, waiting->object, event->stack, waiting->began_ns, event->time_ns);
        waiting->kind = effect == EFFECT_WAITS ? event->kind : 0;
        waiting->object = event->object;
        waiting->began_ns = event->time_ns;
}

static int put_event(struct exporter *exporter, const struct event *event) {
        struct chrome *chrome = exporter->state;
        const char *phase;
        uint64_t id;
        enum arrow arrow = arrow_of(event, &phase, &id);

        chrome->end_ns = event->time_ns > chrome->end_ns ? event->time_ns : chrome->end_ns;
        note_wait(exporter, event);
        if (event->kind == EV_LOCK && !(event->flags & RECORD_AGAIN))
                note_lock(exporter, event);
        else if (event->kind == EV_UNLOCK && !(event->flags & RECORD_AGAIN))
                note_unlock(exporter, event);
        if (arrow == ARROW_NONE)
                return 0;
        put_slice(exporter, event->thread, event->kind, event->object, event->stack, event->time_ns, event->time_ns);
        put_arrow(exporter, phase, arrow, id, event->thread, event->time_ns);
        return 0;
}

/* What still stands ends with the trace. */
static int end(struct exporter *exporter) {
        struct chrome *chrome = exporter->state;
        uint64_t end_ns = chrome->end_ns + MOMENT_NS;

        for (uint32_t id = 1; id < exporter->catalog->n_threads; id++)
                if (chrome->threads[id].kind != 0)
                        put_slice(exporter, id, chrome->threads[id].kind, chrome->threads[id].object, 0, chrome->threads[id].began_ns, end_ns);
        for (uint32_t id = 1; id < exporter->catalog->n_objects; id++)
                if (chrome->objects[id].owner != 0)
                        put_hold(exporter, "e", chrome->objects[id].owner, id, false, end_ns);
        fputs("\n]}\n", exporter->out);
        return 0;
}

static void finish(struct exporter *exporter) {
        struct chrome *chrome = exporter->state;

        if (!chrome)
                return;
        free(chrome->threads);
        free(chrome->objects);
        free(chrome);
}

const struct export_format export_chrome = { "chrome", begin, put_event, end, finish };
