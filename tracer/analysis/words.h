/* Small pieces of sentences that several findings share. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model/catalog.h"

void words_thread(FILE *out, const struct catalog *catalog, uint32_t thread);
void words_object(FILE *out, const struct catalog *catalog, uint32_t object);
/* " (bank.c:31)", the file without its folders; nothing where the line is not known. */
void words_where(FILE *out, const struct catalog *catalog, uint32_t stack);
/* "Two", "Seven", "13"; small letters where `capital` is false. */
void words_number(FILE *out, uint32_t n, bool capital);
/* "1.204 s" */
void words_time(FILE *out, uint64_t time_ns);
/* A sentence: %t a thread, %o an object, %w " (bank.c:31)" of a stack, %n a number in words (all uint32_t), %N one in digits, %T a time (both uint64_t, ns),
 * %s a string. On the heap; NULL when out of memory. */
char *words_sentence(const struct catalog *catalog, const char *format, ...);
/* Whether a list of locks for people should name `a` before `b`: as they lie in memory, so that elements of an array are in
 * order. */
bool words_come_before(const struct catalog *catalog, uint32_t a, uint32_t b);
