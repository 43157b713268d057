/* A line of a program's source, where this machine has it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SOURCE_BYTES 256

/* Copies line `number` (from 1) of a file, without the blanks around it and cut at SOURCE_BYTES. False where it cannot be
 * read, or is empty. */
bool source_line(const char *path, uint32_t number, char ret_source[static SOURCE_BYTES]);
