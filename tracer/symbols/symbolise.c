#include "symbols/symbols.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/debuginfo.h"
#include "symbols/symboliser.h"

static int compare_mappings(const void *a, const void *b) {
        const struct mapping *x = a, *y = b;

        if (x->process != y->process)
                return x->process < y->process ? -1 : 1;
        return (x->from > y->from) - (x->from < y->from);
}

static int compare_paths(const void *a, const void *b) {
        const struct mapping *x = *(const struct mapping *const *) a, *y = *(const struct mapping *const *) b;
        int order = strcmp(x->path, y->path);

        return order ? order : strcmp(x->build_id ? x->build_id : "", y->build_id ? y->build_id : "");
}

/* Gives all mappings of one file the same image. One that was built anew between two processes is another file. */
static int number_images(struct symboliser *symboliser) {
        struct mapping **by_path = calloc(symboliser->n_mappings, sizeof(*by_path));

        if (!by_path)
                return -ENOMEM;
        for (size_t i = 0; i < symboliser->n_mappings; i++)
                by_path[i] = &symboliser->mappings[i];
        qsort(by_path, symboliser->n_mappings, sizeof(*by_path), compare_paths);
        for (size_t i = 0; i < symboliser->n_mappings; i++) {
                if (i > 0 && compare_paths(&by_path[i - 1], &by_path[i]) != 0)
                        symboliser->n_images++;
                by_path[i]->image = symboliser->n_images;
        }
        symboliser->n_images++;
        free(by_path);
        symboliser->images = calloc(symboliser->n_images, sizeof(struct image *));
        return symboliser->images ? 0 : -ENOMEM;
}

int symboliser_init(struct symboliser *symboliser, struct catalog *catalog, uint64_t unix_ns) {
        *symboliser = (struct symboliser){ .catalog = catalog, .unix_ns = unix_ns };
        symboliser->mappings = calloc(catalog->n_modules + 1, sizeof(*symboliser->mappings));
        if (!symboliser->mappings)
                return -ENOMEM;
        for (uint32_t i = 1; i < catalog->n_modules; i++) {
                const struct module *module = &catalog->modules[i];
                const char *path = module->path && module->path[0] ? module->path
                                                                   : catalog_process(catalog, module->process)->program;

                if (!path || module->end <= module->from)
                        continue;
                symboliser->mappings[symboliser->n_mappings++] =
                        (struct mapping){ module->process, module->from, module->end, module->bias, path, module->build_id, 0 };
        }
        if (symboliser->n_mappings == 0)
                return 0;
        qsort(symboliser->mappings, symboliser->n_mappings, sizeof(*symboliser->mappings), compare_mappings);
        return number_images(symboliser);
}

void symboliser_finish(struct symboliser *symboliser) {
        free(symboliser->stack_name);
        free(symboliser->stack_type);
        for (size_t i = 0; symboliser->images && i < symboliser->n_images; i++)
                image_free(symboliser->images[i]);
        free(symboliser->images);
        free(symboliser->mappings);
}

/* Mappings overlap only where a library was unloaded and another took its place; then the one that begins last wins. */
const struct mapping *symboliser_mapping(const struct symboliser *symboliser, uint32_t process, uint64_t address) {
        struct mapping key = { .process = process, .from = address };
        size_t low = 0, high = symboliser->n_mappings;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (compare_mappings(&symboliser->mappings[middle], &key) <= 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        for (size_t i = low; i > 0 && low - i < 16; i--) {
                const struct mapping *mapping = &symboliser->mappings[i - 1];

                if (mapping->process != process)
                        break;
                if (address < mapping->end)
                        return mapping;
        }
        return NULL;
}

/* What is no path is nothing that anybody could look into: the kernel's own page, memory that was run. */
static int remark(struct symboliser *symboliser, const struct image *image) {
        static const char *const states[] = { [IMAGE_GONE] = "is gone",
                                              [IMAGE_UNREADABLE] = "cannot be read",
                                              [IMAGE_CHANGED] = "is another one than was recorded" };
        const char *before = symboliser->remarks ? symboliser->remarks : "";
        char *all;

        if (image->state == IMAGE_SAME || image->path[0] != '/' || strncmp(image->path, "/memfd:", strlen("/memfd:")) == 0)
                return 0;
        if (asprintf(&all, "%s%s%s %s, so its functions and variables have no names", before, *before ? "\n" : "", image->path,
                     states[image->state]) < 0)
                return -ENOMEM;
        free(symboliser->remarks);
        symboliser->remarks = all;
        return 0;
}

int symboliser_image(struct symboliser *symboliser, const struct mapping *mapping, struct image **ret_image) {
        struct image **image = &symboliser->images[mapping->image];

        if (!*image) {
                int r = image_new(mapping->path, mapping->build_id, symboliser->unix_ns, image);

                if (r == 0)
                        r = remark(symboliser, *image);
                if (r < 0)
                        return r;
        }
        *ret_image = *image;
        return 0;
}

bool is_heddle_library(const char *path) {
        const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

        return strncmp(name, "libheddle", strlen("libheddle")) == 0 && strstr(name, ".so") != NULL;
}

int symbolise_late(struct catalog *catalog, uint64_t unix_ns, char **ret_remarks, struct fault *ret_fault) {
        struct symboliser symboliser = { 0 };
        int r = debuginfo_begin();

        if (r == 0)
                r = symboliser_init(&symboliser, catalog, unix_ns);
        if (r == 0)
                r = symbolise_stacks(&symboliser);
        if (r == 0)
                r = symbolise_threads(&symboliser);
        if (r == 0)
                r = symbolise_objects(&symboliser);
        symboliser_finish(&symboliser);
        debuginfo_end();
        if (r < 0 || !ret_remarks)
                free(symboliser.remarks);
        else
                *ret_remarks = symboliser.remarks;
        return r < 0 ? fault_set(ret_fault, -r, "there is not enough memory to look up functions and variables") : 0;
}

int symbolise(struct catalog *catalog, char **ret_remarks, struct fault *ret_fault) {
        return symbolise_late(catalog, UINT64_MAX, ret_remarks, ret_fault);
}
