#include "analysis/explain_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model/source.h"

#define MOST_FRAMES 8
#define PLACE_BYTES 64

void text_style(struct text *text, enum text_style style) {
        static const char *const codes[] = { "0", "1;31", "1;33", "1;36", "1", "2" };

        if (text->colour)
                fprintf(text->out, "\033[%sm", codes[style]);
}

static void put_some(struct text *text, const char *words, size_t length) {
        for (size_t i = 0; i < length; i++) {
                bool c1 = (unsigned char) words[i] == 0xc2 && i + 1 < length && (unsigned char) words[i + 1] < 0xa0;

                i += c1; /* U+0080 to U+009F are control characters of two bytes */
                fputc(c1 || iscntrl((unsigned char) words[i]) ? '?' : words[i], text->out);
        }
}

void text_put(struct text *text, const char *words) {
        put_some(text, words, strlen(words));
}

/* Columns of the first `length` bytes: every byte but those that continue a UTF-8 sequence. */
static unsigned width_of(const char *words, size_t length) {
        unsigned width = 0;

        for (size_t i = 0; i < length; i++)
                width += ((unsigned char) words[i] & 0xc0) != 0x80;
        return width;
}

unsigned text_width(const char *words) {
        return width_of(words, strlen(words));
}

/* How many bytes are not to be torn apart: a word, with the unit behind it where it is a number of seconds. */
static size_t unit_length(const char *words) {
        size_t length = strcspn(words, " ");
        bool is_number = length > 0 && isdigit((unsigned char) words[length - 1]);

        if (is_number && words[length] == ' ' && words[length + 1] == 's' && strchr(" ,;.", words[length + 2]))
                length += 1 + strcspn(words + length + 1, " ");
        return length;
}

void text_wrap(struct text *text, const char *words, unsigned at, unsigned indent) {
        bool first = true;

        while (*words) {
                size_t length = unit_length(words);
                unsigned width = width_of(words, length);

                if (!first && at + 1 + width > TEXT_COLUMNS) {
                        fprintf(text->out, "\n%*s", (int) indent, "");
                        at = indent;
                } else if (!first) {
                        fputc(' ', text->out);
                        at++;
                }
                put_some(text, words, length);
                at += width;
                first = false;
                words += length + strspn(words + length, " ");
        }
        fputc('\n', text->out);
}

/* Stacks */

static const char *base_name(const char *path) {
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

static const struct module *module_of(const struct catalog *catalog, uint32_t process, uint64_t address) {
        for (uint32_t i = 1; i < catalog->n_modules; i++) {
                const struct module *module = &catalog->modules[i];

                if (module->path && module->process == process && address >= module->from && address < module->end)
                        return module;
        }
        return NULL;
}

/* What a frame is called: its function, else its address, which says nothing where its place tells more. */
static const char *frame_function(const struct frame *frame, const struct module *module, char buffer[static PLACE_BYTES]) {
        if (frame->function || module)
                return frame->function ? frame->function : "??";
        snprintf(buffer, PLACE_BYTES, "0x%" PRIx64, frame->address);
        return buffer;
}

/* Where a frame is: "philosophers.c:33"; without lines "philosophers+0x11cd", the same in every run, which addr2line and
 * objdump understand; else the file it was loaded from. */
static const char *frame_place(const struct frame *frame, const struct module *module, char buffer[static PLACE_BYTES]) {
        if (frame->file && frame->line > 0)
                snprintf(buffer, PLACE_BYTES, "%.*s:%" PRIu32, PLACE_BYTES - 12, base_name(frame->file), frame->line);
        else if (module)
                snprintf(buffer, PLACE_BYTES, "%.*s+0x%" PRIx64, PLACE_BYTES - 20, base_name(module->path), frame->address - module->bias);
        else
                snprintf(buffer, PLACE_BYTES, "%.*s", PLACE_BYTES - 1, frame->module ? base_name(frame->module) : "");
        return buffer;
}

/* Without what libc puts below a program's own calls, and cut to MOST_FRAMES. */
static uint32_t n_frames_to_show(const struct stack *stack) {
        uint32_t n = stack->n_frames, own = 0;

        for (uint32_t i = 0; i < n; i++)
                if (stack->frames[i].line > 0)
                        own = i + 1;
        if (own > 0)
                n = own;
        return n > MOST_FRAMES ? MOST_FRAMES : n;
}

static void put_padded(struct text *text, const char *words, unsigned width) {
        unsigned used = text_width(words);

        text_put(text, words);
        fprintf(text->out, "%*s", used < width ? (int) (width - used) : 0, "");
}

/* Cuts `source` to so many columns. */
static void cut(char source[static SOURCE_BYTES], unsigned columns) {
        size_t length = 0;
        unsigned width = 0;

        if (text_width(source) <= columns)
                return;
        while (width < columns || ((unsigned char) source[length] & 0xc0) == 0x80)
                width += ((unsigned char) source[length++] & 0xc0) != 0x80;
        while (length > 0 && (((unsigned char) source[--length] & 0xc0) == 0x80 || length > SOURCE_BYTES - 4))
                ;
        strcpy(source + length, "…");
}

static void put_source(struct text *text, char source[static SOURCE_BYTES], unsigned columns) {
        cut(source, columns);
        text_style(text, STYLE_DIM);
        text_put(text, source);
        text_style(text, STYLE_PLAIN);
}

/* The source text goes behind where it fits, else below. */
static void put_frame(struct text *text, const struct frame *frame, const struct module *module, unsigned indent, unsigned function_width,
                      unsigned place_width) {
        char buffer[PLACE_BYTES], source[SOURCE_BYTES];
        const char *function = frame_function(frame, module, buffer);
        unsigned at = indent + (text_width(function) > function_width ? text_width(function) : function_width) + 2 + place_width + 2;
        bool has_source = source_line(frame->file, frame->line, source);

        fprintf(text->out, "%*s", (int) indent, "");
        put_padded(text, function, (text_width(function) > function_width ? text_width(function) : function_width) + 2);
        if (has_source && at + text_width(source) <= TEXT_COLUMNS) {
                put_padded(text, frame_place(frame, module, buffer), place_width + 2);
                put_source(text, source, TEXT_COLUMNS);
        } else {
                text_put(text, frame_place(frame, module, buffer));
                if (has_source) {
                        fprintf(text->out, "\n%*s", (int) indent + 4, "");
                        put_source(text, source, TEXT_COLUMNS - indent - 4);
                }
        }
        fputc('\n', text->out);
}

static void put_addresses(struct text *text, const struct stack *stack, unsigned indent) {
        for (uint32_t i = 0; i < stack->n_pcs && i < MOST_FRAMES; i++)
                fprintf(text->out, "%*s0x%" PRIx64 "\n", (int) indent, "", stack->pcs[i]);
        if (stack->n_pcs == 0)
                fprintf(text->out, "%*s(no stack was recorded)\n", (int) indent, "");
}

void text_stack(struct text *text, const struct catalog *catalog, uint32_t stack_id, unsigned indent) {
        const struct stack *stack = catalog_stack(catalog, stack_id);
        uint32_t n = n_frames_to_show(stack);
        unsigned function_width = 0, place_width = 0;
        char buffer[PLACE_BYTES];

        if (n == 0)
                put_addresses(text, stack, indent);
        for (uint32_t i = 0; i < n; i++) {
                const struct module *module = module_of(catalog, stack->process, stack->frames[i].address);
                unsigned function = text_width(frame_function(&stack->frames[i], module, buffer));
                unsigned place = text_width(frame_place(&stack->frames[i], module, buffer));

                function_width = function > function_width ? function : function_width;
                place_width = place > place_width ? place : place_width;
        }
        /* One very long name shall not push all others out of sight. */
        function_width = function_width > 24 ? 24 : function_width;
        for (uint32_t i = 0; i < n; i++)
                put_frame(text, &stack->frames[i], module_of(catalog, stack->process, stack->frames[i].address), indent, function_width,
                          place_width);
}
