/* Names for threads and objects that the program gave none. A name that several would share is numbered. */
#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/event.h"
#include "model/source.h"
#include "symbols/expression.h"
#include "symbols/site.h"
#include "symbols/symboliser.h"

/* How often a name is wanted in one process. */
struct tally {
        char *key; /* "PROCESS NAME" */
        uint32_t n_wanted;
        uint32_t last; /* the highest number given so far */
};

struct names {
        void *tallies;
        bool number_all; /* "worker #1", "worker #2"; else the first one goes without */
};

static int compare_tallies(const void *a, const void *b) {
        return strcmp(((const struct tally *) a)->key, ((const struct tally *) b)->key);
}

static void tally_free(void *item) {
        struct tally *tally = item;

        free(tally->key);
        free(tally);
}

static void names_finish(struct names *names) {
        tdestroy(names->tallies, tally_free);
}

/* The tally of a name, made if need be; NULL when out of memory. */
static struct tally *tally_of(struct names *names, uint32_t process, const char *name, size_t length) {
        struct tally *tally = calloc(1, sizeof(*tally)), **known;

        if (!tally || asprintf(&tally->key, "%u %.*s", process, (int) length, name) < 0) {
                free(tally);
                return NULL;
        }
        known = tsearch(tally, &names->tallies, compare_tallies);
        if (!known || *known != tally)
                tally_free(tally);
        return known ? *known : NULL;
}

/* Takes a name that is there already into account, from an earlier look at the same catalog: "worker #3". */
static int note_given(struct names *names, uint32_t process, const char *name) {
        const char *hash = strstr(name, " #");
        unsigned long number = hash ? strtoul(hash + 2, NULL, 10) : 1;
        struct tally *tally = tally_of(names, process, name, hash ? (size_t) (hash - name) : strlen(name));

        if (!tally)
                return -ENOMEM;
        if (number > tally->last && number < UINT32_MAX)
                tally->last = (uint32_t) number;
        return 0;
}

static int note_wanted(struct names *names, uint32_t process, const char *name) {
        struct tally *tally = tally_of(names, process, name, strlen(name));

        if (!tally)
                return -ENOMEM;
        tally->n_wanted++;
        return 0;
}

/* Turns a wanted name into the one to give: frees it or passes it on. */
static int give_name(struct names *names, uint32_t process, char *wanted, char **ret_name) {
        struct tally *tally = tally_of(names, process, wanted, strlen(wanted));
        int r;

        if (!tally)
                return -ENOMEM;
        tally->last++;
        if (tally->last == 1 && !(names->number_all && tally->n_wanted > 1)) {
                *ret_name = wanted;
                return 0;
        }
        r = asprintf(ret_name, "%s #%u", wanted, tally->last);
        if (r < 0) {
                *ret_name = NULL;
                return -ENOMEM;
        }
        free(wanted);
        return 0;
}

/* ---- threads ---- */

static const char *base_name(const char *path) {
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

/* The function a thread was started with, unless that is Heddle's own. */
static int start_function(struct symboliser *symboliser, const struct thread *thread, char **ret_name) {
        const struct mapping *mapping = symboliser_mapping(symboliser, thread->process, thread->start_routine);
        const struct places *places;
        struct image *image;
        const char *name;
        int r;

        if (!mapping || is_heddle_library(mapping->path))
                return 0;
        r = symboliser_image(symboliser, mapping, &image);
        if (r == 0)
                r = image_places(image, thread->start_routine - mapping->bias, &places);
        if (r < 0)
                return r;
        name = places->items[places->n - 1].function;
        *ret_name = name ? strdup(name) : NULL;
        return name && !*ret_name ? -ENOMEM : 0;
}

static bool is_first_of_process(const struct catalog *catalog, uint32_t id) {
        for (uint32_t i = 1; i < id; i++)
                if (catalog->threads[i].process == catalog->threads[id].process)
                        return false;
        return true;
}

/* A stack that reaches down to where the C library started the thread. */
static bool is_whole(const struct symboliser *symboliser, const struct stack *stack) {
        const struct mapping *mapping = NULL;

        if (stack->n_pcs > 1 && stack->pcs && stack->n_frames > 0)
                mapping = symboliser_mapping(symboliser, stack->process, stack->pcs[stack->n_pcs - 1]);
        return mapping && strncmp(base_name(mapping->path), "libc.so", strlen("libc.so")) == 0;
}

/* The program's outermost function in a thread whose start function is a library's and has no name: for std::thread,
 * what it was given. */
static int outermost_function(struct symboliser *symboliser, const struct thread *thread, char **ret_name) {
        const struct stack *stack = catalog_stack(symboliser->catalog, thread->first_stack);
        const char *name = is_whole(symboliser, stack) ? stack->frames[stack->n_frames - 1].function : NULL;

        *ret_name = name ? strdup(name) : NULL;
        return name && !*ret_name ? -ENOMEM : 0;
}

static int wanted_thread_name(struct symboliser *symboliser, uint32_t id, char **ret_name) {
        const struct thread *thread = &symboliser->catalog->threads[id];
        int r;

        if (thread->start_routine) {
                r = start_function(symboliser, thread, ret_name);
                return r < 0 || *ret_name ? r : outermost_function(symboliser, thread, ret_name);
        }
        if (thread->parent || !is_first_of_process(symboliser->catalog, id))
                return 0;
        *ret_name = strdup("main");
        return *ret_name ? 0 : -ENOMEM;
}

/* ---- objects ---- */

static bool wants_name(const struct object *object) {
        return object->kind != OBJECT_NONE && object->kind != OBJECT_THREAD && object->kind != OBJECT_PROCESS &&
               !object->name;
}

static int variable_name(struct symboliser *symboliser, struct object *object) {
        const struct mapping *mapping = symboliser_mapping(symboliser, object->process, object->address);
        struct image *image;
        int r;

        if (!mapping)
                return 0;
        r = symboliser_image(symboliser, mapping, &image);
        return r < 0 ? r : image_variable_name(image, object->address - mapping->bias, &object->name);
}

/* "mutex at bank+0x4048": of a variable that no symbol tells of. The same in every run, at least. */
static int module_name(const struct symboliser *symboliser, const struct object *object, char **ret_name) {
        const struct mapping *mapping = symboliser_mapping(symboliser, object->process, object->address);

        if (!mapping || !*base_name(mapping->path))
                return 0;
        return asprintf(ret_name, "%s at %s+0x%" PRIx64, object_kind_words(object->kind), base_name(mapping->path),
                        object->address - mapping->bias) < 0
                       ? -ENOMEM
                       : 0;
}

/* "worker+0x2f", "bank+0x11cd": what debuggers and objdump call a place that has no line. Always the same for one place, and
 * another for the next. NULL in `ret_place` where not even the file is known. */
static int bare_place(struct symboliser *symboliser, uint32_t process, const struct frame *site, char **ret_place) {
        const struct mapping *mapping = symboliser_mapping(symboliser, process, site->address - 1);
        const struct places *places;
        uint64_t address;
        struct image *image;
        int r;

        if (!mapping || !*base_name(mapping->path))
                return 0;
        address = site->address - mapping->bias;
        r = symboliser_image(symboliser, mapping, &image);
        if (r == 0)
                r = image_places(image, address - 1, &places);
        if (r < 0)
                return r;
        if (site->function && places->entry && places->entry <= address)
                r = asprintf(ret_place, "%s+0x%" PRIx64, site->function, address - places->entry);
        else
                r = asprintf(ret_place, "%s+0x%" PRIx64, base_name(mapping->path), address);
        return r < 0 ? -ENOMEM : 0;
}

static int name_bare_site(struct symboliser *symboliser, uint32_t process, const struct frame *site, unsigned object_kind,
                          char **ret_name) {
        char *place = NULL;
        int r = bare_place(symboliser, process, site, &place);

        if (r == 0 && place && asprintf(ret_name, "%s in %s", object_kind_words(object_kind), place) < 0)
                r = -ENOMEM;
        free(place);
        return r;
}

/* A queue is what a call returns; a call with an argument on the same line is about something else. */
static bool is_named_by_call(unsigned object_kind) {
        return object_kind != OBJECT_QUEUE && object_kind != OBJECT_CHANNEL;
}

/* What a line calls the object, as far as the source is to be had, and what DWARF knows about that. */
static int name_from_site(struct symboliser *symboliser, const struct stack *stack, const struct frame *frame,
                          unsigned object_kind, struct site_object *ret_object) {
        const struct mapping *mapping = symboliser_mapping(symboliser, stack->process, frame->address - 1);
        struct site site = { .file = frame->file, .line = frame->line };
        struct expression expression;
        char line[SOURCE_BYTES];
        bool has_expression = is_named_by_call(object_kind) && source_line(frame->file, frame->line, line) && expression_of_call(line, &expression);
        struct image *image;
        int r;

        if (!mapping)
                return 0;
        site.address = frame->address - 1 - mapping->bias;
        site.is_innermost = stack->n_pcs > 0 && stack->pcs[0] == frame->address;
        r = symboliser_image(symboliser, mapping, &image);
        return r < 0 ? r : image_site_object(image, &site, has_expression ? &expression : NULL, ret_object);
}

/* "acc->lock": what the program calls it where it was made, or first used; "mutex at bank.c:31" where neither the source nor
 * DWARF says. */
static int name_site(struct symboliser *symboliser, const struct stack *stack, const struct frame *site, unsigned object_kind) {
        struct site_object object = { 0 };
        int r;

        if (!site->file || !site->line)
                return name_bare_site(symboliser, stack->process, site, object_kind, &symboliser->stack_name);
        r = name_from_site(symboliser, stack, site, object_kind, &object);
        if (r == 0 && !object.name &&
            asprintf(&object.name, "%s at %s:%u", object_kind_words(object_kind), base_name(site->file), site->line) < 0)
                r = -ENOMEM;
        if (r < 0) {
                site_object_finish(&object);
                return r;
        }
        symboliser->stack_name = object.name;
        symboliser->stack_type = object.type;
        return 0;
}

static int copy_text(const char *text, char **ret_copy) {
        *ret_copy = text ? strdup(text) : NULL;
        return text && !*ret_copy ? -ENOMEM : 0;
}

#define WRAPPER_FRAMES 2 /* SDL_CreateMutex() and what it calls */

/* Where an object is said to be made. A library without lines that makes a lock for the program does so in a function or two; deeper
 * inside it is one of its own, and which line of main() called the library says nothing about it. */
static const struct frame *site_of(const struct catalog *catalog, uint32_t stack_id) {
        const struct stack *stack = catalog_stack(catalog, stack_id);
        const struct frame *site = catalog_site(catalog, stack_id), *innermost = stack->frames;

        if (stack->n_frames == 0)
                return NULL;
        if (site && site->line > 0 && site - innermost <= WRAPPER_FRAMES)
                return site;
        for (uint32_t i = 0; i < stack->n_frames; i++) {
                const struct frame *frame = &stack->frames[i];

                if (frame->function && frame->module && innermost->module && strcmp(frame->module, innermost->module) == 0)
                        return frame;
        }
        return innermost;
}

static int site_name(struct symboliser *symboliser, struct object *object, char **ret_name) {
        const struct stack *stack = catalog_stack(symboliser->catalog, object->created_at);
        const struct frame *site = site_of(symboliser->catalog, object->created_at);
        int r;

        if (!site)
                return 0;
        if (symboliser->named_stack != object->created_at || symboliser->named_kind != object->kind) {
                free(symboliser->stack_name);
                free(symboliser->stack_type);
                symboliser->stack_name = symboliser->stack_type = NULL;
                symboliser->named_stack = 0;
                r = name_site(symboliser, stack, site, object->kind);
                if (r < 0)
                        return r;
                symboliser->named_stack = object->created_at;
                symboliser->named_kind = object->kind;
        }
        if (!object->type && copy_text(symboliser->stack_type, &object->type) < 0)
                return -ENOMEM;
        return copy_text(symboliser->stack_name, ret_name);
}

static int wanted_object_name(struct symboliser *symboliser, uint32_t id, char **ret_name) {
        struct object *object = &symboliser->catalog->objects[id];
        int r;

        if (!wants_name(object))
                return 0;
        r = variable_name(symboliser, object);
        if (r < 0 || object->name)
                return r;
        r = site_name(symboliser, object, ret_name);
        return r < 0 || *ret_name ? r : module_name(symboliser, object, ret_name);
}

/* ---- both ---- */

static char **name_of(struct catalog *catalog, bool is_thread, uint32_t id, uint32_t *ret_process) {
        *ret_process = is_thread ? catalog->threads[id].process : catalog->objects[id].process;
        return is_thread ? &catalog->threads[id].name : &catalog->objects[id].name;
}

static int note_names(struct symboliser *symboliser, bool is_thread, uint32_t n, char **wanted, struct names *names) {
        for (uint32_t i = 1; i < n; i++) {
                uint32_t process;
                char **name = name_of(symboliser->catalog, is_thread, i, &process);
                int r = 0;

                if (*name && !**name) { /* given, but empty */
                        free(*name);
                        *name = NULL;
                }
                if (!*name)
                        r = is_thread ? wanted_thread_name(symboliser, i, &wanted[i])
                                      : wanted_object_name(symboliser, i, &wanted[i]);
                if (r == 0 && (*name || wanted[i]))
                        r = *name ? note_given(names, process, *name) : note_wanted(names, process, wanted[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int symbolise_names(struct symboliser *symboliser, bool is_thread, uint32_t n) {
        struct names names = { .number_all = is_thread };
        char **wanted = calloc(n, sizeof(*wanted));
        int r;

        if (!wanted)
                return -ENOMEM;
        r = note_names(symboliser, is_thread, n, wanted, &names);
        for (uint32_t i = 1; i < n; i++) {
                uint32_t process;
                char **name = name_of(symboliser->catalog, is_thread, i, &process);

                if (!wanted[i])
                        continue;
                if (r == 0)
                        r = give_name(&names, process, wanted[i], name);
                if (r < 0)
                        free(wanted[i]);
        }
        free(wanted);
        names_finish(&names);
        return r;
}

int symbolise_threads(struct symboliser *symboliser) {
        return symbolise_names(symboliser, true, symboliser->catalog->n_threads);
}

int symbolise_objects(struct symboliser *symboliser) {
        return symbolise_names(symboliser, false, symboliser->catalog->n_objects);
}
