/* See build_id.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/record.h"

/* Copies the build-id of the file that is mapped from … end, and returns how long it is; 0 where it has none. The file's
 * headers have to be where `from` is, as the loader lays them. Safe where everything of the emitter is. */
size_t emit_build_id(uintptr_t bias, uintptr_t from, uintptr_t end, unsigned char id[static RECORD_BUILD_ID_BYTES]);
