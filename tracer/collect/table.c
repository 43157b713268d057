/* See table.h. */
#include "collect/table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static size_t home_of(const struct table *table, uint64_t a, uint64_t b) {
        uint64_t hash = (a ^ (b * UINT64_C(0x9e3779b97f4a7c15))) * UINT64_C(0xff51afd7ed558ccd);

        return (size_t) (hash ^ hash >> 32) & (table->size - 1);
}

/* The key's entry, or the empty one where it would go. The table has an empty place. */
static struct table_entry *probe(const struct table *table, uint64_t a, uint64_t b) {
        size_t i = home_of(table, a, b);

        while (table->entries[i].b && (table->entries[i].a != a || table->entries[i].b != b))
                i = (i + 1) & (table->size - 1);
        return &table->entries[i];
}

static bool grow(struct table *table) {
        struct table larger = { .n = table->n, .size = table->size ? table->size * 2 : 64 };

        larger.entries = calloc(larger.size, sizeof(*larger.entries));
        if (!larger.entries)
                return false;
        for (size_t i = 0; i < table->size; i++)
                if (table->entries[i].b)
                        *probe(&larger, table->entries[i].a, table->entries[i].b) = table->entries[i];
        free(table->entries);
        *table = larger;
        return true;
}

void table_finish(struct table *table) {
        free(table->entries);
        memset(table, 0, sizeof(*table));
}

uint64_t *table_find(const struct table *table, uint64_t a, uint64_t b) {
        struct table_entry *entry;

        if (!table->size)
                return NULL;
        entry = probe(table, a, b);
        return entry->b ? &entry->value : NULL;
}

uint64_t *table_put(struct table *table, uint64_t a, uint64_t b) {
        struct table_entry *entry;

        if (table->size) {
                entry = probe(table, a, b);
                if (entry->b)
                        return &entry->value;
        }
        /* Three quarters full at most. */
        if ((table->n + 1) * 4 > table->size * 3 && !grow(table))
                return NULL;
        entry = probe(table, a, b);
        *entry = (struct table_entry) { .a = a, .b = b };
        table->n++;
        return &entry->value;
}

/* Knuth's deletion for linear probing: what lies behind the gap, up to the next empty place, moves into it unless its
 * home is behind the gap too. */
void table_remove(struct table *table, uint64_t a, uint64_t b) {
        struct table_entry *entry = table->size ? probe(table, a, b) : NULL;
        size_t mask = table->size - 1, gap, i;

        if (!entry || !entry->b)
                return;
        gap = (size_t) (entry - table->entries);
        for (i = (gap + 1) & mask; table->entries[i].b; i = (i + 1) & mask) {
                size_t home = home_of(table, table->entries[i].a, table->entries[i].b);

                if (((i - home) & mask) < ((i - gap) & mask))
                        continue;
                table->entries[gap] = table->entries[i];
                gap = i;
        }
        table->entries[gap] = (struct table_entry) { 0 };
        table->n--;
}
