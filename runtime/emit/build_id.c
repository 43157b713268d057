/* The build-id of a loaded file, as the linker has put it into a note that lies in memory: it tells whether a file that is
 * found at the same path later is the same one. */
#include <elf.h>
#include <link.h>
#include <string.h>

#include "emit/build_id.h"

/* What has to lie inside the file's mapping. */
struct mapped {
        uintptr_t from, end;
};

static bool is_mapped(const struct mapped *mapped, uintptr_t at, size_t n_bytes) {
        return at >= mapped->from && at <= mapped->end && n_bytes <= mapped->end - at;
}

static size_t align_to(size_t n, size_t to) {
        return (n + to - 1) / to * to;
}

static size_t find_in_notes(const unsigned char *notes, size_t n_bytes, size_t alignment, unsigned char *id) {
        while (n_bytes >= sizeof(ElfW(Nhdr))) {
                const ElfW(Nhdr) *note = (const ElfW(Nhdr) *) notes;
                size_t data, whole;

                if (note->n_namesz > n_bytes || note->n_descsz > n_bytes)
                        return 0;
                data = align_to(sizeof(*note) + note->n_namesz, alignment);
                whole = align_to(data + note->n_descsz, alignment);
                if (data + note->n_descsz > n_bytes)
                        return 0;
                if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == sizeof("GNU") &&
                    memcmp(notes + sizeof(*note), "GNU", sizeof("GNU")) == 0 && note->n_descsz <= RECORD_BUILD_ID_BYTES) {
                        memcpy(id, notes + data, note->n_descsz);
                        return note->n_descsz;
                }
                if (whole >= n_bytes)
                        return 0;
                notes += whole;
                n_bytes -= whole;
        }
        return 0;
}

size_t emit_build_id(uintptr_t bias, uintptr_t from, uintptr_t end, unsigned char id[static RECORD_BUILD_ID_BYTES]) {
        const struct mapped mapped = { from, end };
        const ElfW(Ehdr) *header = (const ElfW(Ehdr) *) from;
        const ElfW(Phdr) *segments;
        size_t n = 0;

        if (!is_mapped(&mapped, from, sizeof(*header)) || from % _Alignof(ElfW(Ehdr)) != 0 ||
            memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_phentsize != sizeof(*segments) ||
            header->e_phoff > end - from || header->e_phoff % _Alignof(ElfW(Phdr)) != 0 ||
            !is_mapped(&mapped, from + header->e_phoff, header->e_phnum * sizeof(*segments)))
                return 0;
        segments = (const ElfW(Phdr) *) (from + header->e_phoff);
        for (unsigned i = 0; i < header->e_phnum && n == 0; i++)
                if (segments[i].p_type == PT_NOTE && is_mapped(&mapped, bias + segments[i].p_vaddr, segments[i].p_filesz))
                        n = find_in_notes((const unsigned char *) (bias + segments[i].p_vaddr), segments[i].p_filesz,
                                          segments[i].p_align == 8 ? 8 : 4, id);
        return n;
}
