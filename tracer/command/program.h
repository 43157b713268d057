/* The program that is to be recorded: which file it is, and whether it can be. */
#pragma once

#include "model/fault.h"

/* Finds the file that execvp() would run as `name`, and looks whether Heddle's library will get into it: into its interpreter
 * where it is a script. Returns 0 with the path (for the caller to free), or the exit status that `heddle run` ends with, and why. */
int program_find(const char *name, char **ret_path, struct fault *ret_fault);
