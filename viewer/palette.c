#include "palette.h"

#include <math.h>

static const struct {
        const char *name;
        uint32_t light, dark;
} colours[N_COLOURS] = {
#define COLOUR(id, light, dark) [COLOUR_##id] = { #id, light, dark },
#include "palette.def"
#undef COLOUR
};

uint32_t palette_colour(enum colour colour, struct scheme scheme) {
        if (scheme.high_contrast && colour == COLOUR_DIM)
                colour = COLOUR_TEXT;
        if (scheme.high_contrast && (colour == COLOUR_LINE || colour == COLOUR_EDGE))
                colour = COLOUR_DIM;
        return scheme.dark ? colours[colour].dark : colours[colour].light;
}

const char *palette_name(enum colour colour) {
        return colours[colour].name;
}

enum colour palette_of_object(uint32_t number) {
        return (enum colour)(COLOUR_LOCK_0 + (number + N_LOCK_COLOURS - 1) % N_LOCK_COLOURS);
}

static double linear(uint32_t byte) {
        double part = (double) byte / 255;

        return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4);
}

static double luminance(uint32_t colour) {
        return 0.2126 * linear(colour >> 16 & 0xff) + 0.7152 * linear(colour >> 8 & 0xff) +
               0.0722 * linear(colour & 0xff);
}

double palette_contrast(uint32_t a, uint32_t b) {
        double light = fmax(luminance(a), luminance(b)), dark = fmin(luminance(a), luminance(b));

        return (light + 0.05) / (dark + 0.05);
}
