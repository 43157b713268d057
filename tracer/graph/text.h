/* Words of a traced program on their way into other languages. They may hold anything: quotes, line breaks,
 * half a UTF-8 character. */
#pragma once

#include <stddef.h>
#include <stdio.h>

/* A copy that is valid UTF-8 without control characters: each offending byte becomes U+FFFD, each control
 * character a blank. For the caller to free; NULL when out of memory. */
char *text_clean(const char *text);
/* How many characters that is, for text_clean() text. */
size_t text_n_characters(const char *text);
/* A copy of at most `max` characters, the middle left out. For the caller to free; NULL when out of memory. */
char *text_shorten(const char *text, size_t max);
/* Writes it as a quoted string of DOT, '\n' as a line break. */
void text_write_dot(const char *text, FILE *out);
/* Writes it as a quoted string of JSON. */
void text_write_json(const char *text, FILE *out);
