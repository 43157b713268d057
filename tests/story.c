/* Reads the language of story.h. One function for each thing that a step can say. */
#include "story.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>

#include "test.h"

#define NAME_BYTES 64
#define NS_PER_MS 1000000u
#define BATCH_EVENTS 5 /* small, so that every user of a source meets more than one */

struct story_counters {
        uint32_t sequence, n_sent, n_received, n_senders;
        uint32_t user, used_sender; /* the thread that used a sender last, and which */
        bool destroyed;
};

struct parser {
        struct story *story;
        const char *at;
        bool failed;
        char *error; /* of STORY_ERROR_BYTES */
        uint32_t thread;
        uint32_t n_steps;
        uint64_t time_ns;
};

/* What one step has said so far. */
struct step {
        struct event event;
        char object[NAME_BYTES];
        char function[NAME_BYTES];
        uint32_t line;
        bool has_value, has_sequence, has_time, is_rwlock;
};

static struct story *all_stories;

static void __attribute__((format(printf, 2, 3))) fail(struct parser *parser, const char *format, ...) {
        char message[256];
        va_list arguments;

        if (parser->failed)
                return;
        parser->failed = true;
        va_start(arguments, format);
        vsnprintf(message, sizeof(message), format, arguments);
        va_end(arguments);
        snprintf(parser->error, STORY_ERROR_BYTES, "%s, before \"%.40s\"", message, parser->at);
}

/* The catalog */

static uint32_t find_object(const struct story *story, const char *name, bool threads) {
        for (uint32_t id = story->catalog.n_objects; id-- > 1;) {
                const struct object *object = &story->catalog.objects[id];

                if ((object->kind == OBJECT_THREAD) == threads && strcmp(object->name, name) == 0)
                        return id;
        }
        return 0;
}

uint32_t story_object(const struct story *story, const char *name) {
        uint32_t id = find_object(story, name, false);

        return id > 0 ? id : find_object(story, name, true);
}

uint32_t story_thread(const struct story *story, const char *name) {
        return catalog_object_thread(&story->catalog, find_object(story, name, true));
}

static struct object *add_object(struct parser *parser, unsigned kind, const char *name, uint32_t process, uint64_t address) {
        struct story *story = parser->story;
        int id = catalog_add_object(&story->catalog);
        struct object *object = &story->catalog.objects[id];

        object->kind = (uint8_t) kind;
        object->process = process;
        object->address = address;
        object->name = strdup(name);
        object->capacity = UINT32_MAX;
        object->created_by = parser->thread;
        story->counters = reallocarray(story->counters, (size_t) id + 1, sizeof(*story->counters));
        for (; story->n_counters <= (size_t) id; story->n_counters++)
                story->counters[story->n_counters] = (struct story_counters) { 0 };
        return object;
}

static void add_processes(struct catalog *catalog, uint32_t last) {
        while (catalog->n_processes <= last) {
                int id = catalog_add_process(catalog);

                catalog->processes[id] = (struct process) { .pid = 100 + (uint32_t) id, .program = strdup("/story"),
                                                            .ended_ns = UINT64_MAX };
        }
}

/* The thread of this name, made with its object where it is new. */
static uint32_t thread_named(struct parser *parser, const char *name, uint32_t process) {
        struct catalog *catalog = &parser->story->catalog;
        uint32_t id = story_thread(parser->story, name);

        if (id > 0)
                return id;
        add_processes(catalog, process);
        id = (uint32_t) catalog_add_thread(catalog);
        catalog->threads[id] = (struct thread) { .process = process, .tid = 100 + id, .name = strdup(name),
                                                 .began_ns = parser->time_ns, .ended_ns = UINT64_MAX };
        add_object(parser, OBJECT_THREAD, name, process, id);
        return id;
}

static uint32_t frame_stack(struct parser *parser, const char *function, uint32_t line) {
        struct catalog *catalog = &parser->story->catalog;
        struct stack *stack;
        int id;

        for (uint32_t i = 1; i < catalog->n_stacks; i++)
                if (catalog->stacks[i].frames[0].line == line && strcmp(catalog->stacks[i].frames[0].function, function) == 0)
                        return i;
        id = catalog_add_stack(catalog);
        stack = &catalog->stacks[id];
        stack->process = catalog_thread(catalog, parser->thread)->process;
        stack->n_pcs = stack->n_frames = 1;
        stack->pcs = calloc(1, sizeof(*stack->pcs));
        stack->frames = calloc(1, sizeof(*stack->frames));
        stack->pcs[0] = 0x400000u + (unsigned) id * 16u;
        stack->frames[0] = (struct frame) { .address = stack->pcs[0], .function = strdup(function),
                                            .file = strdup("story.c"), .line = line, .module = strdup("/story") };
        return (uint32_t) id;
}

/* Words */

static void skip_blanks(struct parser *parser) {
        while (isspace((unsigned char) *parser->at))
                parser->at++;
}

/* The next word of this step, or false at its end. */
static bool next_word(struct parser *parser, char word[static NAME_BYTES]) {
        size_t length;

        skip_blanks(parser);
        length = strcspn(parser->at, " \t\n,;");
        if (length == 0)
                return false;
        if (length >= NAME_BYTES) {
                fail(parser, "a word of %zu characters", length);
                return false;
        }
        memcpy(word, parser->at, length);
        word[length] = '\0';
        parser->at += length;
        return true;
}

static uint32_t number(struct parser *parser, const char *word) {
        char *end;
        unsigned long value = strtoul(word, &end, 10);

        if (end == word || *end)
                fail(parser, "\"%s\" is not a number", word);
        return (uint32_t) value;
}

static uint64_t moment(struct parser *parser, const char *word) {
        static const struct {
                const char *unit;
                double ns;
        } units[] = { { "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 }, { "ns", 1 } };
        char *end;
        double value = strtod(word, &end);

        for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
                if (end != word && strcmp(end, units[i].unit) == 0)
                        return (uint64_t) (value * units[i].ns + 0.5);
        fail(parser, "\"%s\" is not a time such as 1.204s", word);
        return 0;
}

static unsigned flag_named(const char *word) {
        static const struct {
                const char *word;
                unsigned flag;
        } flags[] = { { "timed", RECORD_TIMED }, { "try", RECORD_TRY }, { "read", RECORD_READ }, { "again", RECORD_AGAIN } };

        for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
                if (strcmp(word, flags[i].word) == 0)
                        return flags[i].flag;
        return 0;
}

/* One word behind the event's name. */
static void read_word(struct parser *parser, struct step *step, const char *word) {
        char argument[NAME_BYTES] = "";

        step->event.flags |= (uint8_t) flag_named(word);
        step->is_rwlock |= strcmp(word, "read") == 0 || strcmp(word, "write") == 0;
        if (flag_named(word) || strcmp(word, "write") == 0)
                return;
        if (strcmp(word, "at") == 0 || strcmp(word, "in") == 0) {
                if (!next_word(parser, argument))
                        fail(parser, "nothing behind \"%s\"", word);
                if (word[0] == 'i') {
                        strcpy(step->function, argument);
                        return;
                }
                step->event.time_ns = moment(parser, argument);
                step->has_time = true;
        } else if (word[0] == '@') {
                step->line = number(parser, word + 1);
        } else if (word[0] == '=') {
                step->event.value = number(parser, word + 1);
                step->has_value = true;
        } else if (word[0] == '#') {
                step->event.sequence = number(parser, word + 1);
                step->has_sequence = true;
        } else if (step->object[0]) {
                fail(parser, "two objects in one step, \"%s\" and \"%s\"", step->object, word);
        } else {
                strcpy(step->object, word);
        }
}

/* What the event is about */

/* The kind of object that an event is about, where nothing says it. */
static unsigned object_kind_of(const struct step *step) {
        switch (step->event.kind) {
        case EV_THREAD_START ... EV_PANIC:
                return OBJECT_THREAD;
        case EV_LOCK_INIT ... EV_DESTROY_FAIL:
                return step->is_rwlock ? OBJECT_RWLOCK : OBJECT_MUTEX;
        case EV_CHANNEL_NEW ... EV_RECEIVER_DROP:
                return OBJECT_CHANNEL;
        case EV_COND_WAIT ... EV_COND_BROADCAST:
                return OBJECT_COND;
        case EV_SEM_WAIT ... EV_SEM_POST:
                return OBJECT_SEMAPHORE;
        case EV_BARRIER_WAIT ... EV_BARRIER_LEAVE:
                return OBJECT_BARRIER;
        default:
                return OBJECT_NONE;
        }
}

static uint32_t object_named(struct parser *parser, const struct step *step, unsigned kind) {
        struct story *story = parser->story;
        const char *name = step->object, *colon = strchr(name, ':');
        uint32_t process = catalog_thread(&story->catalog, parser->thread)->process, id;
        uint64_t address = 0x10000 + 64 * (uint64_t) story->catalog.n_objects;
        char kind_name[NAME_BYTES] = "";

        if (colon) {
                memcpy(kind_name, name, (size_t) (colon - name));
                kind = object_kind_from_name(kind_name);
                name = colon + 1;
                if (kind == OBJECT_NONE)
                        fail(parser, "\"%s\" is no kind of object", kind_name);
        }
        id = find_object(story, name, false);
        if (id > 0 && step->is_rwlock && story->catalog.objects[id].kind == OBJECT_MUTEX)
                story->catalog.objects[id].kind = OBJECT_RWLOCK;
        if (id > 0 && !story->counters[id].destroyed)
                return id;
        if (id > 0)
                address = story->catalog.objects[id].address;
        add_object(parser, kind, name, process, address);
        return story->catalog.n_objects - 1;
}

static void find_step_object(struct parser *parser, struct step *step) {
        struct catalog *catalog = &parser->story->catalog;
        uint32_t process = catalog_thread(catalog, parser->thread)->process, child;
        unsigned kind = object_kind_of(step);

        if (kind == OBJECT_NONE) {
                if (step->object[0])
                        fail(parser, "\"%s\" is about no object", event_info(step->event.kind)->name);
                return;
        }
        if (kind != OBJECT_THREAD) {
                if (!step->object[0])
                        fail(parser, "\"%s\" of what?", event_info(step->event.kind)->name);
                step->event.object = object_named(parser, step, kind);
                return;
        }
        if (!step->object[0])
                strcpy(step->object, catalog_thread(catalog, parser->thread)->name);
        child = thread_named(parser, step->object, process);
        if (step->event.kind == EV_SPAWN)
                catalog->threads[child].parent = parser->thread;
        if (step->event.kind == EV_THREAD_EXIT)
                catalog->threads[parser->thread].ended_ns = step->event.time_ns;
        step->event.object = find_object(parser->story, step->object, true);
}

/* What a recording would have counted. */
static void fill_in(struct parser *parser, struct step *step) {
        struct event *event = &step->event;
        struct story_counters *counters = &parser->story->counters[event->object];
        uint32_t sequence = 0, value = 0;

        switch (event->kind) {
        case EV_SPAWN:
        case EV_THREAD_START:
                sequence = 1;
                break;
        case EV_THREAD_EXIT:
        case EV_JOIN:
                sequence = 2;
                break;
        case EV_LOCK:
        case EV_UNLOCK:
                sequence = ++counters->sequence;
                break;
        case EV_LOCK_DESTROY:
                counters->destroyed = true;
                break;
        case EV_CHANNEL_NEW:
                value = step->has_value ? event->value : UINT32_MAX;
                parser->story->catalog.objects[event->object].capacity = value;
                counters->n_senders = 1;
                break;
        case EV_SENDER_CLONE:
                value = ++counters->n_senders;
                break;
        case EV_SEND:
                sequence = ++counters->n_sent;
                __attribute__((fallthrough));
        case EV_SEND_WAIT:
        case EV_SEND_FAIL:
        case EV_HANDED_OVER:
        case EV_SENDER_DROP:
                value = counters->user == event->thread ? counters->used_sender : 1;
                counters->user = event->thread;
                counters->used_sender = step->has_value ? event->value : value;
                break;
        case EV_RECV:
                sequence = ++counters->n_received;
                break;
        default:
                break;
        }
        event->sequence = step->has_sequence ? event->sequence : sequence;
        event->value = step->has_value ? event->value : value;
}

static void add_event(struct story *story, const struct event *event) {
        if (story->n_events == story->size_events) {
                story->size_events = story->size_events ? story->size_events * 2 : 32;
                story->events = reallocarray(story->events, story->size_events, sizeof(*story->events));
        }
        story->events[story->n_events++] = *event;
}

static void read_step(struct parser *parser) {
        struct catalog *catalog = &parser->story->catalog;
        struct step step = { .line = ++parser->n_steps };
        char word[NAME_BYTES];

        if (!next_word(parser, word)) {
                fail(parser, "an empty step");
                return;
        }
        step.event.kind = (uint8_t) event_kind_from_name(word);
        if (step.event.kind == 0)
                fail(parser, "\"%s\" is no event", word);
        while (!parser->failed && next_word(parser, word))
                read_word(parser, &step, word);
        if (!step.has_time)
                step.event.time_ns = parser->time_ns + NS_PER_MS;
        parser->time_ns = step.event.time_ns;
        step.event.thread = parser->thread;
        if (!parser->failed)
                find_step_object(parser, &step);
        if (parser->failed)
                return;
        fill_in(parser, &step);
        if (step.event.kind == EV_PROCESS_EXIT)
                catalog->processes[catalog->threads[parser->thread].process].ended_ns = step.event.time_ns;
        if (!step.function[0])
                strcpy(step.function, catalog->threads[parser->thread].name);
        step.event.stack = frame_stack(parser, step.function, step.line);
        add_event(parser->story, &step.event);
}

/* `THREAD:` or `THREAD/PROCESS:` */
static void read_label(struct parser *parser) {
        size_t length = strcspn(parser->at, ":,;");
        char name[NAME_BYTES];
        uint32_t process = 1;
        char *slash;

        if (parser->at[length] != ':' || length == 0 || length >= sizeof(name)) {
                fail(parser, "a segment begins with the name of a thread and a colon");
                return;
        }
        memcpy(name, parser->at, length);
        name[length] = '\0';
        slash = strchr(name, '/');
        if (slash) {
                process = number(parser, slash + 1);
                *slash = '\0';
        }
        parser->at += length + 1;
        parser->thread = thread_named(parser, name, process);
}

static void read_segment(struct parser *parser) {
        read_label(parser);
        while (!parser->failed) {
                read_step(parser);
                if (*parser->at != ',')
                        break;
                parser->at++;
        }
}

struct story *story_read(const char *text, char error[static STORY_ERROR_BYTES]) {
        struct parser parser = { .at = text, .error = error };
        struct story *story = calloc(1, sizeof(*story));

        error[0] = '\0';
        parser.story = story;
        catalog_init(&story->catalog);
        story->counters = calloc(1, sizeof(*story->counters));
        story->n_counters = 1;
        story->next = all_stories;
        all_stories = story;
        skip_blanks(&parser);
        while (*parser.at && !parser.failed) {
                read_segment(&parser);
                if (*parser.at == ';')
                        parser.at++;
                skip_blanks(&parser);
        }
        return story;
}

struct story *story_at(const char *file, int line, const char *text) {
        char error[STORY_ERROR_BYTES];
        struct story *story = story_read(text, error);

        if (error[0])
                test_fail(file, line, "bad story: %s", error);
        return story;
}

void story_free(struct story *story) {
        struct story **link = &all_stories;

        while (*link && *link != story)
                link = &(*link)->next;
        if (*link)
                *link = story->next;
        catalog_finish(&story->catalog);
        free(story->events);
        free(story->counters);
        free(story);
}

static int source_next(struct event_source *source, const struct event **ret_events) {
        struct story_source *self = (struct story_source *) source; /* its first member */
        size_t n = self->story->n_events - self->at;

        if (n > BATCH_EVENTS)
                n = BATCH_EVENTS;
        *ret_events = self->story->events + self->at;
        source->first_id = self->at + 1;
        self->at += n;
        return (int) n;
}

struct event_source *story_source(struct story *story) {
        story->source = (struct story_source) { .base.next = source_next, .story = story };
        return &story->source.base;
}
