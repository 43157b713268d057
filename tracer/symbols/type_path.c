/* The way into a variable: from its type and an offset to ".forks[2].lock". It ends at the lock, not inside it: a
 * pthread_mutex_t is a union of structures that nobody wants to read about. */
#include <stdio.h>
#include <string.h>

#include "symbols/image.h"

enum reach {
        REACH_NONE,  /* the offset leads to nothing */
        REACH_START, /* it is where something begins, though not something known to be a lock */
        REACH_LOCK,
};

static enum reach walk_type(Dwarf_Die *type, uint64_t offset, char path[static TYPE_PATH_BYTES], unsigned depth);

/* Types at which the way ends: those of pthreads, C11, the runtime, C++ and GLib. */
static bool is_lock_name(const char *name) {
        static const char *const prefixes[] = { "pthread_", "sem_t", "mtx_t", "cnd_t", "once_flag", "heddle_" };
        static const char *const words[] = {
                "mutex",        "recursive_mutex",    "timed_mutex",        "recursive_timed_mutex",
                "shared_mutex", "shared_timed_mutex", "condition_variable", "condition_variable_any",
                "_GMutex",      "_GRecMutex",         "_GRWLock",           "_GCond",
                "_GOnce",       "GMutex",             "GRecMutex",          "GRWLock",
                "GCond",        "GOnce"
        };

        if (!name)
                return false;
        for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
                if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
                        return true;
        for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
                if (strcmp(name, words[i]) == 0)
                        return true;
        return false;
}

bool image_type_of(Dwarf_Die *die, Dwarf_Die *ret_type) {
        Dwarf_Attribute attribute;

        return dwarf_formref_die(dwarf_attr_integrate(die, DW_AT_type, &attribute), ret_type) != NULL;
}

bool image_peel_type(Dwarf_Die *type, bool *ret_is_lock) {
        for (unsigned step = 0; step < IMAGE_MAX_DEPTH; step++) {
                switch (dwarf_tag(type)) {
                case DW_TAG_typedef:
                        if (is_lock_name(dwarf_diename(type))) {
                                *ret_is_lock = true;
                                return true;
                        }
                        break;
                case DW_TAG_const_type:
                case DW_TAG_volatile_type:
                case DW_TAG_restrict_type:
                case DW_TAG_atomic_type:
                        break;
                default:
                        *ret_is_lock = is_lock_name(dwarf_diename(type));
                        return true;
                }
                if (!image_type_of(type, type))
                        return false;
        }
        return false;
}

/* Fails when there is no room, which leaves the caller with the shorter path. */
static bool push(char path[static TYPE_PATH_BYTES], const char *format, const char *name, uint64_t index) {
        size_t length = strlen(path);
        int n = name ? snprintf(path + length, TYPE_PATH_BYTES - length, format, name)
                     : snprintf(path + length, TYPE_PATH_BYTES - length, "[%llu]", (unsigned long long) index);

        if (n >= 0 && (size_t) n < TYPE_PATH_BYTES - length)
                return true;
        path[length] = '\0';
        return false;
}

static bool member_offset(Dwarf_Die *member, Dwarf_Word *ret_offset) {
        Dwarf_Attribute attribute;
        Dwarf_Op *op;
        size_t n;

        if (dwarf_hasattr(member, DW_AT_data_bit_offset) || dwarf_hasattr(member, DW_AT_declaration) ||
            dwarf_hasattr(member, DW_AT_external))
                return false;
        if (!dwarf_attr_integrate(member, DW_AT_data_member_location, &attribute)) {
                *ret_offset = 0; /* of a union */
                return true;
        }
        if (dwarf_formudata(&attribute, ret_offset) == 0)
                return true;
        if (dwarf_getlocation(&attribute, &op, &n) != 0 || n != 1 || op[0].atom != DW_OP_plus_uconst)
                return false;
        *ret_offset = op[0].number;
        return true;
}

/* Into one member, or base class, if it covers the offset. */
static enum reach walk_member(Dwarf_Die *member, uint64_t offset, char path[static TYPE_PATH_BYTES], unsigned depth) {
        const char *name = dwarf_tag(member) == DW_TAG_member ? dwarf_diename(member) : NULL;
        Dwarf_Word at, size;
        Dwarf_Die type;

        if (!member_offset(member, &at) || offset < at || !image_type_of(member, &type))
                return REACH_NONE;
        if (dwarf_aggregate_size(&type, &size) != 0 || offset - at >= size)
                return REACH_NONE;
        if (name && !push(path, ".%s", name, 0))
                return REACH_NONE;
        return walk_type(&type, offset - at, path, depth + 1);
}

/* The first member that leads to a lock, else the first that covers the offset: in a union there may be several. */
static enum reach walk_members(Dwarf_Die *type, uint64_t offset, char path[static TYPE_PATH_BYTES], unsigned depth) {
        size_t length = strlen(path);
        char best[TYPE_PATH_BYTES];
        enum reach best_reach = REACH_NONE;
        Dwarf_Die member;

        if (dwarf_child(type, &member) != 0)
                return REACH_NONE;
        do {
                int tag = dwarf_tag(&member);
                enum reach reach;

                if (tag != DW_TAG_member && tag != DW_TAG_inheritance)
                        continue;
                reach = walk_member(&member, offset, path, depth);
                if (reach == REACH_LOCK)
                        return reach;
                if (reach > best_reach) {
                        memcpy(best, path, sizeof(best));
                        best_reach = reach;
                }
                path[length] = '\0';
        } while (dwarf_siblingof(&member, &member) == 0);
        if (best_reach != REACH_NONE)
                memcpy(path, best, sizeof(best));
        return best_reach;
}

/* The bytes that one step of each dimension takes, and how many dimensions there are. `forks[3][4]`: 4 * size, size. */
static size_t array_strides(Dwarf_Die *array, Dwarf_Word element_bytes, uint64_t strides[static IMAGE_MAX_DEPTH]) {
        uint64_t counts[IMAGE_MAX_DEPTH];
        size_t n = 0;
        Dwarf_Die die;

        if (dwarf_child(array, &die) != 0)
                return 0;
        do {
                Dwarf_Attribute attribute;
                Dwarf_Word value;

                if (dwarf_tag(&die) != DW_TAG_subrange_type || n == IMAGE_MAX_DEPTH)
                        continue;
                if (dwarf_formudata(dwarf_attr_integrate(&die, DW_AT_count, &attribute), &value) == 0)
                        counts[n++] = value;
                else if (dwarf_formudata(dwarf_attr_integrate(&die, DW_AT_upper_bound, &attribute), &value) == 0)
                        counts[n++] = value + 1;
                else
                        counts[n++] = 0; /* a flexible array: only the first dimension may be */
        } while (dwarf_siblingof(&die, &die) == 0);
        for (size_t i = n; i > 0; i--) {
                strides[i - 1] = i == n ? element_bytes : 0;
                if (i < n && __builtin_mul_overflow(strides[i], counts[i], &strides[i - 1]))
                        return 0;
        }
        return n;
}

static enum reach walk_array(Dwarf_Die *type, uint64_t offset, char path[static TYPE_PATH_BYTES], unsigned depth) {
        uint64_t strides[IMAGE_MAX_DEPTH];
        Dwarf_Word element_bytes;
        Dwarf_Die element;
        size_t n;

        if (!image_type_of(type, &element) || dwarf_aggregate_size(&element, &element_bytes) != 0)
                return REACH_NONE;
        n = array_strides(type, element_bytes, strides);
        for (size_t i = 0; i < n; i++) {
                if (strides[i] == 0 || !push(path, NULL, NULL, offset / strides[i]))
                        return REACH_NONE;
                offset %= strides[i];
        }
        return n > 0 ? walk_type(&element, offset, path, depth + 1) : REACH_NONE;
}

static enum reach walk_type(Dwarf_Die *type, uint64_t offset, char path[static TYPE_PATH_BYTES], unsigned depth) {
        size_t length = strlen(path);
        enum reach reach = REACH_NONE;
        bool is_lock = false;

        if (depth >= IMAGE_MAX_DEPTH || !image_peel_type(type, &is_lock))
                return REACH_NONE;
        if (is_lock)
                return REACH_LOCK;
        switch (dwarf_tag(type)) {
        case DW_TAG_structure_type:
        case DW_TAG_class_type:
        case DW_TAG_union_type:
                reach = walk_members(type, offset, path, depth);
                break;
        case DW_TAG_array_type:
                reach = walk_array(type, offset, path, depth);
                if (reach != REACH_NONE)
                        return reach; /* "spins[0]" beside "spins[1]" */
                break;
        }
        if (reach == REACH_LOCK || offset != 0)
                return reach;
        path[length] = '\0'; /* no lock further in: the outermost thing that begins here is the best name */
        return REACH_START;
}

bool type_path(Dwarf_Die *type, uint64_t offset, char path[static TYPE_PATH_BYTES]) {
        size_t length = strlen(path);
        Dwarf_Die start = *type;

        if (walk_type(&start, offset, path, 0) != REACH_NONE)
                return true;
        path[length] = '\0';
        return false;
}

bool type_path_to_lock(Dwarf_Die *type, uint64_t offset, char path[static TYPE_PATH_BYTES]) {
        size_t length = strlen(path);
        Dwarf_Die start = *type;

        if (walk_type(&start, offset, path, 0) == REACH_LOCK)
                return true;
        path[length] = '\0';
        return false;
}
