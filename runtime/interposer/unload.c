/* Libraries that are unloaded. Names are looked up by address, and the next library that is loaded may come to lie where this one
 * lay: the stacks and locks of both would be taken for one's. So the place stays reserved, which costs address space only; not
 * where that is limited, and not for ever. What goes with it, since nothing else needs it, is not kept apart. */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "interposer/real.h"

#define RESERVED_BYTES_MAX (UINT64_C(1) << 36)

static _Atomic uint64_t n_reserved_bytes;

#if defined(DLFO_STRUCT_HAS_EH_DBASE) && defined(MAP_FIXED_NOREPLACE)

extern __typeof(_dl_find_object) _dl_find_object __attribute__((weak));

static bool find_place(void *library, struct dl_find_object *ret_place) {
        struct link_map *map;

        return _dl_find_object && dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 && map->l_ld && _dl_find_object(map->l_ld, ret_place) == 0;
}

/* Fails, as it should, where the library is still there. */
static void reserve(const struct dl_find_object *place) {
        size_t n_bytes = (size_t) ((char *) place->dlfo_map_end - (char *) place->dlfo_map_start);
        struct rlimit limit;

        if (getrlimit(RLIMIT_AS, &limit) < 0 || limit.rlim_cur != RLIM_INFINITY || n_reserved_bytes > RESERVED_BYTES_MAX)
                return;
        if (mmap(place->dlfo_map_start, n_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) != MAP_FAILED)
                atomic_fetch_add(&n_reserved_bytes, n_bytes);
}

EXPORT int dlclose(void *library) {
        struct dl_find_object place;
        int result, saved_errno;

        if (!wrapper_records() || !find_place(library, &place))
                return REAL(dlclose)(library);
        result = REAL(dlclose)(library);
        saved_errno = errno;
        if (result == 0)
                reserve(&place);
        errno = saved_errno;
        return result;
}

#else

EXPORT int dlclose(void *library) {
        return REAL(dlclose)(library);
}

#endif
