/* What an object without a symbol is: found from DWARF at the place in the program that makes it, or uses it first. */
#pragma once

#include "symbols/expression.h"
#include "symbols/image.h"

struct site_object {
        char *name; /* "acc->lock", "Account::lock"; NULL: nothing is known */
        char *type; /* of the structure that it is in: "struct account"; NULL: it is in none, or that is not known */
};
void site_object_finish(struct site_object *object);

/* A call that is given the object. */
struct site {
        uint64_t address;  /* inside the call's instruction */
        const char *file;  /* the line it is on, which tells between calls inlined there; NULL: unknown */
        uint32_t line;
        bool is_innermost; /* nothing lies between this call and the one that was recorded */
};

/* `expression` is what that line calls the object, NULL where it is not to be had. -ENOMEM or 0. */
int image_site_object(struct image *image, const struct site *site, const struct expression *expression,
                      struct site_object *ret_object);

/* ---- for the files about it ---- */

/* Visits the variables and parameters that are in sight at an address inside of a function or a call inlined there, those of
 * inner blocks first. Stops where `visit` returns true, and returns that. */
typedef bool site_visit(Dwarf_Die *variable, void *data);
bool site_each_variable(Dwarf_Die *scope, Dwarf_Addr address, site_visit *visit, void *data);

/* Down from a type to the structure that it is, through typedefs, qualifiers and references; "struct account", "Account<int>",
 * the typedef's name where it has none itself. NULL in `ret_words` for what is no structure. -ENOMEM or 0. */
int site_type_words(const struct image_unit *unit, Dwarf_Die type, char **ret_words);
/* Takes typedefs, qualifiers and references off. */
bool site_peel(Dwarf_Die *type, bool *ret_is_lock);
bool site_is_pointer(Dwarf_Die *type);

/* From the value that the first parameter of the call has, in terms of variables that are known there: it needs no source, but
 * an optimising compiler. NULL in `ret_object` where that does not lead to a lock. -ENOMEM or 0. */
int site_from_call_value(struct image *image, const struct image_chain *chain, Dwarf_Addr address,
                         struct site_object *ret_object);
