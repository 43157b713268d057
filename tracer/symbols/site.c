/* See site.h. An expression from the source is followed through the types in DWARF: "acc->lock" is the member `lock` of what
 * the variable `acc` points to. */
#include "symbols/site.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/demangle.h"

void site_object_finish(struct site_object *object) {
        free(object->name);
        free(object->type);
        *object = (struct site_object){ 0 };
}

/* ---- variables ---- */

static bool each_variable(Dwarf_Die *scope, Dwarf_Addr address, site_visit *visit, void *data, unsigned depth) {
        Dwarf_Die die;

        if (depth >= IMAGE_MAX_DEPTH || dwarf_child(scope, &die) != 0)
                return false;
        do
                if (dwarf_tag(&die) == DW_TAG_lexical_block && dwarf_haspc(&die, address) == 1 &&
                    each_variable(&die, address, visit, data, depth + 1))
                        return true;
        while (dwarf_siblingof(&die, &die) == 0);
        if (dwarf_child(scope, &die) != 0)
                return false;
        do
                if ((dwarf_tag(&die) == DW_TAG_variable || dwarf_tag(&die) == DW_TAG_formal_parameter) && visit(&die, data))
                        return true;
        while (dwarf_siblingof(&die, &die) == 0);
        return false;
}

bool site_each_variable(Dwarf_Die *scope, Dwarf_Addr address, site_visit *visit, void *data) {
        return each_variable(scope, address, visit, data, 0);
}

struct wanted {
        const char *name;
        size_t length;
        Dwarf_Die found;
};

static bool is_wanted(Dwarf_Die *die, const struct wanted *wanted) {
        const char *name = dwarf_diename(die);

        return name && strlen(name) == wanted->length && strncmp(name, wanted->name, wanted->length) == 0;
}

static bool take_wanted(Dwarf_Die *variable, void *data) {
        struct wanted *wanted = data;

        if (!is_wanted(variable, wanted))
                return false;
        wanted->found = *variable;
        return true;
}

/* Where a function is inlined, what the compiler had no use for is told of in its origin only. */
static bool find_variable(Dwarf_Die *scope, Dwarf_Addr address, struct wanted *wanted) {
        Dwarf_Attribute attribute;
        Dwarf_Die origin;

        if (site_each_variable(scope, address, take_wanted, wanted))
                return true;
        return dwarf_formref_die(dwarf_attr(scope, DW_AT_abstract_origin, &attribute), &origin) &&
               site_each_variable(&origin, address, take_wanted, wanted);
}

/* ---- types ---- */

bool site_peel(Dwarf_Die *type, bool *ret_is_lock) {
        *ret_is_lock = false;
        if (!image_peel_type(type, ret_is_lock))
                return false;
        if (dwarf_tag(type) != DW_TAG_reference_type && dwarf_tag(type) != DW_TAG_rvalue_reference_type)
                return true;
        return image_type_of(type, type) && image_peel_type(type, ret_is_lock);
}

bool site_is_pointer(Dwarf_Die *type) {
        return dwarf_tag(type) == DW_TAG_pointer_type;
}

static bool is_structure(Dwarf_Die *type) {
        int tag = dwarf_tag(type);

        return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

/* The name of the last typedef before the structure. */
static const char *typedef_name(Dwarf_Die type) {
        const char *name = NULL;

        for (unsigned step = 0; step < IMAGE_MAX_DEPTH && !is_structure(&type); step++) {
                if (dwarf_tag(&type) == DW_TAG_typedef)
                        name = dwarf_diename(&type);
                if (!image_type_of(&type, &type))
                        return NULL;
        }
        return name;
}

int site_type_words(const struct image_unit *unit, Dwarf_Die type, char **ret_words) {
        const char *name, *alias = typedef_name(type), *tag;
        bool is_lock;
        int r;

        *ret_words = NULL;
        if (!site_peel(&type, &is_lock) || is_lock || !is_structure(&type))
                return 0;
        name = dwarf_diename(&type);
        tag = !unit->is_c || !name ? "" : dwarf_tag(&type) == DW_TAG_union_type ? "union " : "struct ";
        if (!name)
                name = alias;
        if (!name || strchr("<(", name[0])) /* a structure without a name, a lambda */
                return 0;
        r = asprintf(ret_words, "%s%s", tag, name);
        if (r >= 0)
                shorten_templates(*ret_words);
        return r < 0 ? -ENOMEM : 0;
}

/* A member, also of structures without a name and of base classes. */
static bool find_member(Dwarf_Die type, const struct wanted *wanted, Dwarf_Die *ret_type, unsigned depth) {
        Dwarf_Die member, inner;
        bool is_lock;

        if (depth >= IMAGE_MAX_DEPTH || !site_peel(&type, &is_lock) || !is_structure(&type) || dwarf_child(&type, &member) != 0)
                return false;
        do {
                int tag = dwarf_tag(&member);

                if (tag != DW_TAG_member && tag != DW_TAG_inheritance)
                        continue;
                if (tag == DW_TAG_member && dwarf_diename(&member)) {
                        if (is_wanted(&member, wanted))
                                return image_type_of(&member, ret_type);
                } else if (image_type_of(&member, &inner) && find_member(inner, wanted, ret_type, depth + 1)) {
                        return true;
                }
        } while (dwarf_siblingof(&member, &member) == 0);
        return false;
}

/* ---- following an expression ---- */

struct way {
        Dwarf_Die type;      /* of what has been followed so far */
        Dwarf_Die container; /* the type of the variable, or of what the last pointer on the way leads to */
};

static bool follow_pointer(struct way *way) {
        Dwarf_Die type = way->type;
        bool is_lock;

        if (!site_peel(&type, &is_lock) || !site_is_pointer(&type) || !image_type_of(&type, &way->type))
                return false;
        way->container = way->type;
        return true;
}

/* An array of several dimensions has one type for all of them. */
static size_t n_dimensions(Dwarf_Die *array) {
        Dwarf_Die die;
        size_t n = 0;

        if (dwarf_child(array, &die) != 0)
                return 0;
        do
                n += dwarf_tag(&die) == DW_TAG_subrange_type;
        while (dwarf_siblingof(&die, &die) == 0);
        return n;
}

/* Behind "[i]" or "[i][j]", as many as the array has; NULL where that is none. */
static const char *follow_index(struct way *way, const char *text) {
        Dwarf_Die type = way->type;
        bool is_lock, is_array;
        size_t n;

        if (!site_peel(&type, &is_lock))
                return NULL;
        is_array = dwarf_tag(&type) == DW_TAG_array_type;
        if ((!is_array && !site_is_pointer(&type)) || !image_type_of(&type, &way->type))
                return NULL;
        for (n = is_array ? n_dimensions(&type) : 1; n > 0 && *text == '['; n--)
                text += strcspn(text, "]") + 1;
        if (n > 0)
                return NULL;
        way->container = way->type;
        return text;
}

static const char *follow_member(struct way *way, const char *name) {
        struct wanted wanted = { .name = name, .length = strcspn(name, ".-[") };

        return find_member(way->type, &wanted, &way->type, 0) ? name + wanted.length : NULL;
}

/* From behind the variable to the end. */
static bool follow(struct way *way, const char *text) {
        while (text && *text) {
                if (*text == '[')
                        text = follow_index(way, text);
                else if (*text == '.')
                        text = follow_member(way, text + 1);
                else if (strncmp(text, "->", 2) == 0)
                        text = follow_pointer(way) ? follow_member(way, text + 2) : NULL;
                else
                        return false;
        }
        return text != NULL;
}

/* The class of the method that this is, as `this` points to it. */
static bool find_this(Dwarf_Die *scope, Dwarf_Addr address, Dwarf_Die *ret_class) {
        struct wanted wanted = { .name = "this", .length = strlen("this") };
        struct way way;

        if (!find_variable(scope, address, &wanted) || !image_type_of(&wanted.found, &way.type) || !follow_pointer(&way))
                return false;
        *ret_class = way.type;
        return true;
}

/* A member that is named without the object it is of: "lock" in a method of Account is Account::lock. */
static int name_member(const struct image_unit *unit, Dwarf_Die class, const char *text, struct site_object *ret_object) {
        struct way way = { .type = class, .container = class };
        char *words = NULL;
        int r;

        text = follow_member(&way, text);
        if (!text || !follow(&way, text))
                return 0;
        r = site_type_words(unit, way.container, &ret_object->type);
        if (r == 0)
                r = site_type_words(unit, class, &words);
        if (words)
                ret_object->name = words; /* the caller puts the member behind it */
        return r;
}

static int name_by_this(const struct image_unit *unit, Dwarf_Die *scope, Dwarf_Addr address, const char *text,
                        struct site_object *ret_object) {
        Dwarf_Die class;
        char *name = NULL;
        int r;

        if (strncmp(text, "this->", strlen("this->")) == 0)
                text += strlen("this->");
        if (*text == '*' || !find_this(scope, address, &class))
                return 0;
        r = name_member(unit, class, text, ret_object);
        if (r < 0 || !ret_object->name)
                return r;
        r = asprintf(&name, "%s::%s", ret_object->name, text) < 0 ? -ENOMEM : 0;
        free(ret_object->name);
        ret_object->name = r == 0 ? name : NULL;
        return r;
}

/* Follows what a line calls an object. Leaves `ret_object` blank where it leads to nothing, or nothing that may be meant. */
static int name_by_expression(const struct image_unit *unit, Dwarf_Die *scope, Dwarf_Addr address,
                              const struct expression *expression, struct site_object *ret_object) {
        const char *text = expression->text + (expression->text[0] == '*');
        struct wanted wanted = { .name = text, .length = strcspn(text, ".-[") };
        struct way way;
        bool is_lock;

        if (strncmp(text, "this->", strlen("this->")) == 0 || !find_variable(scope, address, &wanted))
                return name_by_this(unit, scope, address, expression->text, ret_object);
        if (!image_type_of(&wanted.found, &way.type))
                return 0;
        way.container = way.type;
        if (!follow(&way, text + wanted.length) || (expression->text[0] == '*' && !follow_pointer(&way)) ||
            (expression->is_guess && (!site_peel(&way.type, &is_lock) || !is_lock)))
                return 0;
        ret_object->name = strdup(expression->text);
        return ret_object->name ? site_type_words(unit, way.container, &ret_object->type) : -ENOMEM;
}

/* Which of the calls inlined at an address is on this line; the function's own when none is. Places go outwards. */
static int scope_of_line(struct image *image, const struct site *site, struct image_chain *chain, Dwarf_Die **ret_scope) {
        const struct places *places;
        int r = image_places(image, site->address, &places);

        if (r < 0)
                return r;
        *ret_scope = &chain->dies[0];
        for (size_t i = 0; i < places->n && i < chain->n; i++) {
                const struct place *place = &places->items[i];

                if (place->line != site->line || !place->file || !site->file || strcmp(place->file, site->file) != 0)
                        continue;
                *ret_scope = &chain->dies[chain->n - 1 - i];
                break;
        }
        return 0;
}

/* Where a name says no more than that a pointer was handed on, what is known of the pointer may say more. */
static bool is_bare(const struct site_object *object) {
        return !object->name || (object->name[0] == '*' && !object->type);
}

int image_site_object(struct image *image, const struct site *site, const struct expression *expression,
                      struct site_object *ret_object) {
        Dwarf_Addr address = site->address - image->dwarf_bias;
        struct site_object object = { 0 }, from_value = { 0 };
        struct image_chain chain = { .n = 0 };
        Dwarf_Die *scope;
        int r = image->dwarf ? image_chain_at(image, address, &chain) : 0;

        if (r == 0 && chain.n > 0 && expression) {
                r = scope_of_line(image, site, &chain, &scope);
                if (r == 0)
                        r = name_by_expression(chain.unit, scope, address, expression, &object);
        }
        if (r == 0 && chain.n > 0 && site->is_innermost && is_bare(&object))
                r = site_from_call_value(image, &chain, address, &from_value);
        if (r == 0 && from_value.name && (!object.name || from_value.name[0] != '*')) {
                site_object_finish(&object);
                object = from_value;
                from_value = (struct site_object){ 0 };
        }
        if (r == 0 && !object.name && expression && !expression->is_guess) {
                object.name = strdup(expression->text);
                r = object.name ? 0 : -ENOMEM;
        }
        site_object_finish(&from_value);
        if (r < 0)
                site_object_finish(&object);
        else
                *ret_object = object;
        return r;
}
