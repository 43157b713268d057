/* What the kernel says of the traced processes, through /proc. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A thread's state: its letter, 'X' where there is no such thread, 0 where that is not known. */
char kernel_thread_state(uint32_t pid, uint32_t tid);
bool kernel_is_over(char state);

/* Counts the threads of the process that are alive and not known. False when the process is gone; one that cannot be looked into has one
 * thread more than is known. */
bool kernel_count_others(uint32_t pid, bool (*is_known)(uint32_t tid, void *data), void *data, uint32_t *ret_n);

/* Whether the process has a handler for a signal from outside, which could do anything. True where that cannot be seen. */
bool kernel_catches_signals(uint32_t pid);
