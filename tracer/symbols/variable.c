/* From an address of data to the name of what lies there. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/demangle.h"
#include "symbols/image.h"

static struct image_unit *unit_of(const struct image *image, Dwarf_Die *die) {
        Dwarf_Die cu, *of = dwarf_diecu(die, &cu, NULL, NULL);

        for (size_t i = 0; of && i < image->n_units; i++)
                if (image->units[i].tree.addr == cu.addr)
                        return &image->units[i];
        return NULL;
}

static int name_variable(struct image *image, struct image_variable *variable, uint64_t offset, char **ret_name) {
        const char *name = dwarf_diename(&variable->die), *scope = "";
        struct image_unit *unit;
        char path[TYPE_PATH_BYTES];
        Dwarf_Attribute attribute;
        Dwarf_Word size;
        Dwarf_Die type;

        if (!name || !dwarf_formref_die(dwarf_attr_integrate(&variable->die, DW_AT_type, &attribute), &type))
                return 0;
        if (dwarf_aggregate_size(&type, &size) != 0 ? offset != 0 : offset >= size)
                return 0;
        unit = unit_of(image, &variable->die);
        if (unit && !unit->is_c)
                scope = image_scope_of(image, unit, &variable->die, variable->scope);
        if ((size_t) snprintf(path, sizeof(path), "%s%s", scope, name) >= sizeof(path) ||
            !type_path(&type, offset, path))
                return 0;
        *ret_name = strdup(path);
        return *ret_name ? 0 : -ENOMEM;
}

/* Variables do not overlap, but what the linker threw away may seem to, so a few before the nearest are tried too. */
static int name_from_dwarf(struct image *image, uint64_t file_address, char **ret_name) {
        uint64_t address = file_address - image->dwarf_bias;
        size_t low = 0, high = image->n_variables;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (image->variables[middle].address <= address)
                        low = middle + 1;
                else
                        high = middle;
        }
        for (size_t i = low; i > 0 && low - i < 8; i--) {
                struct image_variable *variable = &image->variables[i - 1];
                int r = name_variable(image, variable, address - variable->address, ret_name);

                if (r < 0 || *ret_name)
                        return r;
        }
        return 0;
}

static int name_from_symbol(struct image *image, uint64_t address, char **ret_name) {
        const struct image_symbol *symbol;
        int r = image_symbol_at(image, address, &symbol);
        char *words;

        if (r < 0 || !symbol || symbol->type != STT_OBJECT || !symbol->has_size)
                return r;
        words = symbol_words(symbol->name);
        if (!words)
                return -ENOMEM;
        if (address == symbol->address) {
                *ret_name = words;
                return 0;
        }
        r = asprintf(ret_name, "%s+%llu", words, (unsigned long long) (address - symbol->address));
        free(words);
        return r < 0 ? -ENOMEM : 0;
}

int image_variable_name(struct image *image, uint64_t address, char **ret_name) {
        char *name = NULL;
        int r = 0;

        if (image->dwarf) {
                r = image_index_variables(image);
                if (r == 0)
                        r = name_from_dwarf(image, address, &name);
        }
        if (r == 0 && !name)
                r = name_from_symbol(image, address, &name);
        if (r == 0)
                *ret_name = name;
        return r;
}
