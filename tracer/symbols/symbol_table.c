/* The symbol table, sorted by address. elfutils' own dwfl_module_addrinfo() goes through the whole table for each address:
 * it was most of what finishing the trace of a big program took. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/image.h"

/* How far a symbol without a size reaches at most: hand-written code, such as _start. */
#define SIZELESS_BYTES 4096
/* Of symbols that reach over others: sensible ones do so over a few. */
#define LOOK_BACK_MAX 256

static unsigned rank_of(const struct image_symbol *symbol) {
        return symbol->binding == STB_GLOBAL ? 2 : symbol->binding == STB_WEAK ? 1 : 0;
}

/* Of several at one address the last is found: one with a size, then the one that is known furthest, then the smaller. */
static int compare_symbols(const void *a, const void *b) {
        const struct image_symbol *x = a, *y = b;

        if (x->address != y->address)
                return x->address < y->address ? -1 : 1;
        if (x->has_size != y->has_size)
                return x->has_size ? 1 : -1;
        if (rank_of(x) != rank_of(y))
                return rank_of(x) < rank_of(y) ? -1 : 1;
        if (x->end != y->end)
                return x->end > y->end ? -1 : 1;
        return x->index > y->index ? -1 : x->index < y->index; /* the first in the file */
}

static bool is_wanted(const char *name, const GElf_Sym *symbol, GElf_Word section) {
        int type = GELF_ST_TYPE(symbol->st_info);

        return name && *name && section != SHN_UNDEF && type != STT_SECTION && type != STT_FILE && type != STT_TLS;
}

/* The end of the section that the symbol is in; 0 where that is not known. */
static uint64_t section_end(Elf *elf, GElf_Word section, Dwarf_Addr bias) {
        GElf_Shdr header;
        Elf_Scn *scn = elf && section < SHN_LORESERVE ? elf_getscn(elf, section) : NULL;

        return scn && gelf_getshdr(scn, &header) ? header.sh_addr + header.sh_size + bias : 0;
}

static uint64_t sizeless_end(uint64_t address, uint64_t limit) {
        uint64_t end = address + SIZELESS_BYTES + 1;

        return limit > address && limit < end ? limit : end;
}

static int add_symbol(struct image *image, int index) {
        GElf_Word section;
        GElf_Addr address;
        GElf_Sym symbol;
        Dwarf_Addr bias;
        Elf *elf;
        const char *name = dwfl_module_getsym_info(image->module, index, &symbol, &address, &section, &elf, &bias);

        if (!is_wanted(name, &symbol, section))
                return 0;
        if (IMAGE_RESERVE(image, symbols) < 0)
                return -ENOMEM;
        image->symbols[image->n_symbols++] = (struct image_symbol) {
                .address = address,
                .end = symbol.st_size > 0 ? address + symbol.st_size : sizeless_end(address, section_end(elf, section, bias)),
                .name = name,
                .index = (uint32_t) index,
                .has_size = symbol.st_size > 0,
                .type = GELF_ST_TYPE(symbol.st_info),
                .binding = GELF_ST_BIND(symbol.st_info),
        };
        return 0;
}

static int load_symbols(struct image *image) {
        int n = dwfl_module_getsymtab(image->module);
        uint64_t reach = 0;

        image->has_symbols = true;
        for (int i = 1; i < n; i++)
                if (add_symbol(image, i) < 0)
                        return -ENOMEM;
        if (image->n_symbols)
                qsort(image->symbols, image->n_symbols, sizeof(*image->symbols), compare_symbols);
        for (size_t i = 0; i < image->n_symbols; i++) {
                reach = image->symbols[i].end > reach ? image->symbols[i].end : reach;
                image->symbols[i].reach = reach;
        }
        return 0;
}

static size_t count_up_to(const struct image *image, uint64_t address) {
        size_t low = 0, high = image->n_symbols;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (image->symbols[middle].address <= address)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

/* Only a symbol that covers the address counts. Taking the nearest one below, as some tools do, puts the name of some exported
 * function on every static one behind it. One without a size ends where one with a size begins. */
static const struct image_symbol *symbol_over(const struct image *image, uint64_t address) {
        const struct image_symbol *sizeless = NULL;
        size_t n = count_up_to(image, address);
        bool any_sized = false;

        for (size_t i = n; i > 0 && n - i < LOOK_BACK_MAX && image->symbols[i - 1].reach > address; i--) {
                const struct image_symbol *symbol = &image->symbols[i - 1];

                if (symbol->has_size && address < symbol->end)
                        return symbol;
                any_sized = any_sized || symbol->has_size;
                if (!symbol->has_size && address < symbol->end && !any_sized && !sizeless)
                        sizeless = symbol;
        }
        return sizeless;
}

int image_symbol_at(struct image *image, uint64_t address, const struct image_symbol **ret_symbol) {
        int r = image->module && !image->has_symbols ? load_symbols(image) : 0;

        if (r == 0)
                *ret_symbol = symbol_over(image, address);
        return r;
}
