/* Loaded files: the collector needs to know which file an address came from, and the program may be gone, or have
 * unloaded it, by the time it asks. So the program tells: of all there are at its start, and of one that has been loaded
 * since when it is met on a stack that is new.
 *
 * Where the C library can be asked without a lock (_dl_find_object(), glibc 2.35), it is. dl_iterate_phdr() takes the loader's:
 * a thread that records holds locks of the program, and another may be waiting for them inside a call of its own to
 * dl_iterate_phdr(); and a child forked at such a moment has a loader that stays locked. */
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>
#include <unwind.h>

#include "emit/build_id.h"
#include "emit/internal.h"

#define PATH_BYTES_MAX 480
#define KNOWN_SIZE 1024 /* a power of two */
#define KNOWN_PROBES 16

/* Those that have been told, by hash; 0: free. One that finds no place is told each time. */
static _Atomic uint64_t known[KNOWN_SIZE];
static atomic_bool told_all;

struct module {
        uint64_t bias, from, end;
        const char *name; /* as the loader has it */
};

/* The absolute path of a loaded file; empty for what is no file (the kernel's own page). */
static void path_of(const char *name, char path[PATH_BYTES_MAX]) {
        size_t n = 0;
        ssize_t n_read;

        path[0] = 0;
        if (!name || !name[0]) { /* the program itself comes first, and without a name */
                n_read = readlink("/proc/self/exe", path, PATH_BYTES_MAX - 1);
                path[n_read > 0 ? n_read : 0] = 0;
                return;
        }
        if (!strchr(name, '/'))
                return;
        if (name[0] != '/' && getcwd(path, PATH_BYTES_MAX - 1)) {
                n = strlen(path);
                path[n++] = '/';
        }
        strncpy(path + n, name, PATH_BYTES_MAX - 1 - n);
        path[PATH_BYTES_MAX - 1] = 0;
}

static uint64_t hash_of(const struct module *module) {
        uint64_t hash = module->bias ^ UINT64_C(0xcbf29ce484222325);

        for (const char *c = module->name; c && *c; c++)
                hash = (hash ^ (unsigned char) *c) * UINT64_C(0x100000001b3);
        return hash | 1;
}

/* The module's place, or the free one that it may have; NULL when there is none. */
static _Atomic uint64_t *place_of(uint64_t hash) {
        for (uint64_t i = 0; i < KNOWN_PROBES; i++) {
                _Atomic uint64_t *place = &known[((hash >> 32) + i) % KNOWN_SIZE];
                uint64_t other = atomic_load_explicit(place, memory_order_relaxed);

                if (other == 0 || other == hash)
                        return place;
        }
        return NULL;
}

struct emit_memory heddle_emit_unwinder;

/* The first thread comes by here before there are others. */
static void note_unwinder(const struct module *module) {
        uint64_t unwinder = (uintptr_t) _Unwind_Backtrace;

        if (unwinder >= module->from && unwinder < module->end)
                heddle_emit_unwinder = (struct emit_memory) { module->from, module->end - module->from };
}

/* Two threads may tell of the same one; the collector minds that as little as one of two losing its place. */
static void tell(struct emit_thread *self, const struct module *module) {
        uint64_t hash = hash_of(module);
        _Atomic uint64_t *place = place_of(hash);
        char text[sizeof(uint64_t) + RECORD_BUILD_ID_BYTES + PATH_BYTES_MAX], *path;
        size_t n_id;

        if (place && atomic_load_explicit(place, memory_order_relaxed) == hash)
                return;
        if (heddle_emit_unwinder.n_bytes == 0)
                note_unwinder(module);
        n_id = emit_build_id(module->bias, module->from, module->end, (unsigned char *) text + sizeof(uint64_t));
        path = text + sizeof(uint64_t) + n_id;
        memcpy(text, &module->from, sizeof(uint64_t));
        path_of(module->name, path);
        if ((module->end == 0 || path[0] != '/' ||
             emit_put_meta(self, EV_MODULE, OBJECT_NONE, module->bias, module->end, (uint32_t) n_id, text,
                           (size_t) (path - text) + strlen(path) + 1)) &&
            place)
                atomic_store_explicit(place, hash, memory_order_relaxed);
}

#if defined(DLFO_STRUCT_HAS_EH_DBASE)

extern __typeof(_dl_find_object) _dl_find_object __attribute__((weak));

static bool can_find(void) {
        return _dl_find_object;
}

static void tell_of(struct emit_thread *self, const void *address) {
        struct dl_find_object found;

        if (_dl_find_object((void *) (uintptr_t) address, &found) != 0)
                return;
        tell(self, &(struct module) {
                .bias = found.dlfo_link_map->l_addr,
                .from = (uintptr_t) found.dlfo_map_start,
                .end = (uintptr_t) found.dlfo_map_end,
                .name = found.dlfo_link_map->l_name,
        });
}

/* The process has one thread, or had when it began: nobody changes the list. */
static void tell_list(struct emit_thread *self) {
        for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next)
                if (map->l_ld)
                        tell_of(self, map->l_ld);
}

#else

static bool can_find(void) {
        return false;
}

static void tell_of(struct emit_thread *self, const void *address) {
}

static void tell_list(struct emit_thread *self) {
}

#endif

/* ---- where the C library is older */

/* Somebody is asking the loader. */
static atomic_flag asking = ATOMIC_FLAG_INIT;
/* How often the loader had loaded and unloaded something when we told last; 0: never told. */
static _Atomic uint64_t told;

static int read_count(struct dl_phdr_info *info, size_t size, void *data) {
        *(uint64_t *) data = info->dlpi_adds + info->dlpi_subs;
        return 1;
}

static int tell_loaded(struct dl_phdr_info *info, size_t size, void *data) {
        struct module module = { .bias = info->dlpi_addr, .from = UINT64_MAX, .name = info->dlpi_name };

        for (int i = 0; i < info->dlpi_phnum; i++) {
                const ElfW(Phdr) *segment = &info->dlpi_phdr[i];

                if (segment->p_type != PT_LOAD)
                        continue;
                if (info->dlpi_addr + segment->p_vaddr < module.from)
                        module.from = info->dlpi_addr + segment->p_vaddr;
                if (info->dlpi_addr + segment->p_vaddr + segment->p_memsz > module.end)
                        module.end = info->dlpi_addr + segment->p_vaddr + segment->p_memsz;
        }
        tell(data, &module);
        return 0;
}

static void ask_loader(struct emit_thread *self) {
        uint64_t count = 0, before = atomic_load_explicit(&told, memory_order_relaxed);

        if (atomic_flag_test_and_set_explicit(&asking, memory_order_acquire))
                return; /* whoever is at it sees what we would see, and if not, the next new stack brings another look */
        heddle_emit_quiet++;
        dl_iterate_phdr(read_count, &count);
        if (count != before && atomic_compare_exchange_strong(&told, &before, count))
                dl_iterate_phdr(tell_loaded, self);
        heddle_emit_quiet--;
        atomic_flag_clear_explicit(&asking, memory_order_release);
}

/* A busy thread forks in a signal handler, and may be the one that is asking. */
void emit_modules_hold(struct emit_thread *self) {
        while (!self->busy && atomic_flag_test_and_set_explicit(&asking, memory_order_acquire))
                sched_yield();
}

void emit_modules_release(void) {
        atomic_flag_clear_explicit(&asking, memory_order_release);
}

/* ---- */

void emit_modules_tell_all(struct emit_thread *self) {
        if (!can_find())
                ask_loader(self);
        else if (!atomic_exchange_explicit(&told_all, true, memory_order_relaxed))
                tell_list(self);
}

void emit_modules_tell(struct emit_thread *self, const void *const *addresses, size_t n) {
        if (!can_find()) {
                ask_loader(self);
                return;
        }
        for (size_t i = 0; i < n; i++)
                tell_of(self, addresses[i]);
}

void emit_modules_forget(void) {
        for (size_t i = 0; i < KNOWN_SIZE; i++)
                atomic_store_explicit(&known[i], 0, memory_order_relaxed);
        atomic_store_explicit(&told_all, false, memory_order_relaxed);
        atomic_store_explicit(&told, 0, memory_order_relaxed);
}
