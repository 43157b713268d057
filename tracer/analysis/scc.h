/* Strongly connected components of a graph (Tarjan), without recursion: a ring of 100,000 threads is no problem. */
#pragma once

#include <stdint.h>

/* Nodes 0 … n-1; the edges of node i lead to to[first[i]] … to[first[i + 1] - 1]. Writes a number from 0 for each node to
 * the caller's array, sinks first: an edge never leads to a higher number. 0 or -ENOMEM. */
int scc_find(uint32_t n, const uint32_t *first, const uint32_t *to, uint32_t *component, uint32_t *ret_n_components);
