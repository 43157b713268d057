#include "lookup.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>

static int add_module(struct dl_phdr_info *info, size_t size, void *data) {
        struct catalog *catalog = data;
        int id = catalog_add_module(catalog);
        struct module *module = &catalog->modules[id];

        *module = (struct module) { .process = 1, .bias = info->dlpi_addr, .from = UINT64_MAX };
        module->path = info->dlpi_name[0] ? strdup(info->dlpi_name) : realpath("/proc/self/exe", NULL);
        for (int i = 0; i < info->dlpi_phnum; i++) {
                const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
                uint64_t from = info->dlpi_addr + segment->p_vaddr;

                if (segment->p_type != PT_LOAD)
                        continue;
                module->from = from < module->from ? from : module->from;
                module->end = from + segment->p_memsz > module->end ? from + segment->p_memsz : module->end;
        }
        return 0;
}

void begin(struct catalog *catalog) {
        catalog_init(catalog);
        catalog_add_process(catalog);
        dl_iterate_phdr(add_module, catalog);
}

bool begin_with(const char *library, struct catalog *catalog, struct fixture *fixture) {
        char path[4096];
        void *handle;
        fixture_get_function *get;

        memset(fixture, 0, sizeof(*fixture));
        snprintf(path, sizeof(path), "%s/lib%s.so", FIXTURE_FOLDER, library);
        handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (!handle) {
                test_fail(__FILE__, __LINE__, "%s", dlerror());
                return false;
        }
        get = (fixture_get_function *) (uintptr_t) dlsym(handle, "fixture_get");
        get(fixture);
        begin(catalog);
        return true;
}

struct module *new_module(struct catalog *catalog) {
        int id = catalog_add_module(catalog);

        return &catalog->modules[id];
}

uint32_t add_stack(struct catalog *catalog, const uint64_t *pcs, uint32_t n) {
        uint32_t id = (uint32_t) catalog_add_stack(catalog);
        struct stack *stack = &catalog->stacks[id];

        *stack = (struct stack) { .process = 1, .n_pcs = n, .pcs = malloc(n * sizeof(*pcs)) };
        memcpy(stack->pcs, pcs, n * sizeof(*pcs));
        return id;
}

uint32_t add_object(struct catalog *catalog, unsigned kind, uint64_t address, uint32_t created_at) {
        uint32_t id = (uint32_t) catalog_add_object(catalog);

        catalog->objects[id] =
                (struct object) { .process = 1, .kind = (uint8_t) kind, .address = address, .created_at = created_at };
        return id;
}

uint32_t add_thread(struct catalog *catalog, uint32_t parent, uint64_t start_routine) {
        uint32_t id = (uint32_t) catalog_add_thread(catalog);

        catalog->threads[id] = (struct thread) { .process = 1, .parent = parent, .start_routine = start_routine };
        return id;
}

void look_up(struct catalog *catalog) {
        struct fault fault = { "" };

        EXPECT_EQ(symbolise(catalog, NULL, &fault), 0);
        EXPECT_STR(fault.message, "");
}

const struct frame *frame(const struct catalog *catalog, uint32_t stack, uint32_t i) {
        static const struct frame none;

        return i < catalog->stacks[stack].n_frames ? &catalog->stacks[stack].frames[i] : &none;
}

const char *name_at(const char *library, size_t offset) {
        static char name[512];
        struct catalog catalog;
        struct fixture fixture;
        uint32_t id;

        if (!begin_with(library, &catalog, &fixture))
                return "(not loaded)";
        id = add_object(&catalog, OBJECT_MUTEX, *(uint64_t *) ((char *) &fixture + offset), 0);
        look_up(&catalog);
        snprintf(name, sizeof(name), "%s", catalog.objects[id].name ? catalog.objects[id].name : "(none)");
        catalog_finish(&catalog);
        return name;
}

void rename_module(struct catalog *catalog, const char *library, const char *path) {
        for (uint32_t i = 1; i < catalog->n_modules; i++) {
                if (!strstr(catalog->modules[i].path, library))
                        continue;
                free(catalog->modules[i].path);
                catalog->modules[i].path = strdup(path);
        }
}
