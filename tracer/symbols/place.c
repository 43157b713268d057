/* From an address of code to functions and lines, calls that the compiler inlined included. */
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbols/demangle.h"
#include "symbols/image.h"

/* ---- file names ---- */

/* Takes "." and ".." out of an absolute path, in place. */
static void collapse_path(char *path) {
        char *to = path;

        for (const char *from = path; *from;) {
                size_t length = strcspn(from + 1, "/") + 1; /* of "/part" */

                if (length == 3 && strncmp(from, "/..", 3) == 0) {
                        while (to > path && *--to != '/')
                                ;
                } else if (length > 1 && !(length == 2 && from[1] == '.')) {
                        memmove(to, from, length);
                        to += length;
                }
                from += length;
        }
        if (to == path)
                *to++ = '/';
        *to = '\0';
}

/* Absolute where the compiler noted in which folder it ran. ".." is taken out unless that leads elsewhere, through a
 * symbolic link. */
static int absolute_file(Dwarf_Die *unit, const char *file, char **ret_file) {
        Dwarf_Attribute attribute;
        const char *directory = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
        char *path, *plain;

        if (!file)
                return 0;
        if (file[0] == '/' || !directory || directory[0] != '/')
                path = strdup(file);
        else if (asprintf(&path, "%s/%s", directory, file) < 0)
                path = NULL;
        plain = path ? strdup(path) : NULL;
        if (!plain) {
                free(path);
                return -ENOMEM;
        }
        if (plain[0] == '/')
                collapse_path(plain);
        if (strstr(path, "/../") && access(plain, F_OK) != 0 && access(path, F_OK) == 0) {
                free(plain);
                plain = path;
                path = NULL;
        }
        free(path);
        *ret_file = plain;
        return 0;
}

/* ---- DWARF ---- */

static bool is_inside(Dwarf_Die *die, Dwarf_Addr address) {
        return dwarf_haspc(die, address) == 1;
}

/* Follows the address into inlined calls, through the blocks between them. */
static void follow_inlined(Dwarf_Die *function, Dwarf_Addr address, struct image_chain *chain) {
        Dwarf_Die parent = *function, die;

        for (unsigned depth = 0; depth < IMAGE_MAX_DEPTH && dwarf_child(&parent, &die) == 0; depth++) {
                bool found = false;

                do {
                        int tag = dwarf_tag(&die);

                        found = (tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block) &&
                                is_inside(&die, address);
                } while (!found && dwarf_siblingof(&die, &die) == 0);
                if (!found)
                        return;
                if (dwarf_tag(&die) == DW_TAG_inlined_subroutine && chain->n < IMAGE_MAX_DEPTH)
                        chain->dies[chain->n++] = die;
                parent = die;
        }
}

static int qualified_name(const struct image *image, const struct image_unit *unit, Dwarf_Die *die, uint32_t scope,
                          char **ret_name) {
        const char *name = dwarf_diename(die), *prefix;
        bool is_lambda;

        if (!name)
                return 0;
        prefix = image_scope_of(image, unit, die, scope);
        is_lambda = *prefix && prefix[strlen(prefix) - 1] != ':';
        /* All that is called of a lambda is the lambda itself, under several names. */
        if (asprintf(ret_name, "%s%s", prefix, is_lambda ? "" : name) < 0)
                return -ENOMEM;
        shorten_templates(*ret_name);
        return 0;
}

static int place_of_address(struct image_unit *unit, Dwarf_Addr address, struct place *place) {
        Dwarf_Line *line = dwarf_getsrc_die(&unit->die, address);
        int number;

        if (!line || dwarf_lineno(line, &number) != 0 || number <= 0)
                return 0;
        place->line = (uint32_t) number;
        return absolute_file(&unit->die, dwarf_linesrc(line, NULL, NULL), &place->file);
}

/* Where the function was called that is inlined here. */
static int place_of_call(struct image_unit *unit, Dwarf_Die *inlined, struct place *place) {
        Dwarf_Attribute attribute;
        Dwarf_Word file, line;
        Dwarf_Files *files;
        size_t n;

        if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &file) != 0 ||
            dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &line) != 0 ||
            dwarf_getsrcfiles(&unit->die, &files, &n) != 0 || file >= n || line > INT32_MAX)
                return 0;
        place->line = (uint32_t) line;
        return absolute_file(&unit->die, dwarf_filesrc(files, file, NULL, NULL), &place->file);
}

/* The chain goes inwards and places go outwards: the innermost has the address's own line, each further one the line
 * of the call to the one before it. */
static int fill_from_chain(const struct image *image, struct image_unit *unit, uint32_t scope, Dwarf_Addr address,
                           struct image_chain *chain, struct places *places) {
        for (size_t i = 0; i < chain->n; i++) {
                size_t inward = chain->n - 1 - i;
                struct place *place = &places->items[i];

                if (qualified_name(image, unit, &chain->dies[inward], inward == 0 ? scope : 0, &place->function) < 0)
                        return -ENOMEM;
                if ((i == 0 ? place_of_address(unit, address, place)
                            : place_of_call(unit, &chain->dies[inward + 1], place)) < 0)
                        return -ENOMEM;
        }
        return 0;
}

int image_chain_at(struct image *image, Dwarf_Addr address, struct image_chain *ret_chain) {
        const struct image_range *range = image_range_at(image->ranges, image->n_ranges, address);
        struct image_unit *unit = range ? &image->units[range->item] : NULL;
        struct image_function *function;
        int r = unit ? image_index_unit(image, unit) : 0;

        ret_chain->n = 0;
        range = unit ? image_range_at(unit->ranges, unit->n_ranges, address) : NULL;
        if (r < 0 || !range)
                return r;
        function = &unit->functions[range->item];
        ret_chain->unit = unit;
        ret_chain->scope = function->scope;
        ret_chain->dies[ret_chain->n++] = function->die;
        follow_inlined(&function->die, address, ret_chain);
        return 0;
}

/* Fills in what DWARF knows; leaves `places` without items where that is nothing. */
static int places_from_dwarf(struct image *image, uint64_t file_address, struct places *places) {
        Dwarf_Addr address = file_address - image->dwarf_bias, entry;
        struct image_chain chain;
        int r = image_chain_at(image, address, &chain);

        if (r < 0 || chain.n == 0)
                return r;
        places->items = calloc(chain.n, sizeof(*places->items));
        if (!places->items)
                return -ENOMEM;
        places->n = chain.n;
        if (dwarf_entrypc(&chain.dies[0], &entry) == 0)
                places->entry = entry + image->dwarf_bias;
        return fill_from_chain(image, chain.unit, chain.scope, address, &chain, places);
}

/* ---- the symbol table ---- */

static int places_from_symbol(struct image *image, uint64_t address, struct places *places) {
        const struct image_symbol *symbol;
        int r = image_symbol_at(image, address, &symbol);

        if (r < 0)
                return r;
        places->items = calloc(1, sizeof(*places->items));
        if (!places->items)
                return -ENOMEM;
        places->n = 1;
        if (!symbol)
                return 0;
        places->entry = symbol->address;
        places->items[0].function = symbol_words(symbol->name);
        return places->items[0].function ? 0 : -ENOMEM;
}

static int compare_places(const void *a, const void *b) {
        const struct places *x = a, *y = b;

        return (x->address > y->address) - (x->address < y->address);
}

/* The table takes the entry before it is filled, so that it is freed with the image whatever happens. */
int image_places(struct image *image, uint64_t address, const struct places **ret_places) {
        struct places key = { .address = address }, **known, *places;
        int r;

        known = tfind(&key, &image->known_places, compare_places);
        if (known) {
                *ret_places = *known;
                return 0;
        }
        places = calloc(1, sizeof(*places));
        if (!places)
                return -ENOMEM;
        places->address = address;
        if (!tsearch(places, &image->known_places, compare_places)) {
                free(places);
                return -ENOMEM;
        }
        r = image->dwarf ? places_from_dwarf(image, address, places) : 0;
        if (r == 0 && places->n == 0)
                r = places_from_symbol(image, address, places);
        if (r == 0)
                *ret_places = places;
        return r;
}
