/* Loaded files: the collector needs to know which file an address came from, and the program may be gone, or have
 * unloaded it, by the time it asks. So the program tells: once at its start, and again when a stack is new and
 * something has been loaded or unloaded since. */
#include <elf.h>
#include <link.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "emit/internal.h"

#define PATH_BYTES_MAX 480

/* How often the loader had loaded and unloaded something when we told last; 0: never told. */
static _Atomic uint64_t told;

/* Somebody is asking the loader. */
static atomic_flag asking = ATOMIC_FLAG_INIT;

static uint64_t loader_count(const struct dl_phdr_info *info) {
        return info->dlpi_adds + info->dlpi_subs;
}

static int read_count(struct dl_phdr_info *info, size_t size, void *data) {
        *(uint64_t *) data = loader_count(info);
        return 1;
}

/* The absolute path of a loaded file; empty for what is no file (the kernel's own page). */
static void path_of(const struct dl_phdr_info *info, char path[PATH_BYTES_MAX]) {
        const char *name = info->dlpi_name;
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

static int tell_module(struct dl_phdr_info *info, size_t size, void *data) {
        struct emit_thread *self = data;
        struct {
                uint64_t from;
                char path[PATH_BYTES_MAX];
        } text;
        uint64_t from = UINT64_MAX, end = 0;

        for (int i = 0; i < info->dlpi_phnum; i++) {
                const ElfW(Phdr) *segment = &info->dlpi_phdr[i];

                if (segment->p_type != PT_LOAD)
                        continue;
                if (info->dlpi_addr + segment->p_vaddr < from)
                        from = info->dlpi_addr + segment->p_vaddr;
                if (info->dlpi_addr + segment->p_vaddr + segment->p_memsz > end)
                        end = info->dlpi_addr + segment->p_vaddr + segment->p_memsz;
        }
        path_of(info, text.path);
        if (end == 0 || text.path[0] != '/')
                return 0;
        text.from = from;
        emit_put_meta(self, EV_MODULE, OBJECT_NONE, info->dlpi_addr, end, 0, &text, sizeof(text.from) + strlen(text.path) + 1);
        return 0;
}

void emit_modules_if_changed(struct emit_thread *self) {
        uint64_t count = 0, before = atomic_load_explicit(&told, memory_order_relaxed);

        if (atomic_flag_test_and_set_explicit(&asking, memory_order_acquire))
                return; /* whoever is at it sees what we would see, and if not, the next new stack brings another look */
        heddle_emit_quiet++;
        dl_iterate_phdr(read_count, &count);
        if (count != before && atomic_compare_exchange_strong(&told, &before, count))
                dl_iterate_phdr(tell_module, self);
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

void emit_modules_forget(void) {
        atomic_store_explicit(&told, 0, memory_order_relaxed);
}
