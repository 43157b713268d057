/* The catalog's rows: each is written when it is new and again when it has changed, which a hash of it tells. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/hash.h"
#include "store/writer.h"

static const char *base_name(const char *path) {
        const char *slash = path ? strrchr(path, '/') : NULL;

        return slash ? slash + 1 : path;
}

static uint64_t hash_process(const struct catalog *catalog, uint32_t id) {
        const struct process *process = &catalog->processes[id];

        uint64_t hash = mix(mix(mix(mix_text(0, process->program), process->pid), process->began_ns), process->ended_ns);

        return mix(hash, (uint64_t) process->n_unseen << 1 | process->catches_signals);
}

static int write_process(struct store_writer *writer, const struct catalog *catalog, uint32_t id,
                         struct fault *ret_fault) {
        const struct process *process = &catalog->processes[id];

        return writer_insert(writer, INSERT_PROCESS,
                             CELLS(integer(id), integer(process->pid), text(process->program),
                                   text(base_name(process->program)), integer(process->began_ns),
                                   moment(process->ended_ns), moment(process->n_unseen == UINT32_MAX ? UINT64_MAX : process->n_unseen),
                                   integer(process->catches_signals)),
                             ret_fault);
}

static uint64_t hash_thread(const struct catalog *catalog, uint32_t id) {
        const struct thread *thread = &catalog->threads[id];
        uint64_t hash = mix(mix_text(0, thread->name), (uint64_t) thread->process << 32 | thread->tid);

        return mix(mix(mix(mix(hash, thread->parent), thread->began_ns), thread->ended_ns), thread->start_routine);
}

static int write_thread(struct store_writer *writer, const struct catalog *catalog, uint32_t id,
                        struct fault *ret_fault) {
        const struct thread *thread = &catalog->threads[id];

        return writer_insert(writer, INSERT_THREAD,
                             CELLS(integer(id), reference(thread->process), integer(thread->tid), text(thread->name),
                                   reference(thread->parent), integer(thread->began_ns), moment(thread->ended_ns),
                                   reference(thread->start_routine)),
                             ret_fault);
}

static uint64_t hash_object(const struct catalog *catalog, uint32_t id) {
        const struct object *object = &catalog->objects[id];
        uint64_t hash = mix(mix_text(0, object->name), (uint64_t) object->process << 32 | object->kind);

        hash = mix_text(mix(mix(hash, object->address), object->capacity), object->type);
        return mix(mix(hash, (uint64_t) object->created_by << 32 | object->created_at), object->replaces);
}

static int write_object(struct store_writer *writer, const struct catalog *catalog, uint32_t id,
                        struct fault *ret_fault) {
        const struct object *object = &catalog->objects[id];

        return writer_insert(writer, INSERT_OBJECT,
                             CELLS(integer(id), reference(object->process), text(object_kind_name(object->kind)),
                                   integer(object->address), text(object->name), integer(object->capacity),
                                   reference(object->created_by), reference(object->created_at), text(object->type),
                                   reference(object->replaces)),
                             ret_fault);
}

/* Of a stack only the frames come later, all at once. */
static uint64_t hash_stack(const struct catalog *catalog, uint32_t id) {
        return mix(mix(0, catalog->stacks[id].n_pcs), catalog->stacks[id].n_frames);
}

/* "transfer at bank.c:31", as much of it as is known; NULL for nothing. */
static const char *site_words(const struct frame *site, char *buffer, size_t size) {
        if (!site || (!site->function && !site->file))
                return NULL;
        if (!site->file)
                return site->function;
        snprintf(buffer, size, "%s%s%s:%u", site->function ? site->function : "", site->function ? " at " : "",
                 base_name(site->file), site->line);
        return buffer;
}

/* Has what a frame says in the file, once for all frames that say it. Returns its number there. */
static int write_location(struct store_writer *writer, const struct frame *frame, struct fault *ret_fault) {
        bool is_new;
        int r, id = locations_number(&writer->locations, frame, &is_new);

        if (id < 0)
                return fault_set(ret_fault, -id, "out of memory");
        if (!is_new)
                return id;
        r = writer_insert(writer, INSERT_LOCATION,
                          CELLS(integer((uint64_t) id), integer(frame->address), text(frame->function),
                                text(frame->file), reference(frame->line), text(frame->module)),
                          ret_fault);
        return r < 0 ? r : id;
}

static int write_stack_row(struct store_writer *writer, const struct catalog *catalog, uint32_t id,
                           struct fault *ret_fault) {
        const struct stack *stack = &catalog->stacks[id];
        const struct frame *site = catalog_site(catalog, id);
        int location = site ? write_location(writer, site, ret_fault) : 0, r;
        uint64_t *pcs;
        char words[512];

        if (location < 0)
                return location;
        pcs = calloc(stack->n_pcs + 1u, sizeof(*pcs));
        if (!pcs)
                return fault_set(ret_fault, ENOMEM, "out of memory");
        for (uint32_t i = 0; i < stack->n_pcs; i++)
                pcs[i] = htole64(stack->pcs[i]);
        r = writer_insert(writer, INSERT_STACK,
                          CELLS(integer(id), reference(stack->process), blob(pcs, stack->n_pcs * sizeof(*pcs)),
                                integer(stack->n_frames),
                                site ? integer((uint64_t) (site - stack->frames)) : text(NULL),
                                text(site_words(site, words, sizeof(words))), reference((uint64_t) location)),
                          ret_fault);
        free(pcs);
        return r;
}

static int write_stack(struct store_writer *writer, const struct catalog *catalog, uint32_t id,
                       struct fault *ret_fault) {
        const struct stack *stack = &catalog->stacks[id];
        int r = write_stack_row(writer, catalog, id, ret_fault);

        if (r == 0 && stack->n_frames > 0)
                r = writer_insert(writer, DELETE_FRAMES, CELLS(integer(id)), ret_fault);
        for (uint32_t i = 0; i < stack->n_frames && r == 0; i++) {
                int location = write_location(writer, &stack->frames[i], ret_fault);

                r = location < 0
                            ? location
                            : writer_insert(writer, INSERT_FRAME,
                                            CELLS(integer(id), integer(i), integer((uint64_t) location)), ret_fault);
        }
        return r;
}

static uint64_t hash_module(const struct catalog *catalog, uint32_t id) {
        const struct module *module = &catalog->modules[id];

        return mix(mix(mix(mix(mix_text(0, module->path), module->process), module->bias), module->from), module->end);
}

static int write_module(struct store_writer *writer, const struct catalog *catalog, uint32_t id,
                        struct fault *ret_fault) {
        const struct module *module = &catalog->modules[id];

        return writer_insert(writer, INSERT_MODULE,
                             CELLS(integer(id), reference(module->process), text(module->path), integer(module->bias),
                                   integer(module->from), integer(module->end), text(module->build_id)),
                             ret_fault);
}

static uint32_t count(const struct catalog *catalog, unsigned table) {
        const uint32_t counts[N_CATALOG_TABLES] = { catalog->n_processes, catalog->n_threads, catalog->n_objects,
                                                    catalog->n_stacks, catalog->n_modules };

        return counts[table];
}

static const struct {
        uint64_t (*hash)(const struct catalog *catalog, uint32_t id);
        int (*write)(struct store_writer *writer, const struct catalog *catalog, uint32_t id, struct fault *ret_fault);
} tables[N_CATALOG_TABLES] = {
        { hash_process, write_process }, { hash_thread, write_thread }, { hash_object, write_object },
        { hash_stack, write_stack },     { hash_module, write_module },
};

/* Room for `n` hashes. 0 is that of a row that is not written, and of no other. */
static int reserve(struct written *written, uint32_t n) {
        uint64_t *hashes;
        uint32_t size = written->size ? written->size : 64;

        while (size < n)
                size *= 2;
        if (size == written->size)
                return 0;
        hashes = reallocarray(written->hashes, size, sizeof(*hashes));
        if (!hashes)
                return -ENOMEM;
        memset(hashes + written->size, 0, (size - written->size) * sizeof(*hashes));
        written->hashes = hashes;
        written->size = size;
        return 0;
}

int writer_add_catalog(struct store_writer *writer, const struct catalog *catalog, struct fault *ret_fault) {
        for (unsigned table = 0; table < N_CATALOG_TABLES; table++) {
                struct written *written = &writer->written[table];
                uint32_t n = count(catalog, table);

                if (reserve(written, n) < 0)
                        return fault_set(ret_fault, ENOMEM, "out of memory");
                for (uint32_t id = 1; id < n; id++) {
                        uint64_t hash = tables[table].hash(catalog, id) | 1;
                        int r;

                        if (hash == written->hashes[id])
                                continue;
                        r = tables[table].write(writer, catalog, id, ret_fault);
                        if (r < 0)
                                return r;
                        written->hashes[id] = hash;
                }
        }
        return 0;
}

static uint64_t hash_recording(const struct recording *recording) {
        uint64_t hash = mix_text(mix_text(mix_text(0, recording->command), recording->directory), recording->host);

        hash = mix(mix(hash, recording->began_unix_ns), recording->duration_ns);
        hash = mix(mix(hash, recording->n_lost), (uint64_t) recording->exit_status << 1 | recording->finished);
        return mix_text(mix_text(mix_text(hash, recording->ended), recording->remarks), recording->unseen) | 1;
}

int writer_add_recording(struct store_writer *writer, const struct recording *recording, struct fault *ret_fault) {
        const struct {
                const char *key;
                struct cell value;
        } rows[] = {
                { "command", text(recording->command) },
                { "directory", text(recording->directory) },
                { "host", text(recording->host) },
                { "began_unix_ns", integer(recording->began_unix_ns) },
                { "duration_ns", integer(recording->duration_ns) },
                { "finished", integer(recording->finished) },
                { "n_lost", integer(recording->n_lost) },
                { "exit_status", integer((uint64_t) recording->exit_status) },
                { "ended", text(recording->ended) },
                { "remarks", text(recording->remarks) },
                { "unseen", text(recording->unseen) },
                { "heddle", text(HEDDLE_VERSION) },
        };
        uint64_t hash = hash_recording(recording);

        if (hash == writer->recording_hash)
                return 0;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
                int r = writer_insert(writer, INSERT_META, CELLS(text(rows[i].key), rows[i].value), ret_fault);

                if (r < 0)
                        return r;
        }
        writer->recording_hash = hash;
        return 0;
}
