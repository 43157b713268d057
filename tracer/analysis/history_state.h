/* What the files of the history share. Private to them. */
#pragma once

#include "analysis/history.h"

/* Event `to`, and what follows in its thread, needs event `from` of another thread; nothing when `from` is blank. 0 or -ENOMEM. */
int history_add_edge(struct history *history, struct point to, struct point from);

/* Semaphores and barriers (history_gate.c). */
int history_apply_gate(struct history *history, const struct catalog *catalog, const struct event *event, uint32_t id);
void history_finish_gates(struct history *history);
