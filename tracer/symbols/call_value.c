/* What a call is given, without the source: optimising compilers note of each call what its parameters were, in terms of what
 * the caller still has ("rbx + 8"), and of each variable where it is then ("acc is in rbx"). Together that is "acc->lock". */
#include <errno.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/site.h"

/* A sum of something that is not known but can be compared, and a number. */
struct value {
        enum { VALUE_UNKNOWN, VALUE_REGISTER, VALUE_ENTRY, VALUE_FRAME } base; /* a register, now or on entry; the frame */
        uint64_t number; /* of the register */
        int64_t offset;
        bool is_place; /* of a variable: the value is where it lies, else what it is */
};

/* The register on entry that the first operation is about. */
static bool read_entry_value(Dwarf_Attribute *attribute, const Dwarf_Op *op, struct value *ret_value) {
        Dwarf_Attribute inner;
        Dwarf_Op *inner_ops;
        size_t n;

        if (dwarf_getlocation_attr(attribute, op, &inner) != 0 || dwarf_getlocation(&inner, &inner_ops, &n) != 0 || n != 1 ||
            inner_ops[0].atom < DW_OP_reg0 || inner_ops[0].atom > DW_OP_reg31)
                return false;
        *ret_value = (struct value){ .base = VALUE_ENTRY, .number = inner_ops[0].atom - DW_OP_reg0 };
        return true;
}

static bool read_base(Dwarf_Attribute *attribute, const Dwarf_Op *op, struct value *ret_value) {
        if (op->atom >= DW_OP_reg0 && op->atom <= DW_OP_reg31)
                *ret_value = (struct value){ .base = VALUE_REGISTER, .number = op->atom - DW_OP_reg0 };
        else if (op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31)
                *ret_value = (struct value){ VALUE_REGISTER, op->atom - DW_OP_breg0, (int64_t) op->number, true };
        else if (op->atom == DW_OP_fbreg)
                *ret_value = (struct value){ VALUE_FRAME, 0, (int64_t) op->number, true };
        else if (op->atom == DW_OP_entry_value || op->atom == DW_OP_GNU_entry_value)
                return read_entry_value(attribute, op, ret_value);
        else
                return false;
        return true;
}

static bool read_value(Dwarf_Attribute *attribute, const Dwarf_Op *ops, size_t n, struct value *ret_value) {
        if (n == 0 || !read_base(attribute, &ops[0], ret_value))
                return false;
        for (size_t i = 1; i < n; i++) {
                if (ops[i].atom == DW_OP_plus_uconst && ops[i].number <= INT32_MAX)
                        ret_value->offset += (int64_t) ops[i].number;
                else if (ops[i].atom == DW_OP_stack_value && i + 1 == n)
                        ret_value->is_place = false;
                else
                        return false;
        }
        return true;
}

/* ---- the call ---- */

/* DWARF's number of the register for the first parameter, or -1. */
static int first_parameter(struct image *image) {
        GElf_Ehdr header;

        if (!gelf_getehdr(dwarf_getelf(image->dwarf), &header))
                return -1;
        return header.e_machine == EM_X86_64 ? 5 : header.e_machine == EM_AARCH64 ? 0 : -1;
}

static bool returns_to(Dwarf_Die *call, Dwarf_Addr address) {
        Dwarf_Attribute attribute;
        Dwarf_Addr to;

        if (dwarf_formaddr(dwarf_attr(call, DW_AT_call_return_pc, &attribute), &to) != 0 && dwarf_lowpc(call, &to) != 0)
                return false;
        return to == address;
}

static bool find_call(Dwarf_Die *scope, Dwarf_Addr return_address, Dwarf_Die *ret_call, unsigned depth) {
        Dwarf_Die die;

        if (depth >= 2 * IMAGE_MAX_DEPTH || dwarf_child(scope, &die) != 0)
                return false;
        do {
                switch (dwarf_tag(&die)) {
                case DW_TAG_call_site:
                case DW_TAG_GNU_call_site:
                        if (returns_to(&die, return_address)) {
                                *ret_call = die;
                                return true;
                        }
                        break;
                case DW_TAG_lexical_block:
                case DW_TAG_inlined_subroutine:
                        if (dwarf_haspc(&die, return_address - 1) == 1 &&
                            find_call(&die, return_address, ret_call, depth + 1))
                                return true;
                        break;
                }
        } while (dwarf_siblingof(&die, &die) == 0);
        return false;
}

static bool is_parameter_in(Dwarf_Die *die, unsigned number) {
        Dwarf_Attribute attribute;
        Dwarf_Op *ops;
        size_t n;
        int tag = dwarf_tag(die);

        return (tag == DW_TAG_call_site_parameter || tag == DW_TAG_GNU_call_site_parameter) &&
               dwarf_getlocation(dwarf_attr(die, DW_AT_location, &attribute), &ops, &n) == 0 && n == 1 &&
               ops[0].atom == DW_OP_reg0 + number;
}

/* What the call's first parameter was. */
static bool read_parameter(Dwarf_Die *call, unsigned number, struct value *ret_value) {
        Dwarf_Attribute attribute;
        Dwarf_Die die;
        Dwarf_Op *ops;
        size_t n;

        if (dwarf_child(call, &die) != 0)
                return false;
        do {
                if (!is_parameter_in(&die, number))
                        continue;
                if (!dwarf_attr(&die, DW_AT_call_value, &attribute) && !dwarf_attr(&die, DW_AT_GNU_call_site_value, &attribute))
                        return false;
                return dwarf_getlocation(&attribute, &ops, &n) == 0 && read_value(&attribute, ops, n, ret_value);
        } while (dwarf_siblingof(&die, &die) == 0);
        return false;
}

/* ---- the variables ---- */

struct search {
        const struct image_unit *unit;
        Dwarf_Addr address, entry;
        struct value value;
        struct site_object *object;
        int error;
};

/* "lock" of a type, `offset` bytes into it, or that itself. Never what is none for sure. */
static bool path_to(Dwarf_Die *type, int64_t offset, char path[static TYPE_PATH_BYTES]) {
        Dwarf_Word size;

        path[0] = '\0';
        return offset >= 0 && dwarf_aggregate_size(type, &size) == 0 && (uint64_t) offset < size &&
               type_path_to_lock(type, (uint64_t) offset, path);
}

/* "acc->lock", "acc[2]", "*lock"; "Account::lock" of `this`. */
static int name_through_pointer(const char *name, const char *path, const struct site_object *object, char **ret_name) {
        int r;

        if (strcmp(name, "this") == 0 && object->type && path[0] == '.')
                r = asprintf(ret_name, "%s::%s", object->type, path + 1);
        else if (path[0] == '.')
                r = asprintf(ret_name, "%s->%s", name, path + 1);
        else
                r = asprintf(ret_name, path[0] ? "%s%s" : "*%s%s", name, path);
        return r < 0 ? -ENOMEM : 0;
}

/* Takes what is found if it says more than what was found before: of a pointer that functions hand on to each other, all inlined,
 * the outermost says most, and what is inside something more than that. Returns true when it cannot get better. */
static bool take(struct search *search, Dwarf_Die *type, bool is_pointer, const char *name, const char *path) {
        struct site_object found = { 0 };

        if (!path[0] && (strcmp(name, "this") == 0 || strncmp(name, "__", 2) == 0)) /* the C++ library's */
                return false;
        search->error = site_type_words(search->unit, *type, &found.type);
        if (search->error == 0 && is_pointer)
                search->error = name_through_pointer(name, path, &found, &found.name);
        else if (search->error == 0 && asprintf(&found.name, "%s%s", name, path) < 0)
                search->error = -ENOMEM;
        if (search->error < 0) {
                site_object_finish(&found);
                return true;
        }
        site_object_finish(search->object);
        *search->object = found;
        return path[0] != '\0';
}

static bool read_variable(Dwarf_Die *variable, Dwarf_Addr address, struct value *ret_value) {
        Dwarf_Attribute attribute;
        Dwarf_Op *ops;
        size_t n;

        return dwarf_attr(variable, DW_AT_location, &attribute) &&
               dwarf_getlocation_addr(&attribute, address, &ops, &n, 1) == 1 && read_value(&attribute, ops, n, ret_value);
}

/* The variable in the terms that the parameter of the call is in. clang tells a parameter that is handed on by the register in
 * which it came. */
static bool read_comparable(Dwarf_Die *variable, const struct search *search, struct value *ret_value) {
        const struct value *wanted = &search->value;

        if (read_variable(variable, search->address, ret_value) && ret_value->base == wanted->base &&
            ret_value->number == wanted->number)
                return true;
        if (wanted->base != VALUE_ENTRY || dwarf_tag(variable) != DW_TAG_formal_parameter ||
            !read_variable(variable, search->entry, ret_value))
                return false;
        return ret_value->base == VALUE_REGISTER && ret_value->number == wanted->number && !ret_value->is_place;
}

static bool compare_variable(Dwarf_Die *variable, void *data) {
        struct search *search = data;
        const char *name = dwarf_diename(variable);
        char path[TYPE_PATH_BYTES];
        struct value value;
        Dwarf_Die type;
        bool is_lock;

        if (!name || !read_comparable(variable, search, &value) || !image_type_of(variable, &type))
                return false;
        if (!value.is_place && (!image_peel_type(&type, &is_lock) || !site_is_pointer(&type) || !image_type_of(&type, &type)))
                return false;
        if (!path_to(&type, search->value.offset - value.offset, path))
                return false;
        return take(search, &type, !value.is_place, name, path);
}

int site_from_call_value(struct image *image, const struct image_chain *chain, Dwarf_Addr address,
                         struct site_object *ret_object) {
        struct site_object object = { 0 };
        struct search search = { .unit = chain->unit, .address = address, .object = &object };
        Dwarf_Die function = chain->dies[0], call;
        int number = first_parameter(image);

        if (dwarf_entrypc(&function, &search.entry) != 0 || number < 0 || !find_call(&function, address + 1, &call, 0) || !read_parameter(&call, (unsigned) number, &search.value))
                return 0;
        for (size_t i = chain->n; i > 0; i--) {
                Dwarf_Die scope = chain->dies[i - 1];

                if (site_each_variable(&scope, address, compare_variable, &search))
                        break;
        }
        if (search.error < 0)
                site_object_finish(&object);
        else
                *ret_object = object;
        return search.error;
}
