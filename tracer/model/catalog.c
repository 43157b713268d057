#include "model/catalog.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/event.h"

/* Makes room for one more item of `item_bytes` in a table and returns the index of it, zeroed. */
static int add_item(void *table, uint32_t *n, uint32_t *size, size_t item_bytes) {
        char **items = table;

        if (*n == *size) {
                uint32_t new_size = *size ? *size * 2 : 16;
                char *moved = reallocarray(*items, new_size, item_bytes);

                if (!moved)
                        return -ENOMEM;
                *items = moved;
                *size = new_size;
        }
        memset(*items + *n * item_bytes, 0, item_bytes);
        return (int) (*n)++;
}

#define ADD(catalog, table) \
        add_item(&(catalog)->table, &(catalog)->n_##table, &(catalog)->size_##table, sizeof(*(catalog)->table))

int catalog_add_process(struct catalog *catalog) {
        return ADD(catalog, processes);
}

int catalog_add_thread(struct catalog *catalog) {
        return ADD(catalog, threads);
}

int catalog_add_object(struct catalog *catalog) {
        return ADD(catalog, objects);
}

int catalog_add_stack(struct catalog *catalog) {
        return ADD(catalog, stacks);
}

int catalog_add_module(struct catalog *catalog) {
        return ADD(catalog, modules);
}

int catalog_init(struct catalog *catalog) {
        memset(catalog, 0, sizeof(*catalog));
        if (ADD(catalog, processes) < 0 || ADD(catalog, threads) < 0 || ADD(catalog, objects) < 0 ||
            ADD(catalog, stacks) < 0 || ADD(catalog, modules) < 0) {
                catalog_finish(catalog);
                return -ENOMEM;
        }
        return 0;
}

static void stack_finish(struct stack *stack) {
        for (uint32_t i = 0; i < stack->n_frames; i++) {
                free(stack->frames[i].function);
                free(stack->frames[i].file);
                free(stack->frames[i].module);
        }
        free(stack->frames);
        free(stack->pcs);
}

void catalog_finish(struct catalog *catalog) {
        for (uint32_t i = 0; i < catalog->n_processes; i++)
                free(catalog->processes[i].program);
        for (uint32_t i = 0; i < catalog->n_threads; i++)
                free(catalog->threads[i].name);
        for (uint32_t i = 0; i < catalog->n_objects; i++) {
                free(catalog->objects[i].name);
                free(catalog->objects[i].type);
        }
        for (uint32_t i = 0; i < catalog->n_stacks; i++)
                stack_finish(&catalog->stacks[i]);
        for (uint32_t i = 0; i < catalog->n_modules; i++) {
                free(catalog->modules[i].path);
                free(catalog->modules[i].build_id);
        }
        free(catalog->processes);
        free(catalog->threads);
        free(catalog->objects);
        free(catalog->stacks);
        free(catalog->modules);
        memset(catalog, 0, sizeof(*catalog));
}

const struct process *catalog_process(const struct catalog *catalog, uint32_t id) {
        return &catalog->processes[id < catalog->n_processes ? id : 0];
}

const struct thread *catalog_thread(const struct catalog *catalog, uint32_t id) {
        return &catalog->threads[id < catalog->n_threads ? id : 0];
}

const struct object *catalog_object(const struct catalog *catalog, uint32_t id) {
        return &catalog->objects[id < catalog->n_objects ? id : 0];
}

const struct stack *catalog_stack(const struct catalog *catalog, uint32_t id) {
        return &catalog->stacks[id < catalog->n_stacks ? id : 0];
}

const char *catalog_thread_name(const struct catalog *catalog, uint32_t id, char buffer[static CATALOG_NAME_BYTES]) {
        const struct thread *thread = catalog_thread(catalog, id);

        if (thread->name && thread->name[0])
                return thread->name;
        snprintf(buffer, CATALOG_NAME_BYTES, "thread %" PRIu32, id);
        return buffer;
}

static bool is_called_so_elsewhere(const struct catalog *catalog, uint32_t id) {
        const struct thread *thread = catalog_thread(catalog, id);

        for (uint32_t i = 1; i < catalog->n_threads && catalog->n_processes > 2 && thread->name; i++) {
                const struct thread *other = &catalog->threads[i];

                if (other->process != thread->process && other->name && strcmp(other->name, thread->name) == 0)
                        return true;
        }
        return false;
}

const char *catalog_thread_label(const struct catalog *catalog, uint32_t id, char buffer[static CATALOG_LABEL_BYTES]) {
        if (!is_called_so_elsewhere(catalog, id))
                return catalog_thread_name(catalog, id, buffer);
        snprintf(buffer, CATALOG_LABEL_BYTES, "%s of %" PRIu32, catalog_thread(catalog, id)->name,
                 catalog_process(catalog, catalog_thread(catalog, id)->process)->pid);
        return buffer;
}

const char *catalog_object_name(const struct catalog *catalog, uint32_t id, char buffer[static CATALOG_NAME_BYTES]) {
        const struct object *object = catalog_object(catalog, id);

        if (object->kind == OBJECT_THREAD)
                return catalog_thread_name(catalog, (uint32_t) object->address, buffer);
        if (object->name && object->name[0])
                return object->name;
        snprintf(buffer, CATALOG_NAME_BYTES, "%s %" PRIu32, object_kind_words(object->kind), id);
        return buffer;
}

uint32_t catalog_object_thread(const struct catalog *catalog, uint32_t object_id) {
        const struct object *object = catalog_object(catalog, object_id);

        return object->kind == OBJECT_THREAD ? (uint32_t) object->address : 0;
}

const struct frame *catalog_site(const struct catalog *catalog, uint32_t stack_id) {
        const struct stack *stack = catalog_stack(catalog, stack_id);
        const struct frame *named = NULL;

        for (uint32_t i = 0; i < stack->n_frames; i++) {
                if (stack->frames[i].line > 0)
                        return &stack->frames[i];
                if (!named && stack->frames[i].function)
                        named = &stack->frames[i];
        }
        return named;
}

/* Where it was made, behind what is said already. */
static void add_site(const struct object *object, const struct frame *site, char *words, size_t size) {
        const char *slash = site->file ? strrchr(site->file, '/') : NULL;
        int n = snprintf(words, size, ", %s", object->created_by ? "made" : "first used");

        if (site->function && n > 0 && (size_t) n < size)
                n += snprintf(words + n, size - (size_t) n, " in %s", site->function);
        if (site->file && site->line > 0 && n > 0 && (size_t) n < size)
                snprintf(words + n, size - (size_t) n, " (%s:%" PRIu32 ")", slash ? slash + 1 : site->file, site->line);
}

void catalog_object_origin(const struct catalog *catalog, uint32_t id, char ret_words[static CATALOG_ORIGIN_BYTES]) {
        const struct object *object = catalog_object(catalog, id);
        const struct frame *site = catalog_site(catalog, object->created_at);
        int n = snprintf(ret_words, CATALOG_ORIGIN_BYTES, "%s%s%.*s", object_kind_words(object->kind), object->type ? " in " : "",
                         CATALOG_ORIGIN_BYTES / 2, object->type ? object->type : "");

        if (site && n > 0 && n < CATALOG_ORIGIN_BYTES)
                add_site(object, site, ret_words + n, CATALOG_ORIGIN_BYTES - (size_t) n);
}
