/* Which findings tell of the same lines: a cycle's sides as places in the source (where the held lock was taken, where the
 * wanted one), without which threads and locks went through them. Where the source is not known, locks stand in. */
#pragma once

#include "model/catalog.h"
#include "model/finding.h"

#define SITE_KEY_DEADLOCK UINT32_MAX /* instead of the place of a finding: it is known as a deadlock */

struct site_keys {
        const struct catalog *catalog;
        uint64_t *sites;  /* of each stack; 0: not computed */
        uint64_t *sides;  /* of the key being made */
        uint32_t n_sides, size_sides;
        struct site_key {
                uint64_t key; /* 0: unused */
                uint32_t finding;
        } *table;
        uint32_t n_keys, table_size;
        bool out_of_memory; /* while making a key */
};

void site_keys_init(struct site_keys *keys, const struct catalog *catalog);
void site_keys_finish(struct site_keys *keys);

/* One place; the object stands in where the source is not known. */
uint64_t site_keys_site(struct site_keys *keys, uint32_t stack, uint32_t object);

/* A key is made side by side. Equal sides count once, and their order does not matter. */
void site_keys_begin(struct site_keys *keys);
uint64_t site_keys_side(struct site_keys *keys, uint32_t held_stack, uint32_t held, uint32_t wanted_stack, uint32_t wanted);
void site_keys_add(struct site_keys *keys, uint64_t side);
void site_keys_add_side(struct site_keys *keys, uint32_t held_stack, uint32_t held, uint32_t wanted_stack, uint32_t wanted);
uint64_t site_keys_end(struct site_keys *keys);
/* The key of a ring of a finding, from its steps. */
uint64_t site_keys_of_ring(struct site_keys *keys, const struct finding *finding, uint32_t ring);

/* Puts each ring of each deadlock, as SITE_KEY_DEADLOCK: what has happened need not be predicted. 0 or -ENOMEM. */
int site_keys_note_deadlocks(struct site_keys *keys, const struct finding_list *list);

/* Points to what was put, until the next site_keys_put(); NULL for an unknown key. */
uint32_t *site_keys_find(struct site_keys *keys, uint64_t key);
/* 0 or -ENOMEM. */
int site_keys_put(struct site_keys *keys, uint64_t key, uint32_t finding);
