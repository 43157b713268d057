/* How an explanation lies on the terminal: wrapped sentences, stacks in columns, source text. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "model/catalog.h"

#define TEXT_COLUMNS 80

struct text {
        FILE *out;
        bool colour;
};

enum text_style { STYLE_PLAIN, STYLE_ERROR, STYLE_WARNING, STYLE_NOTE, STYLE_BOLD, STYLE_DIM };
void text_style(struct text *text, enum text_style style);

/* Prints what came from the traced program, with nothing in it that a terminal would obey. */
void text_put(struct text *text, const char *words);
/* How many columns that takes. */
unsigned text_width(const char *words);

/* Prints a sentence from column `at` on, broken at blanks; further lines begin at `indent`. Ends the line. */
void text_wrap(struct text *text, const char *words, unsigned at, unsigned indent);

/* One line for each call: function, file and line, and the source text where the file is there. */
void text_stack(struct text *text, const struct catalog *catalog, uint32_t stack, unsigned indent);
