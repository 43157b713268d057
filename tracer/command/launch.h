/* Starts the program with Heddle's library in it, and passes on the signals that are meant for it. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "model/fault.h"

/* The library that is loaded into programs; for the caller to free. -ENOENT with a sentence where it cannot be found. */
int launch_find_library(char **ret_library, struct fault *ret_fault);

/* From here on, Ctrl-C and Ctrl-\ are the program's business (the terminal sends them to it, too), SIGTERM and SIGHUP are passed
 * on to it, and a child's end wakes us from sleep. */
void launch_take_signals(void);
/* How often somebody asked us to end, by any of these signals, since the last call. */
unsigned launch_n_interrupts(void);

/* Starts argv[0] as execvp() does. `library` may be NULL. Returns 0 once it runs, or the negative errno that exec failed with. */
int launch(char **argv, const char *session, const char *library, pid_t *ret_pid);

/* True when it has ended, with its status as of waitpid(). Does not wait. Not again after that. */
bool launch_reap(pid_t pid, int *ret_status);
