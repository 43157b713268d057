/* The program that is to be recorded: which file it is, and whether it can be. */
#pragma once

#include "model/fault.h"

/* Finds the file that execvp() would run as `name`, and looks whether Heddle's library will get into it: into its interpreter
 * where it is a script. Returns 0 with the path (for the caller to free), or the exit status that `heddle run` ends with, and why. */
int program_find(const char *name, char **ret_path, struct fault *ret_fault);

/* Why a program cannot be recorded, and what to do about it, as parts of a sentence. */
struct program_obstacle {
        const char *reason, *remedy;
};

/* The same of one that was run already, by path or by name: what has kept it from being recorded. NULL: nothing that is known. */
const struct program_obstacle *program_obstacle(const char *name);
