/* The viewer's colours for light and dark, from one table (palette.def), and how far they stand out from each other.
 * Free of GTK, so that a test can hold the table to the contrast that reading takes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum colour {
#define COLOUR(id, light, dark) COLOUR_##id,
#include "palette.def"
#undef COLOUR
        N_COLOURS
};

#define N_LOCK_COLOURS (COLOUR_LOCK_9 - COLOUR_LOCK_0 + 1)

struct scheme {
        bool dark, high_contrast;
};

/* 0xRRGGBB. High contrast draws what is dimmed as plainly as the rest. */
uint32_t palette_colour(enum colour colour, struct scheme scheme);
const char *palette_name(enum colour colour); /* "DEAD_STRIPE" */
/* Of an object with this number; see struct object_rows. */
enum colour palette_of_object(uint32_t number);

/* WCAG's contrast ratio, 1 … 21. */
double palette_contrast(uint32_t a, uint32_t b);
