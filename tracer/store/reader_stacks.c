/* The stacks of an open trace, and what their addresses mean. The file has that once for each address, and each frame
 * in memory has it as its own. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/reader.h"

/* No stack is deeper, even with every call inlined; a number above it comes from damage. */
#define MAX_FRAMES 65536

static const char some_stacks[] = "some stacks", some_frames[] = "some frames of stacks";

static int visit_stack(struct store_reader *reader, sqlite3_stmt *row, void *data) {
        uint64_t id = column_integer(row, 0), n_frames = column_integer(row, 3);
        int r = reader_reach(reader, catalog_add_stack, &reader->catalog.n_stacks, id, some_stacks);
        struct stack *stack = &reader->catalog.stacks[r > 0 ? id : 0];
        const uint8_t *pcs = sqlite3_column_blob(row, 2);
        uint32_t n_pcs = (uint32_t) sqlite3_column_bytes(row, 2) / sizeof(*stack->pcs);

        (void) data;
        if (r <= 0 || stack->pcs)
                return r < 0 ? r : 0;
        if (n_frames > MAX_FRAMES) {
                reader_tell_damage(reader, some_frames);
                n_frames = 0;
        }
        stack->process = (uint32_t) column_integer(row, 1);
        stack->pcs = calloc(n_pcs + 1u, sizeof(*stack->pcs));
        stack->frames = n_frames ? calloc(n_frames, sizeof(*stack->frames)) : NULL;
        if (!stack->pcs || (n_frames && !stack->frames))
                return -ENOMEM;
        if (n_pcs)
                memcpy(stack->pcs, pcs, n_pcs * sizeof(*stack->pcs));
        for (uint32_t i = 0; i < n_pcs; i++)
                stack->pcs[i] = le64toh(stack->pcs[i]);
        stack->n_pcs = n_pcs;
        stack->n_frames = (uint32_t) n_frames;
        return 0;
}

/* The table `location`, by id: needed until the frames have been read. */
struct location_list {
        struct frame *items;
        uint32_t n;
};

static void location_list_finish(struct location_list *list) {
        for (uint32_t i = 0; i < list->n; i++) {
                free(list->items[i].function);
                free(list->items[i].file);
                free(list->items[i].module);
        }
        free(list->items);
}

static int reach_location(struct location_list *list, uint64_t id) {
        uint32_t n = list->n ? list->n : 64;
        struct frame *items;

        while (n <= id)
                n *= 2;
        if (n == list->n)
                return 0;
        items = reallocarray(list->items, n, sizeof(*items));
        if (!items)
                return -ENOMEM;
        memset(items + list->n, 0, (n - list->n) * sizeof(*items));
        list->items = items;
        list->n = n;
        return 0;
}

static int visit_location(struct store_reader *reader, sqlite3_stmt *row, void *data) {
        struct location_list *list = data;
        uint64_t id = column_integer(row, 0);
        struct frame *location;

        if (!reader_is_possible_id(reader, id)) {
                reader_tell_damage(reader, some_frames);
                return 0;
        }
        if (reach_location(list, id) < 0)
                return -ENOMEM;
        location = &list->items[id];
        location->address = column_integer(row, 1);
        location->line = (uint32_t) column_integer(row, 4);
        if (reader_take_text(row, 2, &location->function) < 0 || reader_take_text(row, 3, &location->file) < 0)
                return -ENOMEM;
        return reader_take_text(row, 5, &location->module);
}

static int copy_text(const char *value, char **field) {
        free(*field);
        *field = value ? strdup(value) : NULL;
        return value && !*field ? -ENOMEM : 0;
}

static int visit_frame(struct store_reader *reader, sqlite3_stmt *row, void *data) {
        const struct location_list *list = data;
        uint64_t id = column_integer(row, 0), depth = column_integer(row, 1), number = column_integer(row, 2);
        const struct stack *stack = id < reader->catalog.n_stacks ? &reader->catalog.stacks[id] : NULL;
        const struct frame *location;
        struct frame *frame;

        if (!stack || depth >= stack->n_frames || number >= list->n) {
                reader_tell_damage(reader, stack ? some_frames : some_stacks);
                return 0;
        }
        frame = &stack->frames[depth];
        location = &list->items[number];
        frame->address = location->address;
        frame->line = location->line;
        if (copy_text(location->function, &frame->function) < 0 || copy_text(location->file, &frame->file) < 0)
                return -ENOMEM;
        return copy_text(location->module, &frame->module);
}

int reader_load_stacks(struct store_reader *reader, struct fault *ret_fault) {
        struct location_list list = { 0 };
        const struct visit visits[] = {
                { "SELECT id, process, pcs, n_frames FROM stack", "id", some_stacks, true, visit_stack, NULL },
                { "SELECT id, address, function, file, line, module FROM location", "id", some_frames, true,
                  visit_location, &list },
                { "SELECT stack, depth, location FROM stack_frame", "stack", some_frames, true, visit_frame, &list },
        };
        int r = 0;

        for (size_t i = 0; i < sizeof(visits) / sizeof(*visits) && r == 0; i++)
                r = reader_visit(reader, &visits[i], ret_fault);
        location_list_finish(&list);
        return r;
}
