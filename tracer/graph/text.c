#include "graph/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* How many bytes the character at `text` has, 0 where it isn't valid UTF-8. */
static size_t character_bytes(const unsigned char *text) {
        size_t n = text[0] < 0x80 ? 1 : text[0] < 0xC2 ? 0 : text[0] < 0xE0 ? 2 : text[0] < 0xF0 ? 3 : text[0] < 0xF5 ? 4 : 0;

        for (size_t i = 1; i < n; i++)
                if ((text[i] & 0xC0) != 0x80)
                        return 0;
        /* overlong, surrogates, and beyond the last plane */
        if ((text[0] == 0xE0 && text[1] < 0xA0) || (text[0] == 0xED && text[1] > 0x9F) ||
            (text[0] == 0xF0 && text[1] < 0x90) || (text[0] == 0xF4 && text[1] > 0x8F))
                return 0;
        return n;
}

char *text_clean(const char *text) {
        char *clean = malloc(strlen(text) * (sizeof(replacement) - 1) + 1), *end = clean;

        if (!clean)
                return NULL;
        while (*text) {
                size_t n = character_bytes((const unsigned char *) text);

                if (n == 0) {
                        memcpy(end, replacement, sizeof(replacement) - 1);
                        end += sizeof(replacement) - 1;
                        text++;
                } else if (n == 1 && ((unsigned char) *text < 0x20 || *text == 0x7F)) {
                        *end++ = ' ';
                        text++;
                } else {
                        memcpy(end, text, n);
                        end += n;
                        text += n;
                }
        }
        *end = '\0';
        return clean;
}

size_t text_n_characters(const char *text) {
        size_t n = 0;

        for (; *text; text++)
                n += (*text & 0xC0) != 0x80;
        return n;
}

/* The byte at which character `n` begins. */
static size_t offset_of(const char *text, size_t n) {
        size_t i = 0;

        while (text[i]) {
                if ((text[i] & 0xC0) != 0x80 && n-- == 0)
                        break;
                i++;
        }
        return i;
}

char *text_shorten(const char *text, size_t max) {
        size_t n = text_n_characters(text), tail, n_head_bytes;
        char *shorter;

        if (n <= max || max < 3)
                return strdup(text);
        tail = offset_of(text, n - (max - 1) / 2);
        n_head_bytes = offset_of(text, max - 1 - (max - 1) / 2);
        if (asprintf(&shorter, "%.*s…%s", (int) n_head_bytes, text, text + tail) < 0)
                return NULL;
        return shorter;
}

void text_write_dot(const char *text, FILE *out) {
        fputc('"', out);
        for (; *text; text++) {
                if (*text == '"' || *text == '\\')
                        fprintf(out, "\\%c", *text);
                else if (*text == '&') /* Graphviz reads &lt; and the like in labels */
                        fputs("&amp;", out);
                else if (*text == '\n')
                        fputs("\\n", out);
                else
                        fputc(*text, out);
        }
        fputc('"', out);
}

/* Bytes of `text` that can stand in a JSON string as they are. */
static size_t plain_bytes(const char *text) {
        size_t n = 0;

        while ((unsigned char) text[n] >= 0x20 && (unsigned char) text[n] < 0x7F && text[n] != '"' && text[n] != '\\')
                n++;
        return n;
}

void text_write_json(const char *text, FILE *out) {
        fputc('"', out);
        while (*text) {
                size_t n = plain_bytes(text);

                fwrite(text, 1, n, out);
                text += n;
                if (!*text)
                        break;
                n = character_bytes((const unsigned char *) text);
                if (n == 0)
                        fputs(replacement, out);
                else if (n > 1)
                        fwrite(text, 1, n, out);
                else if (*text == '"' || *text == '\\')
                        fprintf(out, "\\%c", *text);
                else
                        fprintf(out, "\\u%04x", (unsigned) (unsigned char) *text);
                text += n ? n : 1;
        }
        fputc('"', out);
}
