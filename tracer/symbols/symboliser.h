/* For the files of this folder: a catalog's modules, and the images behind them. */
#pragma once

#include "model/catalog.h"
#include "symbols/image.h"

struct mapping {
        uint32_t process;
        uint64_t from, end, bias;
        const char *path, *build_id; /* the catalog's */
        size_t image;     /* index in symboliser.images */
};

struct symboliser {
        struct catalog *catalog;
        uint64_t unix_ns; /* files that have changed since then are not what was recorded */
        struct mapping *mappings; /* by process and address */
        size_t n_mappings;
        struct image **images; /* one for each path, NULL until needed */
        size_t n_images;
        uint32_t named_stack; /* what was named last by its site, and how: many objects of a kind are made at one place */
        uint8_t named_kind;
        char *stack_name, *stack_type;
        char *remarks; /* what has no names and why, one sentence a line; NULL: nothing */
};

int symboliser_init(struct symboliser *symboliser, struct catalog *catalog, uint64_t unix_ns);
void symboliser_finish(struct symboliser *symboliser);

/* What is mapped at an address of a process, or NULL. */
const struct mapping *symboliser_mapping(const struct symboliser *symboliser, uint32_t process, uint64_t address);
/* Opens the image of a mapping, once. */
int symboliser_image(struct symboliser *symboliser, const struct mapping *mapping, struct image **ret_image);

/* True for Heddle's own libraries in the traced program. */
bool is_heddle_library(const char *path);

/* The parts of symbolise(), in this order. Each -ENOMEM or 0. */
int symbolise_stacks(struct symboliser *symboliser);
int symbolise_threads(struct symboliser *symboliser);
int symbolise_objects(struct symboliser *symboliser);
