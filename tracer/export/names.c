#include "export/names.h"

#include <stdlib.h>
#include <string.h>

void names_finish(struct names *names) {
        for (size_t i = 0; i < names->size; i++)
                free(names->table[i].text);
        free(names->table);
}

static size_t hash(const char *text, size_t length) {
        uint64_t hash = UINT64_C(0xcbf29ce484222325);

        for (size_t i = 0; i < length; i++)
                hash = (hash ^ (unsigned char) text[i]) * UINT64_C(0x100000001b3);
        return (size_t) (hash ^ hash >> 32);
}

static struct name *place_of(const struct names *names, const char *text, size_t length) {
        size_t at = hash(text, length) & (names->size - 1);

        while (names->table[at].text && (strncmp(names->table[at].text, text, length) != 0 || names->table[at].text[length]))
                at = (at + 1) & (names->size - 1);
        return &names->table[at];
}

static int grow(struct names *names) {
        struct names bigger = { .n = names->n, .size = names->size ? names->size * 2 : 64 };

        if (names->n < names->size / 2)
                return 0;
        bigger.table = calloc(bigger.size, sizeof(*bigger.table));
        if (!bigger.table)
                return -1;
        for (size_t i = 0; i < names->size; i++)
                if (names->table[i].text)
                        *place_of(&bigger, names->table[i].text, strlen(names->table[i].text)) = names->table[i];
        free(names->table);
        *names = bigger;
        return 0;
}

uint32_t *names_find(struct names *names, const char *text, size_t length) {
        struct name *name;

        if (grow(names) < 0)
                return NULL;
        name = place_of(names, text, length);
        if (!name->text) {
                name->text = strndup(text, length);
                names->n += name->text != NULL;
        }
        return name->text ? &name->id : NULL;
}
