/* The index over an image's DWARF: which unit and function covers an address, and which variables there are. elfutils'
 * own look-ups rely on .debug_aranges, which clang does not write, and walk the whole unit for every address. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/image.h"

static int add_range(struct image_range **ranges, size_t *n, size_t *size, uint64_t low, uint64_t high, size_t item) {
        if (low == 0 || low >= high) /* the linker sets what it throws away to 0 */
                return 0;
        if (image_reserve((void **) ranges, *n, size, sizeof(**ranges)) < 0)
                return -ENOMEM;
        (*ranges)[(*n)++] = (struct image_range){ low, high, item };
        return 0;
}

/* Adds each stretch of code that the DIE covers; returns how many, or -ENOMEM. */
static int add_ranges_of(Dwarf_Die *die, size_t item, struct image_range **ranges, size_t *n, size_t *size) {
        Dwarf_Addr base, low, high;
        ptrdiff_t offset = 0;
        int count = 0;

        while ((offset = dwarf_ranges(die, offset, &base, &low, &high)) > 0) {
                if (add_range(ranges, n, size, low, high, item) < 0)
                        return -ENOMEM;
                count++;
        }
        return count;
}

static int compare_ranges(const void *a, const void *b) {
        const struct image_range *x = a, *y = b;

        return x->low != y->low ? (x->low > y->low) - (x->low < y->low) : (x->high < y->high) - (x->high > y->high);
}

static int compare_members(const void *a, const void *b) {
        const struct image_member *x = a, *y = b;

        return (x->die_address > y->die_address) - (x->die_address < y->die_address);
}

static int compare_variables(const void *a, const void *b) {
        const struct image_variable *x = a, *y = b;

        return (x->address > y->address) - (x->address < y->address);
}

/* ---- names of namespaces and classes ---- */

/* As dwarf_decl_file(), which knows no file 0; it is the unit's own in DWARF 5. */
static const char *file_of_declaration(Dwarf_Die *die) {
        Dwarf_Attribute attribute;
        Dwarf_Files *files;
        Dwarf_Word number;
        Dwarf_Die unit;
        size_t n;

        if (dwarf_formudata(dwarf_attr_integrate(die, DW_AT_decl_file, &attribute), &number) != 0 ||
            !dwarf_diecu(die, &unit, NULL, NULL) || dwarf_getsrcfiles(&unit, &files, &n) != 0 || number >= n)
                return NULL;
        return dwarf_filesrc(files, number, NULL, NULL);
}

/* What classes without a name are, nearly always: "lambda at pool.cpp:31". That says more than what it is inside of. */
static int lambda_scope(Dwarf_Die *die, char **ret_scope) {
        const char *file = file_of_declaration(die), *slash = file ? strrchr(file, '/') : NULL;
        int line;

        if (!file || dwarf_decl_line(die, &line) != 0)
                return (*ret_scope = strdup("lambda")) ? 0 : -ENOMEM;
        return asprintf(ret_scope, "lambda at %s:%d", slash ? slash + 1 : file, line) < 0 ? -ENOMEM : 0;
}

/* A class that the compiler gave a name which no source has: clang's is "(lambda at pool.cpp:31:24)", gcc's "<lambda()>". */
static bool is_named(const char *name) {
        return name && name[0] != '(' && name[0] != '<';
}

static int add_scope(struct image *image, uint32_t outer, Dwarf_Die *die, uint32_t *ret_scope) {
        const char *name = dwarf_diename(die), *prefix = image->scopes[outer];
        bool is_namespace = dwarf_tag(die) == DW_TAG_namespace;
        char *scope;

        if (!name && is_namespace) {
                *ret_scope = outer;
                return 0;
        }
        if (IMAGE_RESERVE(image, scopes) < 0)
                return -ENOMEM;
        if (!is_named(name) ? lambda_scope(die, &scope) < 0 : asprintf(&scope, "%s%s::", prefix, name) < 0)
                return -ENOMEM;
        image->scopes[image->n_scopes] = scope;
        *ret_scope = (uint32_t) image->n_scopes++;
        return 0;
}

static int add_member(struct image_unit *unit, Dwarf_Die *die, uint32_t scope) {
        if (scope == 0)
                return 0;
        if (IMAGE_RESERVE(unit, members) < 0)
                return -ENOMEM;
        unit->members[unit->n_members++] = (struct image_member){ die->addr, scope };
        return 0;
}

/* The declaration behind a definition or an inlined copy: it is the one inside the class. */
static Dwarf_Die declaration_of(Dwarf_Die die) {
        static const unsigned links[] = { DW_AT_abstract_origin, DW_AT_specification };

        for (unsigned step = 0; step < 2 * IMAGE_MAX_DEPTH; step++) {
                Dwarf_Attribute link;

                if (dwarf_attr(&die, links[step % 2], &link) && !dwarf_formref_die(&link, &die))
                        break;
        }
        return die;
}

const char *image_scope_of(const struct image *image, const struct image_unit *unit, Dwarf_Die *die, uint32_t scope) {
        struct image_member key = { NULL, 0 }, *member;

        if (unit->n_members == 0)
                return image->scopes[scope];
        key.die_address = declaration_of(*die).addr;
        member = bsearch(&key, unit->members, unit->n_members, sizeof(key), compare_members);
        return image->scopes[member ? member->scope : scope];
}

/* ---- walking a unit ---- */

struct walk {
        struct image *image;
        struct image_unit *unit;
};

static int walk_children(struct walk *walk, Dwarf_Die *parent, uint32_t scope, unsigned depth);

static int walk_function(struct walk *walk, Dwarf_Die *die, uint32_t scope, unsigned depth) {
        struct image_unit *unit = walk->unit;
        int n;

        if (add_member(unit, die, scope) < 0)
                return -ENOMEM;
        n = add_ranges_of(die, unit->n_functions, &unit->ranges, &unit->n_ranges, &unit->size_ranges);
        if (n < 0)
                return n;
        if (n > 0) {
                if (IMAGE_RESERVE(unit, functions) < 0)
                        return -ENOMEM;
                unit->functions[unit->n_functions++] = (struct image_function){ *die, scope };
        }
        return walk_children(walk, die, 0, depth);
}

/* The address of a variable whose place is one fixed address. The first byte tells, for most, that it is not, which
 * spares elfutils from parsing and keeping the location of every local variable. */
static bool fixed_address(Dwarf_Die *die, Dwarf_Addr *ret_address) {
        Dwarf_Attribute location, indirect;
        Dwarf_Block block;
        Dwarf_Op *op;
        size_t n;

        if (!dwarf_attr(die, DW_AT_location, &location) || dwarf_formblock(&location, &block) != 0 || block.length == 0)
                return false;
        if (block.data[0] != DW_OP_addr && block.data[0] != DW_OP_addrx && block.data[0] != DW_OP_GNU_addr_index)
                return false;
        if (dwarf_getlocation(&location, &op, &n) != 0 || n != 1)
                return false;
        if (op[0].atom == DW_OP_addr) {
                *ret_address = op[0].number;
                return true;
        }
        return dwarf_getlocation_attr(&location, op, &indirect) == 0 && dwarf_formaddr(&indirect, ret_address) == 0;
}

static int walk_variable(struct walk *walk, Dwarf_Die *die, uint32_t scope) {
        struct image *image = walk->image;
        Dwarf_Addr address;

        if (add_member(walk->unit, die, scope) < 0)
                return -ENOMEM;
        if (!fixed_address(die, &address))
                return 0;
        if (IMAGE_RESERVE(image, variables) < 0)
                return -ENOMEM;
        image->variables[image->n_variables++] = (struct image_variable){ address, *die, scope };
        return 0;
}

static int walk_scope(struct walk *walk, Dwarf_Die *die, uint32_t scope, unsigned depth) {
        uint32_t inner;
        int r = add_scope(walk->image, scope, die, &inner);

        return r < 0 ? r : walk_children(walk, die, inner, depth);
}

static int walk_die(struct walk *walk, Dwarf_Die *die, uint32_t scope, unsigned depth) {
        switch (dwarf_tag(die)) {
        case DW_TAG_subprogram:
                return walk_function(walk, die, scope, depth);
        case DW_TAG_variable:
                return walk_variable(walk, die, scope);
        case DW_TAG_member:
                return dwarf_hasattr(die, DW_AT_declaration) ? add_member(walk->unit, die, scope) : 0;
        case DW_TAG_lexical_block:
                return walk_children(walk, die, scope, depth);
        case DW_TAG_namespace:
        case DW_TAG_module:
                return walk_scope(walk, die, scope, depth);
        case DW_TAG_class_type:
        case DW_TAG_structure_type:
        case DW_TAG_union_type:
                return walk->unit->is_c ? 0 : walk_scope(walk, die, scope, depth);
        default:
                return 0;
        }
}

static int walk_children(struct walk *walk, Dwarf_Die *parent, uint32_t scope, unsigned depth) {
        Dwarf_Die die;

        if (depth >= IMAGE_MAX_DEPTH || dwarf_child(parent, &die) != 0)
                return 0;
        do {
                int r = walk_die(walk, &die, scope, depth + 1);

                if (r < 0)
                        return r;
        } while (dwarf_siblingof(&die, &die) == 0);
        return 0;
}

int image_index_unit(struct image *image, struct image_unit *unit) {
        struct walk walk = { image, unit };
        int r;

        if (unit->is_indexed)
                return 0;
        unit->is_indexed = true;
        r = walk_children(&walk, &unit->tree, 0, 0);
        if (r < 0)
                return r;
        if (unit->n_ranges)
                qsort(unit->ranges, unit->n_ranges, sizeof(*unit->ranges), compare_ranges);
        if (unit->n_members)
                qsort(unit->members, unit->n_members, sizeof(*unit->members), compare_members);
        return 0;
}

int image_index_variables(struct image *image) {
        if (image->has_all_variables)
                return 0;
        for (size_t i = 0; i < image->n_units; i++) {
                int r = image_index_unit(image, &image->units[i]);

                if (r < 0)
                        return r;
        }
        if (image->n_variables)
                qsort(image->variables, image->n_variables, sizeof(*image->variables), compare_variables);
        image->has_all_variables = true;
        return 0;
}

/* ---- the units themselves ---- */

static bool is_c_language(int language) {
        return language == DW_LANG_C || language == DW_LANG_C89 || language == DW_LANG_C99 || language == DW_LANG_C11;
}

/* A unit that does not say which code it covers is indexed at once, for its functions do. */
static int add_unit(struct image *image, Dwarf_Die *die, Dwarf_Die *tree) {
        struct image_unit *unit;
        int n;

        if (IMAGE_RESERVE(image, units) < 0)
                return -ENOMEM;
        unit = &image->units[image->n_units];
        *unit = (struct image_unit){ .die = *die, .tree = *tree, .is_c = is_c_language(dwarf_srclang(tree)) };
        n = add_ranges_of(die, image->n_units++, &image->ranges, &image->n_ranges, &image->size_ranges);
        if (n != 0)
                return n < 0 ? n : 0;
        n = image_index_unit(image, unit);
        for (size_t i = 0; n == 0 && i < unit->n_ranges; i++)
                n = add_range(&image->ranges, &image->n_ranges, &image->size_ranges, unit->ranges[i].low,
                              unit->ranges[i].high, image->n_units - 1);
        return n;
}

int image_load_units(struct image *image) {
        Dwarf_CU *cu = NULL;
        Dwarf_Die die, tree;
        Dwarf_Half version;
        uint8_t type;

        if (IMAGE_RESERVE(image, scopes) < 0 || !(image->scopes[0] = strdup("")))
                return -ENOMEM;
        image->n_scopes = 1;
        while (dwarf_get_units(image->dwarf, cu, &cu, &version, &type, &die, &tree) == 0) {
                bool is_split = type == DW_UT_skeleton && tree.addr && dwarf_tag(&tree) == DW_TAG_compile_unit;

                if (!die.addr || (type != DW_UT_compile && type != DW_UT_skeleton))
                        continue;
                if (add_unit(image, &die, is_split ? &tree : &die) < 0)
                        return -ENOMEM;
        }
        if (image->n_ranges)
                qsort(image->ranges, image->n_ranges, sizeof(*image->ranges), compare_ranges);
        return 0;
}
