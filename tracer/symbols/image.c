/* Opening an image: the ELF file and its debug information, wherever debuginfo.c finds that. */
#include "symbols/image.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbols/debuginfo.h"

int image_reserve(void **items, size_t n, size_t *size, size_t item_bytes) {
        size_t new_size;
        void *moved;

        if (n < *size)
                return 0;
        new_size = *size ? *size * 2 : 16;
        moved = reallocarray(*items, new_size, item_bytes);
        if (!moved)
                return -ENOMEM;
        *items = moved;
        *size = new_size;
        return 0;
}

static uint64_t changed_ns(const struct stat *status) {
        return (uint64_t) status->st_mtim.tv_sec * 1000000000 + (uint64_t) status->st_mtim.tv_nsec;
}

/* Opens what is a plain file only: a trace may name anything, and opening a pipe or a device blocks or does worse. */
static int open_regular(const char *path, struct stat *ret_status) {
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

        if (fd >= 0 && (fstat(fd, ret_status) < 0 || !S_ISREG(ret_status->st_mode))) {
                close(fd);
                errno = EINVAL;
                return -1;
        }
        return fd;
}

static bool has_build_id(Dwfl_Module *module, const char *build_id) {
        const unsigned char *bits;
        GElf_Addr address;
        int n = dwfl_module_build_id(module, &bits, &address);

        if (n < 0 || (size_t) n * 2 != strlen(build_id))
                return false;
        for (int i = 0; i < n; i++) {
                char digits[3];

                snprintf(digits, sizeof(digits), "%02x", bits[i]);
                if (strncmp(build_id + 2 * i, digits, 2) != 0)
                        return false;
        }
        return true;
}

/* With base 0, added to the addresses in the file, the module's addresses are those in the file. Takes over `fd`. */
static void report_module(struct image *image, int fd) {
        static const Dwfl_Callbacks callbacks = {
                .find_elf = dwfl_build_id_find_elf,
                .find_debuginfo = debuginfo_find,
                .section_address = dwfl_offline_section_address,
        };

        image->dwfl = dwfl_begin(&callbacks);
        if (image->dwfl) {
                dwfl_report_begin(image->dwfl);
                image->module = dwfl_report_elf(image->dwfl, image->path, image->path, fd, 0, true);
                dwfl_report_end(image->dwfl, NULL, NULL);
        }
        if (!image->module)
                close(fd);
}

static void open_module(struct image *image, const char *build_id, uint64_t unix_ns) {
        struct stat status;
        int fd = open_regular(image->path, &status);

        image->state = fd >= 0 ? IMAGE_SAME : errno == ENOENT || errno == ENOTDIR ? IMAGE_GONE : IMAGE_UNREADABLE;
        if (fd < 0)
                return;
        report_module(image, fd);
        if (!image->module)
                image->state = IMAGE_UNREADABLE;
        else if (build_id ? !has_build_id(image->module, build_id) : changed_ns(&status) > unix_ns)
                image->state = IMAGE_CHANGED;
        if (image->state == IMAGE_SAME)
                return;
        dwfl_end(image->dwfl);
        image->dwfl = NULL;
        image->module = NULL;
}

static int open_dwarf(struct image *image) {
        Dwarf_Addr bias;

        image->dwarf = dwfl_module_getdwarf(image->module, &bias);
        if (!image->dwarf)
                return 0;
        image->dwarf_bias = bias;
        return image_load_units(image);
}

int image_new(const char *path, const char *build_id, uint64_t unix_ns, struct image **ret_image) {
        struct image *image = calloc(1, sizeof(*image));
        int r = 0;

        if (!image)
                return -ENOMEM;
        image->path = strdup(path);
        if (!image->path)
                r = -ENOMEM;
        if (r == 0)
                open_module(image, build_id, unix_ns);
        if (r == 0 && image->module)
                r = open_dwarf(image);
        if (r < 0) {
                image_free(image);
                return r;
        }
        *ret_image = image;
        return 0;
}

static void places_free(void *item) {
        struct places *places = item;

        for (size_t i = 0; i < places->n; i++) {
                free(places->items[i].function);
                free(places->items[i].file);
        }
        free(places->items);
        free(places);
}

void image_free(struct image *image) {
        if (!image)
                return;
        for (size_t i = 0; i < image->n_units; i++) {
                free(image->units[i].functions);
                free(image->units[i].ranges);
                free(image->units[i].members);
        }
        for (size_t i = 0; i < image->n_scopes; i++)
                free(image->scopes[i]);
        free(image->units);
        free(image->ranges);
        free(image->variables);
        free(image->scopes);
        free(image->symbols);
        tdestroy(image->known_places, places_free);
        if (image->dwfl)
                dwfl_end(image->dwfl);
        free(image->path);
        free(image);
}

const struct image_range *image_range_at(const struct image_range *ranges, size_t n, uint64_t address) {
        size_t low = 0, high = n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (ranges[middle].low <= address)
                        low = middle + 1;
                else
                        high = middle;
        }
        /* Ranges rarely overlap (what the linker threw away may lie anywhere), so look a few back, not all. */
        for (size_t i = low; i > 0 && low - i < 16; i--)
                if (address < ranges[i - 1].high)
                        return &ranges[i - 1];
        return NULL;
}
