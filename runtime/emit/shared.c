/* Objects in memory that several processes have mapped, and each at an address of its own: a record of one says which page of
 * which file it lies in, so that the collector knows it again in all of them (see wire/record.h).
 *
 * The process says so itself, since a child may be over before the collector could look; and with every record, since one
 * that tells of a mapping once could be merged behind another thread's use of it. What a page belongs to is read from
 * /proc/self/maps when an address is met that lies in no known mapping: one look for each mapping, not for each object. It
 * is forgotten when it is unmapped: what comes next at this address may be another file.
 *
 * Not seen: a mapping that is put over another one (MAP_FIXED), and one at an address where private memory has been, which is
 * unmapped by the C library among itself, and in which objects lay that were marked as shared to no purpose.
 *
 * Any thread may ask at any time, also in a signal handler and after fork. Nobody waits: who finds another one adding
 * reads for itself. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emit/internal.h"

#define KNOWN_MAX 1024
#define PAGE_BITS 12

struct mapping {
        uint64_t from, to; /* to 0: none */
        uint64_t offset;   /* of `from` in the file */
        uint64_t file;     /* 0: private memory */
};

/* A mapping that is known; its version is odd while it is being written. */
struct known_mapping {
        _Atomic uint32_t version;
        _Atomic uint64_t from, to, offset, file;
};

static struct known_mapping known[KNOWN_MAX];
static _Atomic uint32_t n_known; /* as many have ever been in use */
static _Atomic uint32_t next_replaced;
static atomic_flag adding = ATOMIC_FLAG_INIT;

/* ---- /proc/self/maps, byte by byte: stacks are small, and stdio is not ours to use */

struct reader {
        int fd;
        ssize_t n, at;
        char buffer[512];
};

/* 0 at the end. Not read() itself, where a cancelled thread would end. */
static char next_char(struct reader *reader) {
        if (reader->at == reader->n) {
                reader->n = syscall(SYS_read, reader->fd, reader->buffer, sizeof(reader->buffer));
                reader->at = 0;
                if (reader->n <= 0)
                        return reader->n = 0;
        }
        return reader->buffer[reader->at++];
}

/* Reads a number and the character behind it. */
static uint64_t read_number(struct reader *reader, unsigned base, char *ret_behind) {
        uint64_t number = 0;

        for (;;) {
                char c = next_char(reader);
                unsigned digit = c >= '0' && c <= '9' ? (unsigned) (c - '0') : c >= 'a' && c <= 'f' ? (unsigned) (c - 'a') + 10 : base;

                if (digit >= base) {
                        *ret_behind = c;
                        return number;
                }
                number = number * base + digit;
        }
}

static uint64_t mix(uint64_t hash, uint64_t word) {
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        return hash ^ hash >> 29;
}

/* "7f12a000-7f12b000 rw-s 00001000 00:1a 4711   /dev/shm/name". Segments of System V count their inodes by themselves on a
 * device that others use as well; they are told by their name. False at the end. */
static bool read_line(struct reader *reader, struct mapping *ret_mapping) {
        struct mapping mapping = { 0 };
        uint64_t device, inode;
        bool is_shared = false, is_segment = true;
        char c;

        mapping.from = read_number(reader, 16, &c);
        if (c != '-')
                return false;
        mapping.to = read_number(reader, 16, &c);
        for (int i = 0; i < 5; i++) {
                c = next_char(reader);
                is_shared = is_shared || c == 's';
        }
        mapping.offset = read_number(reader, 16, &c);
        device = read_number(reader, 16, &c) << 32;
        device |= read_number(reader, 16, &c);
        inode = read_number(reader, 10, &c);
        while (c == ' ')
                c = next_char(reader);
        for (const char *name = "/SYSV"; is_segment && *name; name++) {
                is_segment = c == *name;
                if (is_segment)
                        c = next_char(reader);
        }
        while (c && c != '\n')
                c = next_char(reader);
        if (is_shared)
                mapping.file = mix(mix(is_segment, device), inode) | 1;
        *ret_mapping = mapping;
        return true;
}

/* False where that cannot be read, or where nothing is mapped. */
static bool look_up(uint64_t address, struct mapping *ret_mapping) {
        struct reader reader = { .fd = (int) syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0) };
        bool found = false;

        if (reader.fd < 0)
                return false;
        while (!found && read_line(&reader, ret_mapping))
                found = address >= ret_mapping->from && address < ret_mapping->to;
        syscall(SYS_close, reader.fd);
        return found;
}

/* ---- what is known */

static bool is_known(uint64_t address, struct mapping *ret_mapping) {
        uint32_t n = atomic_load_explicit(&n_known, memory_order_acquire);

        for (uint32_t i = 0; i < n; i++) {
                struct known_mapping *place = &known[i];
                uint32_t version = atomic_load_explicit(&place->version, memory_order_acquire);

                ret_mapping->from = atomic_load_explicit(&place->from, memory_order_relaxed);
                ret_mapping->to = atomic_load_explicit(&place->to, memory_order_relaxed);
                if (address < ret_mapping->from || address >= ret_mapping->to)
                        continue;
                ret_mapping->offset = atomic_load_explicit(&place->offset, memory_order_relaxed);
                ret_mapping->file = atomic_load_explicit(&place->file, memory_order_relaxed);
                /* Pairs with the release in write_place(). */
                atomic_thread_fence(memory_order_acquire);
                if (version % 2 == 0 && atomic_load_explicit(&place->version, memory_order_relaxed) == version)
                        return true;
        }
        return false;
}

static void write_place(struct known_mapping *place, const struct mapping *mapping) {
        uint32_t version = atomic_load_explicit(&place->version, memory_order_relaxed);

        atomic_store_explicit(&place->version, version | 1, memory_order_relaxed);
        atomic_thread_fence(memory_order_release);
        atomic_store_explicit(&place->from, mapping->from, memory_order_relaxed);
        atomic_store_explicit(&place->to, mapping->to, memory_order_relaxed);
        atomic_store_explicit(&place->offset, mapping->offset, memory_order_relaxed);
        atomic_store_explicit(&place->file, mapping->file, memory_order_relaxed);
        /* Pairs with the acquire in is_known(). */
        atomic_store_explicit(&place->version, (version | 1) + 1, memory_order_release);
}

/* One that is free, or else the one that was replaced longest ago. */
static struct known_mapping *find_place(void) {
        uint32_t n = atomic_load_explicit(&n_known, memory_order_relaxed);

        for (uint32_t i = 0; i < n; i++)
                if (atomic_load_explicit(&known[i].to, memory_order_relaxed) == 0)
                        return &known[i];
        if (n < KNOWN_MAX) {
                atomic_store_explicit(&n_known, n + 1, memory_order_release);
                return &known[n];
        }
        return &known[atomic_fetch_add_explicit(&next_replaced, 1, memory_order_relaxed) % KNOWN_MAX];
}

static void add(const struct mapping *mapping) {
        if (atomic_flag_test_and_set_explicit(&adding, memory_order_acquire))
                return;
        write_place(find_place(), mapping);
        atomic_flag_clear_explicit(&adding, memory_order_release);
}

void heddle_emit_unmapped(const void *memory, size_t n_bytes) {
        uint64_t from = (uintptr_t) memory, to = n_bytes < UINT64_MAX - from ? from + n_bytes : UINT64_MAX;
        uint32_t n = atomic_load_explicit(&n_known, memory_order_acquire);

        for (uint32_t i = 0; i < n; i++)
                if (atomic_load_explicit(&known[i].from, memory_order_relaxed) < to && atomic_load_explicit(&known[i].to, memory_order_relaxed) > from)
                        atomic_store_explicit(&known[i].to, 0, memory_order_relaxed);
}

/* Whoever was adding in the parent does not exist here. */
void emit_shared_after_fork(void) {
        atomic_flag_clear_explicit(&adding, memory_order_relaxed);
}

unsigned heddle_emit_shared(uint64_t address, unsigned flags, uint32_t *ret_page) {
        int saved_errno = errno;
        struct mapping mapping;
        uint32_t page;

        *ret_page = 0;
        if (!is_known(address, &mapping)) {
                bool found = look_up(address, &mapping);

                errno = saved_errno;
                if (!found)
                        return flags;
                add(&mapping);
        }
        if (mapping.file == 0)
                return flags & ~(unsigned) RECORD_SHARED;
        page = (uint32_t) (mix(mapping.file, (address - mapping.from + mapping.offset) >> PAGE_BITS) >> 32);
        *ret_page = page ? page : 1;
        return flags;
}
