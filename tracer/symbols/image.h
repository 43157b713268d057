/* One file of code (a program, a shared library) with what its symbol table and DWARF say. An image is opened once
 * however many processes had it mapped: every address here is one in the file, that is, without the load bias.
 * Nothing here fails because debug information is missing or damaged; less is known then. The only error is -ENOMEM. */
#pragma once

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Damaged files may hold loops; nothing sensible is nested deeper. */
#define IMAGE_MAX_DEPTH 64

#define IMAGE_ARRAY(type, name)                                                                                        \
        type *name;                                                                                                    \
        size_t n_##name;                                                                                               \
        size_t size_##name
/* Makes room for one more item; -ENOMEM or 0. */
#define IMAGE_RESERVE(owner, name)                                                                                     \
        image_reserve((void **) &(owner)->name, (owner)->n_##name, &(owner)->size_##name, sizeof(*(owner)->name))
int image_reserve(void **items, size_t n, size_t *size, size_t item_bytes);

struct image_range {
        uint64_t low, high;
        size_t item; /* index of a unit in its image, or of a function in its unit */
};

struct image_function {
        Dwarf_Die die;
        uint32_t scope; /* index in image.scopes: the namespace or class around it */
};

/* A variable that lies at one address for all of the program's life: global, or static inside a function. */
struct image_variable {
        uint64_t address;
        Dwarf_Die die;
        uint32_t scope;
};

/* A function or variable declared inside a class or namespace; its definition refers to this. */
struct image_member {
        const void *die_address;
        uint32_t scope;
};

struct image_unit {
        Dwarf_Die die;  /* has the line table */
        Dwarf_Die tree; /* has the functions; another one where DWARF is split off into .dwo files */
        bool is_c;
        bool is_indexed;
        IMAGE_ARRAY(struct image_function, functions);
        IMAGE_ARRAY(struct image_range, ranges);   /* of functions, by address */
        IMAGE_ARRAY(struct image_member, members); /* by die_address */
};

struct image_symbol {
        uint64_t address, end;
        uint64_t reach;   /* the furthest end of this and all before it */
        const char *name; /* elfutils' */
        uint32_t index;   /* in the file */
        bool has_size;    /* else the end is a guess */
        uint8_t type, binding;
};

/* What is at an address of code: the function itself, and each call inlined there; innermost first. */
struct place {
        char *function; /* NULL: unknown */
        char *file;     /* NULL: unknown */
        uint32_t line;
};

struct places {
        uint64_t address;
        uint64_t entry;      /* address of the function's first instruction, 0: unknown */
        struct place *items; /* at least one */
        size_t n;
};

/* What became of the file since it was recorded. */
enum image_state {
        IMAGE_SAME,
        IMAGE_GONE,
        IMAGE_UNREADABLE, /* to this user; or it is nothing that has names */
        IMAGE_CHANGED,    /* another file is in its place, whose names would be wrong */
};

struct image {
        char *path;
        enum image_state state;
        Dwfl *dwfl; /* NULL: cannot be read */
        Dwfl_Module *module;
        Dwarf *dwarf;        /* NULL: no debug information */
        uint64_t dwarf_bias; /* address here minus address in DWARF, where that is in a file of its own */
        bool has_all_variables;
        bool has_symbols;
        IMAGE_ARRAY(struct image_unit, units);
        IMAGE_ARRAY(struct image_range, ranges);       /* of units, by address */
        IMAGE_ARRAY(struct image_variable, variables); /* by address, once has_all_variables */
        IMAGE_ARRAY(struct image_symbol, symbols);     /* by address, once has_symbols */
        IMAGE_ARRAY(char *, scopes);                   /* "bank::account::"; "lambda at pool.cpp:31" */
        void *known_places;                            /* tsearch() tree of struct places */
};

/* Opens the file; gives a blank image where that cannot be done, or where the file is not the one that was recorded: it has
 * another build-id, or, where that is not known (NULL), has changed since `unix_ns`. */
int image_new(const char *path, const char *build_id, uint64_t unix_ns, struct image **ret_image);
void image_free(struct image *image);

/* Functions and lines at an address of code. The result belongs to the image, which keeps it. */
int image_places(struct image *image, uint64_t address, const struct places **ret_places);

/* The variable that covers `address`, down to the lock inside it: "table.forks[2].lock"; or, without DWARF, its symbol:
 * "table+80". NULL in `ret_name` when nothing is known. The caller frees. */
int image_variable_name(struct image *image, uint64_t address, char **ret_name);

/* The symbol that covers the address, which is read from the file when first asked for; or NULL. -ENOMEM or 0. */
int image_symbol_at(struct image *image, uint64_t address, const struct image_symbol **ret_symbol);

/* For the files of this folder: reading DWARF into the image, unit by unit, when first asked for. */
int image_load_units(struct image *image);
int image_index_unit(struct image *image, struct image_unit *unit);
int image_index_variables(struct image *image);
/* The namespaces and classes that qualify the name of a DIE, "" for none. */
const char *image_scope_of(const struct image *image, const struct image_unit *unit, Dwarf_Die *die, uint32_t scope);
/* The range with the highest low end that covers the address, or NULL. */
const struct image_range *image_range_at(const struct image_range *ranges, size_t n, uint64_t address);

/* The DIEs around an address of code, from the function inwards: it, then each call inlined there. */
struct image_chain {
        Dwarf_Die dies[IMAGE_MAX_DEPTH];
        size_t n; /* 0: not known */
        struct image_unit *unit;
        uint32_t scope; /* of the function */
};
/* `address` is one in DWARF. -ENOMEM or 0. */
int image_chain_at(struct image *image, Dwarf_Addr address, struct image_chain *ret_chain);

/* The type of a DIE. */
bool image_type_of(Dwarf_Die *die, Dwarf_Die *ret_type);
/* Takes typedefs and qualifiers off; tells whether a lock was met. False at the end of a chain that leads nowhere. */
bool image_peel_type(Dwarf_Die *type, bool *ret_is_lock);

/* Appends the way from the start of an object of this type to the lock at `offset` in it: ".forks[2].lock". Returns
 * false, with `path` as it was, when the offset leads to no member. `path` is of PATH_BYTES. */
#define TYPE_PATH_BYTES 512
bool type_path(Dwarf_Die *type, uint64_t offset, char path[static TYPE_PATH_BYTES]);
/* The same for what is known to be a lock by its type. */
bool type_path_to_lock(Dwarf_Die *type, uint64_t offset, char path[static TYPE_PATH_BYTES]);
