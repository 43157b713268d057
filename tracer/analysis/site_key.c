#include "analysis/site_key.h"

#include <errno.h>
#include <stdlib.h>

#include "analysis/hash.h"
#include "analysis/world_state.h"

void site_keys_init(struct site_keys *keys, const struct catalog *catalog) {
        *keys = (struct site_keys) { .catalog = catalog };
}

void site_keys_finish(struct site_keys *keys) {
        free(keys->sites);
        free(keys->sides);
        free(keys->table);
}

/* Places */

/* The innermost place of a stack; 0 where there is none. */
static uint64_t compute_site(const struct catalog *catalog, uint32_t stack_id) {
        const struct stack *stack = catalog_stack(catalog, stack_id);
        const struct frame *frame = catalog_site(catalog, stack_id);

        if (frame && frame->file && frame->line > 0)
                return hash_mix(hash_text(1, frame->file), frame->line) | 1;
        return stack->n_pcs > 0 ? hash_mix(hash_mix(3, stack->process), stack->pcs[0]) | 1 : 0;
}

uint64_t site_keys_site(struct site_keys *keys, uint32_t stack, uint32_t object) {
        uint64_t site;

        if (stack >= keys->catalog->n_stacks)
                stack = 0;
        if (!keys->sites)
                keys->sites = calloc(keys->catalog->n_stacks, sizeof(*keys->sites));
        site = keys->sites ? keys->sites[stack] : 0;
        if (site == 0)
                site = compute_site(keys->catalog, stack);
        if (keys->sites)
                keys->sites[stack] = site;
        return site != 0 ? site : hash_mix(2, object) & ~UINT64_C(1);
}

/* Keys */

void site_keys_begin(struct site_keys *keys) {
        keys->n_sides = 0;
        keys->out_of_memory = false;
}

uint64_t site_keys_side(struct site_keys *keys, uint32_t held_stack, uint32_t held, uint32_t wanted_stack, uint32_t wanted) {
        return hash_mix(site_keys_site(keys, held_stack, held), site_keys_site(keys, wanted_stack, wanted));
}

void site_keys_add(struct site_keys *keys, uint64_t side) {
        uint32_t at = 0;

        while (at < keys->n_sides && keys->sides[at] < side)
                at++;
        if (at < keys->n_sides && keys->sides[at] == side)
                return;
        if (reach_index(&keys->sides, &keys->n_sides, &keys->size_sides, keys->n_sides, sizeof(*keys->sides)) < 0) {
                keys->out_of_memory = true;
                return;
        }
        for (uint32_t i = keys->n_sides - 1; i > at; i--)
                keys->sides[i] = keys->sides[i - 1];
        keys->sides[at] = side;
}

void site_keys_add_side(struct site_keys *keys, uint32_t held_stack, uint32_t held, uint32_t wanted_stack, uint32_t wanted) {
        site_keys_add(keys, site_keys_side(keys, held_stack, held, wanted_stack, wanted));
}

uint64_t site_keys_end(struct site_keys *keys) {
        uint64_t key = hash_mix(4, keys->n_sides);

        for (uint32_t i = 0; i < keys->n_sides; i++)
                key = hash_mix(key, keys->sides[i]);
        return key | 1; /* 0 is no key */
}

uint64_t site_keys_of_ring(struct site_keys *keys, const struct finding *finding, uint32_t ring) {
        const struct finding_step *hold = NULL;

        site_keys_begin(keys);
        for (size_t i = 0; i < finding->n_steps; i++) {
                const struct finding_step *step = &finding->steps[i];

                if (step->ring != ring)
                        continue;
                if (step->role == STEP_HOLDS && (!hold || hold->thread != step->thread))
                        hold = step; /* the first is what the thread before waits for */
                if (step->role == STEP_WAITS)
                        site_keys_add_side(keys, hold && hold->thread == step->thread ? hold->stack : 0,
                                           hold && hold->thread == step->thread ? hold->object : 0, step->stack, step->object);
        }
        return site_keys_end(keys);
}

/* The table */

static uint32_t place_of(const struct site_keys *keys, uint64_t key) {
        uint32_t at = (uint32_t) (key >> 1) & (keys->table_size - 1);

        while (keys->table[at].key != 0 && keys->table[at].key != key)
                at = (at + 1) & (keys->table_size - 1);
        return at;
}

uint32_t *site_keys_find(struct site_keys *keys, uint64_t key) {
        uint32_t at = keys->table_size > 0 ? place_of(keys, key) : 0;

        return keys->table_size > 0 && keys->table[at].key == key ? &keys->table[at].finding : NULL;
}

static int grow(struct site_keys *keys) {
        struct site_keys bigger = *keys;

        if (keys->n_keys < keys->table_size / 2)
                return 0;
        bigger.table_size = keys->table_size ? keys->table_size * 2 : 64;
        bigger.table = calloc(bigger.table_size, sizeof(*bigger.table));
        if (!bigger.table)
                return -ENOMEM;
        for (uint32_t i = 0; i < keys->table_size; i++)
                if (keys->table[i].key != 0)
                        bigger.table[place_of(&bigger, keys->table[i].key)] = keys->table[i];
        free(keys->table);
        *keys = bigger;
        return 0;
}

int site_keys_put(struct site_keys *keys, uint64_t key, uint32_t finding) {
        uint32_t at;

        if (keys->out_of_memory || grow(keys) < 0)
                return -ENOMEM;
        at = place_of(keys, key);
        keys->n_keys += keys->table[at].key == 0;
        keys->table[at] = (struct site_key) { key, finding };
        return 0;
}

int site_keys_note_deadlocks(struct site_keys *keys, const struct finding_list *list) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < list->n; i++)
                for (uint32_t ring = 1; r == 0 && ring <= list->items[i].n_rings; ring++)
                        if (list->items[i].kind == FINDING_DEADLOCK)
                                r = site_keys_put(keys, site_keys_of_ring(keys, &list->items[i], ring), SITE_KEY_DEADLOCK);
        return r;
}
