/* Languages whose programs wait by means of their own. */
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

#include "symbols/symbols.h"

/* Written by the toolchain into each program, and left there by strip. */
static const char *const go_sections[] = { ".note.go.buildid", ".gopclntab", ".go.buildinfo" };

static bool is_go_section(const char *name) {
        for (size_t i = 0; i < sizeof(go_sections) / sizeof(*go_sections); i++)
                if (strcmp(name, go_sections[i]) == 0)
                        return true;
        return false;
}

static bool contains(Elf_Scn *section, const char *text) {
        const Elf_Data *data = elf_rawdata(section, NULL);

        return data && data->d_buf && memmem(data->d_buf, data->d_size, text, strlen(text));
}

/* Its standard library comes precompiled, and tells in its panics where it was compiled. */
static bool is_rust_section(Elf_Scn *section, const char *name) {
        return (strcmp(name, ".rodata") == 0 && contains(section, "library/std/src/")) ||
               (strcmp(name, ".comment") == 0 && contains(section, "rustc version"));
}

static enum language language_of(Elf *elf) {
        Elf_Scn *section = NULL;
        size_t names;

        if (elf_kind(elf) != ELF_K_ELF || elf_getshdrstrndx(elf, &names) < 0)
                return LANGUAGE_OTHER;
        while ((section = elf_nextscn(elf, section))) {
                GElf_Shdr header;
                const char *name = gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;

                if (name && is_go_section(name))
                        return LANGUAGE_GO;
                if (name && header.sh_type != SHT_NOBITS && is_rust_section(section, name))
                        return LANGUAGE_RUST;
        }
        return LANGUAGE_OTHER;
}

enum language symbols_language(const char *path) {
        enum language language = LANGUAGE_OTHER;
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        Elf *elf;

        if (fd < 0)
                return LANGUAGE_OTHER;
        elf_version(EV_CURRENT);
        elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
        if (elf) {
                language = language_of(elf);
                elf_end(elf);
        }
        close(fd);
        return language;
}
