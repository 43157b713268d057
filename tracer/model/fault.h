/* Why something failed, in one sentence for the user. The error law of the whole tracer: a function
 * returns 0 (or a count) or a negative errno; one whose failure the user has to hear about takes a
 * `struct fault` too and leaves in it what was being done, to which file or object, and what to try. */
#pragma once

struct fault {
        char message[512];
};

/* Writes the sentence (no full stop needed at the end, no newline) and returns -error, so that a caller can `return fault_set(…)`. */
int fault_set(struct fault *ret_fault, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));
