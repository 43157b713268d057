/* A hash table from a key of two words to one word, for what the collector looks up on each event. Open
 * addressing with linear probing and no tombstones: a lookup is one or two cache lines, and a table that has
 * shrunk is as fast as one that never grew. One thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct table_entry {
        uint64_t a, b; /* the key; b 0 marks an empty place */
        uint64_t value;
};

struct table {
        struct table_entry *entries;
        size_t n;
        size_t size; /* 0 or a power of two */
};

void table_finish(struct table *table);
/* The value of key (a, b), or NULL. `b` is never 0. Pointers hold until the next table_put() or table_remove(). */
uint64_t *table_find(const struct table *table, uint64_t a, uint64_t b);
/* The same, put in with value 0 where it is missing. NULL when out of memory. */
uint64_t *table_put(struct table *table, uint64_t a, uint64_t b);
void table_remove(struct table *table, uint64_t a, uint64_t b);
