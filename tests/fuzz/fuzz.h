/* A fuzz target defines LLVMFuzzerTestOneInput(). With clang's libFuzzer it becomes a fuzzer; everywhere it is linked
 * with replay.c too, which gives it each file of its corpus, as a normal test. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Crashes or aborts where something is wrong; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);
