/* A graph as JSON: {"kind", "nodes": [{"node", "type", "id", "name", "ring"}], "edges": [{"from", "to", "kind", "label",
 * "thread", "site": {"function", "file", "line"}, "held_site" (lock order only), "event", "time_ns", "times", "ring"}],
 * "rings": [[node, …]]}. `from`, `to` and the rings refer to nodes by their place in the list, rings count from 1. */
#pragma once

#include <cjson/cJSON.h>

#include "graph/circle.h"
#include "graph/graph.h"

/* 0 or -ENOMEM. */
int json_write(const struct graph *graph, FILE *out);

/* Adds a text that may hold anything (see text_clean()), null for NULL. False when out of memory. */
bool json_add_text(cJSON *object, const char *name, const char *text);
