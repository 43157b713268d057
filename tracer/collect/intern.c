/* See intern.h. */
#include "collect/intern.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define META_BYTES 768 /* the longest: a module's path with its address; a stack */

/* A stack slot as a thread last defined it. */
struct slot {
        uint64_t caller; /* its innermost address */
        uint32_t stack;
};

/* What belongs to one thread while its records come. */
struct intern_thread {
        uint32_t process;
        struct slot *slots;
        uint32_t n_slots;
        /* A meta record whose DATA is still coming; kind 0: none. */
        struct record meta;
        size_t n_data;
        char data[META_BYTES];
};

#define OBJECT_VALUE(id, sequence) ((uint64_t) (sequence) << 32 | (id))
#define OBJECT_ID(value) ((uint32_t) (value))
#define OBJECT_SEQUENCE(value) ((uint32_t) ((value) >> 32))

void intern_init(struct intern *intern, struct catalog *catalog, const struct session *session, const struct processes *processes) {
        *intern = (struct intern) { .catalog = catalog, .session = session, .processes = processes };
}

void intern_finish(struct intern *intern) {
        table_finish(&intern->objects);
        table_finish(&intern->stacks);
        table_finish(&intern->modules);
        unseen_finish(&intern->unseen);
        free(intern->process_of);
        free(intern->object_of);
        memset(intern, 0, sizeof(*intern));
}

/* Makes `*numbers` reach to index `i`, the new ones 0. */
static int reach(uint32_t **numbers, uint32_t *size, uint32_t i) {
        uint32_t new_size = *size ? *size : 64;
        uint32_t *moved;

        if (i < *size)
                return 0;
        while (new_size <= i)
                new_size *= 2;
        moved = reallocarray(*numbers, new_size, sizeof(*moved));
        if (!moved)
                return -ENOMEM;
        memset(moved + *size, 0, (new_size - *size) * sizeof(*moved));
        *numbers = moved;
        *size = new_size;
        return 0;
}

/* ---- processes and threads */

static int process_of_image(struct intern *intern, uint32_t image, uint64_t time_ns) {
        const struct image *known = &intern->processes->images[image];
        struct process *process;
        int id = reach(&intern->process_of, &intern->size_process_of, image);

        if (id < 0 || intern->process_of[image])
                return id < 0 ? id : (int) intern->process_of[image];
        id = catalog_add_process(intern->catalog);
        if (id < 0)
                return id;
        process = &intern->catalog->processes[id];
        *process = (struct process) { .pid = known->pid, .began_ns = time_ns, .ended_ns = UINT64_MAX, .n_unseen = UINT32_MAX };
        if (known->program)
                process->program = strdup(known->program);
        intern->process_of[image] = (uint32_t) id;
        return id;
}

/* Makes the catalog reach to this thread. False for a serial that nobody was given. */
static int reach_thread(struct intern *intern, uint64_t serial) {
        if (!session_may_have_drawn(intern->session, serial))
                return -ESRCH;
        while (intern->catalog->n_threads <= serial) {
                int id = catalog_add_thread(intern->catalog);

                if (id < 0)
                        return id;
                intern->catalog->threads[id].ended_ns = UINT64_MAX;
        }
        return 0;
}

static int first_look(struct intern *intern, struct stream *stream, uint64_t time_ns) {
        struct intern_thread *self = calloc(1, sizeof(*self));
        struct thread *thread;
        int process;

        if (!self)
                return -ENOMEM;
        stream->user = self;
        process = process_of_image(intern, stream->image, time_ns);
        if (process < 0)
                return process;
        self->process = (uint32_t) process;
        if (reach_thread(intern, stream->thread) < 0)
                return -ESRCH;
        thread = &intern->catalog->threads[stream->thread];
        thread->process = self->process;
        thread->began_ns = time_ns;
        if (intern->processes->images[stream->image].first_thread == stream->thread && !thread->name)
                thread->name = strdup("main");
        return 0;
}

static int thread_object(struct intern *intern, const struct intern_thread *self, uint32_t serial) {
        struct object *object;
        int id = reach(&intern->object_of, &intern->size_object_of, serial);

        if (id < 0 || intern->object_of[serial])
                return id < 0 ? id : (int) intern->object_of[serial];
        id = catalog_add_object(intern->catalog);
        if (id < 0)
                return id;
        object = &intern->catalog->objects[id];
        *object = (struct object) { .process = self->process, .kind = OBJECT_THREAD, .address = serial };
        intern->object_of[serial] = (uint32_t) id;
        return id;
}

/* ---- stacks */

static uint64_t hash_addresses(const uint64_t *addresses, uint32_t n) {
        uint64_t hash = n;

        for (uint32_t i = 0; i < n; i++)
                hash = (hash ^ addresses[i]) * UINT64_C(0x9e3779b97f4a7c15) + (hash >> 29);
        return hash;
}

static int add_stack(struct intern *intern, uint32_t process, const uint64_t *addresses, uint32_t n) {
        int id = catalog_add_stack(intern->catalog);
        struct stack *stack;

        if (id < 0)
                return id;
        stack = &intern->catalog->stacks[id];
        stack->process = process;
        stack->pcs = reallocarray(NULL, n, sizeof(*stack->pcs));
        if (!stack->pcs)
                return -ENOMEM;
        memcpy(stack->pcs, addresses, n * sizeof(*addresses));
        stack->n_pcs = n;
        return id;
}

static bool stack_is(const struct stack *stack, const uint64_t *addresses, uint32_t n) {
        return stack->n_pcs == n && memcmp(stack->pcs, addresses, n * sizeof(*addresses)) == 0;
}

/* The one stack of this process with these addresses. */
static int intern_stack(struct intern *intern, uint32_t process, const uint64_t *addresses, uint32_t n) {
        uint64_t hash = hash_addresses(addresses, n), *value;
        int id;

        if (n == 0)
                return 0;
        /* Two stacks of one hash lie one behind the other. */
        for (;; hash++) {
                value = table_put(&intern->stacks, hash, process);
                if (!value)
                        return -ENOMEM;
                if (*value == 0)
                        break;
                if (stack_is(catalog_stack(intern->catalog, (uint32_t) *value), addresses, n))
                        return (int) *value;
        }
        id = add_stack(intern, process, addresses, n);
        if (id > 0)
                *value = (uint64_t) id;
        return id;
}

/* The slot's stack, if the slot was told to be of this caller: where records are dropped, its definition may be too. Else
 * the caller alone. */
static int stack_of(struct intern *intern, const struct intern_thread *self, const struct record *record) {
        uint32_t slot = record_stack(record);
        uint64_t caller = record_caller(record);

        if (slot > 0 && slot < self->n_slots && self->slots[slot].caller == caller && self->slots[slot].stack)
                return (int) self->slots[slot].stack;
        return caller ? intern_stack(intern, self->process, &caller, 1) : 0;
}

/* ---- objects */

/* In place of an image: the object is the same one in every process that has its memory. */
#define SHARED_BY_ALL UINT64_MAX
#define PAGE_BITS 12

struct place {
        uint64_t a, b;
};

/* A POSIX message queue, whose number means the same in every process; GLib's are memory of one. */
static bool is_kernels(const struct record *record) {
        return record_object_kind(record) == OBJECT_QUEUE && record_flags(record) & RECORD_SHARED;
}

/* By its address in its program; by its page, and where it lies in that, when other processes use it too. Where a shared
 * object's page is not known, nobody can tell which other process's it is. */
static struct place place_of(const struct stream *stream, const struct record *record) {
        uint64_t address = record_object(record), kind = (uint64_t) record_object_kind(record) << 48;

        if (is_kernels(record))
                return (struct place) { kind | address, SHARED_BY_ALL };
        if (record_is_shared(record) && record->sequence)
                return (struct place) { kind | (uint64_t) record->sequence << PAGE_BITS | (address & ((1u << PAGE_BITS) - 1)), SHARED_BY_ALL };
        return (struct place) { kind | address, (uint64_t) stream->image + 1 };
}

/* How a record stands to the object at its address. */
enum standing { USES, MAKES, ENDS };

static enum standing standing_of(const struct record *record, uint64_t value) {
        switch (record_kind(record)) {
        case EV_LOCK_INIT:
                return MAKES;
        case EV_CHANNEL_NEW:
                return is_kernels(record) ? USES : MAKES; /* who opens it may not be the first */
        case EV_LOCK_DESTROY:
                return ENDS;
        case EV_LOCK:
                /* A lock that counts from 1 again has been made anew, unless its number has just gone round. */
                if (record_number(record) == 1 && OBJECT_SEQUENCE(value) > 0 && OBJECT_SEQUENCE(value) < UINT32_MAX - 65536)
                        return MAKES;
                return USES;
        default:
                return USES;
        }
}

static int make_object(struct intern *intern, const struct stream *stream, const struct record *record, bool made_here, uint32_t stack) {
        const struct intern_thread *self = stream->user;
        int id = catalog_add_object(intern->catalog);

        if (id < 0)
                return id;
        intern->catalog->objects[id] = (struct object) {
                .process = record_flags(record) & RECORD_SHARED ? 0 : self->process,
                .kind = (uint8_t) record_object_kind(record),
                .address = record_object(record),
                .created_by = made_here ? stream->thread : 0,
                .created_at = stack,
        };
        return id;
}

/* The object of a record that is not a thread: 0 for none, its id, or -ENOMEM. */
static int memory_object(struct intern *intern, const struct stream *stream, const struct record *record, uint32_t stack) {
        struct place place = place_of(stream, record);
        uint64_t *value = table_put(&intern->objects, place.a, place.b);
        enum standing standing;
        int id;

        if (!value)
                return -ENOMEM;
        standing = standing_of(record, *value);
        id = (int) OBJECT_ID(*value);
        if (id == 0 || standing == MAKES) {
                enum event_kind kind = record_kind(record);

                id = make_object(intern, stream, record, kind == EV_LOCK_INIT || kind == EV_CHANNEL_NEW, stack);
                if (id < 0)
                        return id;
                intern->catalog->objects[id].replaces = OBJECT_ID(*value);
                *value = OBJECT_VALUE((uint64_t) id, 0);
        }
        if (intern->catalog->objects[id].created_at == 0)
                intern->catalog->objects[id].created_at = stack;
        if (record_kind(record) == EV_CHANNEL_NEW)
                intern->catalog->objects[id].capacity = record->value;
        if (record_kind(record) == EV_LOCK || record_kind(record) == EV_UNLOCK)
                *value = OBJECT_VALUE((uint64_t) id, record_number(record));
        if (standing == ENDS)
                table_remove(&intern->objects, place.a, place.b);
        return id;
}

static int object_of(struct intern *intern, const struct stream *stream, const struct record *record, uint32_t stack) {
        uint64_t address = record_object(record);
        int r;

        switch (record_object_kind(record)) {
        case OBJECT_NONE:
        case OBJECT_PROCESS:
                return 0;
        case OBJECT_THREAD:
                r = reach_thread(intern, address);
                return r == -ESRCH ? 0 : r < 0 ? r : thread_object(intern, stream->user, (uint32_t) address);
        default:
                return memory_object(intern, stream, record, stack);
        }
}

/* ---- meta records */

static int apply_stack(struct intern *intern, struct intern_thread *self) {
        uint32_t slot = record_stack(&self->meta), n = self->meta.value;
        uint64_t addresses[RECORD_STACK_FRAMES];
        int stack;

        if (slot >= RECORD_STACK_SLOTS || n > RECORD_STACK_FRAMES || n == 0) {
                intern->n_damaged++;
                return 0;
        }
        if (slot >= self->n_slots) {
                struct slot *slots = reallocarray(self->slots, slot + 1, sizeof(*slots));

                if (!slots)
                        return -ENOMEM;
                memset(slots + self->n_slots, 0, (slot + 1 - self->n_slots) * sizeof(*slots));
                self->slots = slots;
                self->n_slots = slot + 1;
        }
        memcpy(addresses, self->data, n * sizeof(*addresses));
        stack = intern_stack(intern, self->process, addresses, n);
        if (stack < 0)
                return stack;
        self->slots[slot] = (struct slot) { addresses[0] & RECORD_ADDRESS_MASK, (uint32_t) stack };
        return 0;
}

/* Where in the DATA of a MODULE its path begins: behind its first address and its build-id. */
static size_t module_path_at(const struct intern_thread *self) {
        return sizeof(uint64_t) + self->meta.value;
}

static void write_build_id(const struct intern_thread *self, char text[static 2 * RECORD_BUILD_ID_BYTES + 1]) {
        for (uint32_t i = 0; i < self->meta.value; i++)
                sprintf(text + 2 * i, "%02x", (unsigned char) self->data[sizeof(uint64_t) + i]);
        text[2 * self->meta.value] = '\0';
}

static bool is_module(const struct module *module, uint32_t process, uint64_t from, const char *path, const char *build_id) {
        return module->process == process && module->from == from && module->path && strcmp(module->path, path) == 0 &&
               strcmp(module->build_id ? module->build_id : "", build_id) == 0;
}

/* Where the number of this module of this process is kept, 0 for one that is new. NULL when out of memory. */
static uint64_t *place_of_module(struct intern *intern, uint32_t process, uint64_t from, const char *path, const char *build_id) {
        uint64_t hash = from;

        for (const char *c = path; *c; c++)
                hash = (hash ^ (unsigned char) *c) * UINT64_C(0x100000001b3);
        /* Two modules of one hash lie one behind the other. */
        for (;; hash++) {
                uint64_t *value = table_put(&intern->modules, hash, process);

                if (!value || *value == 0 || is_module(&intern->catalog->modules[*value], process, from, path, build_id))
                        return value;
        }
}

/* The first module of a process is its program. */
static int apply_module(struct intern *intern, const struct intern_thread *self) {
        struct process *process = &intern->catalog->processes[self->process];
        char build_id[2 * RECORD_BUILD_ID_BYTES + 1];
        struct module *module;
        uint64_t from, *place;
        const char *path;
        int id;

        if (self->meta.value > RECORD_BUILD_ID_BYTES) {
                intern->n_damaged++;
                return 0;
        }
        path = self->data + module_path_at(self);
        memcpy(&from, self->data, sizeof(from));
        write_build_id(self, build_id);
        place = place_of_module(intern, self->process, from, path, build_id);
        if (!place || *place)
                return place ? 0 : -ENOMEM;
        id = catalog_add_module(intern->catalog);
        if (id < 0)
                return id;
        *place = (uint64_t) id;
        module = &intern->catalog->modules[id];
        *module = (struct module) {
                .process = self->process,
                .bias = record_object(&self->meta),
                .end = record_caller(&self->meta),
                .from = from,
                .path = strdup(path),
                .build_id = build_id[0] ? strdup(build_id) : NULL,
        };
        if (!process->program)
                process->program = strdup(path);
        return module->path && (module->build_id || !build_id[0]) ? 0 : -ENOMEM;
}

static int rename_to(char **name, const char *text) {
        char *copy = strdup(text);

        if (!copy)
                return -ENOMEM;
        free(*name);
        *name = copy;
        return 0;
}

static int apply_name(struct intern *intern, const struct stream *stream, const struct intern_thread *self) {
        int id;

        if (record_object_kind(&self->meta) == OBJECT_THREAD) {
                if (reach_thread(intern, record_object(&self->meta)) < 0)
                        return 0;
                return rename_to(&intern->catalog->threads[record_object(&self->meta)].name, self->data);
        }
        id = object_of(intern, stream, &self->meta, 0);
        return id <= 0 ? id : rename_to(&intern->catalog->objects[id].name, self->data);
}

static bool meta_is_whole(const struct intern_thread *self) {
        switch (record_kind(&self->meta)) {
        case EV_STACK:
                return self->n_data >= self->meta.value * sizeof(uint64_t) || self->meta.value > RECORD_STACK_FRAMES;
        case EV_MODULE:
                return self->meta.value > RECORD_BUILD_ID_BYTES ||
                       (self->n_data > module_path_at(self) && memchr(self->data + module_path_at(self), 0, self->n_data - module_path_at(self)));
        default:
                return self->n_data > 0 && memchr(self->data, 0, self->n_data);
        }
}

static int apply_meta(struct intern *intern, const struct stream *stream) {
        struct intern_thread *self = stream->user;
        int r;

        if (!meta_is_whole(self))
                return 0;
        switch (record_kind(&self->meta)) {
        case EV_STACK:
                r = apply_stack(intern, self);
                break;
        case EV_MODULE:
                r = apply_module(intern, self);
                break;
        case EV_EXEC:
                r = unseen_add_program(&intern->unseen, self->data);
                break;
        default:
                r = apply_name(intern, stream, self);
                break;
        }
        self->meta.what = 0;
        return r;
}

static int add_data(struct intern *intern, const struct stream *stream, const struct record *record) {
        struct intern_thread *self = stream->user;

        if (!record_kind(&self->meta) || self->n_data + RECORD_DATA_BYTES > sizeof(self->data)) {
                intern->n_damaged++;
                return 0;
        }
        memcpy(self->data + self->n_data, &record->time, 8);
        memcpy(self->data + self->n_data + 8, &record->where, 8);
        memcpy(self->data + self->n_data + 16, &record->sequence, 4);
        memcpy(self->data + self->n_data + 20, &record->value, 4);
        self->n_data += RECORD_DATA_BYTES;
        return apply_meta(intern, stream);
}

static int meta_record(struct intern *intern, const struct stream *stream, const struct record *record) {
        struct intern_thread *self = stream->user;

        switch (record_kind(record)) {
        case EV_DATA:
                return add_data(intern, stream, record);
        case EV_LOST:
                intern->n_lost += record->value;
                return 0;
        case EV_START_ROUTINE:
                if (reach_thread(intern, record_object(record)) == 0)
                        intern->catalog->threads[record_object(record)].start_routine = record_caller(record);
                return 0;
        case EV_UNSEEN_WAIT:
                return unseen_add_wait(&intern->unseen, self->process, record_caller(record));
        default:
                intern->n_damaged += record_kind(&self->meta) != 0; /* one that never became whole */
                self->meta = *record;
                self->n_data = 0;
                return 0;
        }
}

/* ---- events */

/* What an event says about threads and processes themselves. */
static void note_lives(struct intern *intern, const struct stream *stream, const struct record *record, uint64_t time_ns) {
        const struct intern_thread *self = stream->user;
        struct thread *threads = intern->catalog->threads;
        uint64_t other = record_object(record);

        switch (record_kind(record)) {
        case EV_SPAWN:
                if (reach_thread(intern, other) < 0)
                        return;
                threads = intern->catalog->threads;
                threads[other].process = self->process;
                threads[other].parent = stream->thread;
                threads[other].began_ns = time_ns;
                return;
        case EV_THREAD_START:
                threads[stream->thread].began_ns = time_ns;
                if (record->value && reach_thread(intern, record->value) == 0)
                        intern->catalog->threads[stream->thread].parent = record->value;
                return;
        case EV_THREAD_EXIT:
                threads[stream->thread].ended_ns = time_ns;
                return;
        case EV_PROCESS_EXIT:
                intern->catalog->processes[self->process].ended_ns = time_ns;
                return;
        default:
                return;
        }
}

/* What no thread can have recorded: what happens to threads names one, nothing else does, and a start or an end is one's own. */
static bool makes_sense(const struct intern *intern, const struct stream *stream, const struct record *record) {
        enum event_kind kind = record_kind(record);
        enum object_kind object_kind = record_object_kind(record);
        uint64_t object = record_object(record);

        if (kind == EV_THREAD_START || kind == EV_THREAD_EXIT)
                return object_kind == OBJECT_THREAD && object == stream->thread;
        if (object_kind == OBJECT_THREAD)
                return kind >= EV_SPAWN && kind <= EV_PANIC && (object == 0 || session_may_have_drawn(intern->session, object));
        return !(kind >= EV_SPAWN && kind <= EV_PANIC) && (object_kind == OBJECT_NONE || object_kind_is_known(object_kind));
}

int intern_record(struct intern *intern, struct stream *stream, const struct record *record, uint64_t time, struct event *ret_event) {
        uint64_t time_ns = time ? session_ns(intern->session, time) : 0;
        struct intern_thread *self;
        int r, stack, object;

        if (!stream->user) {
                r = first_look(intern, stream, time_ns);
                if (r < 0 && r != -ESRCH)
                        return r;
        }
        self = stream->user;
        if (reach_thread(intern, stream->thread) < 0) {
                intern->n_damaged++;
                return 0;
        }
        if (!time)
                return meta_record(intern, stream, record);
        intern->n_damaged += record_kind(&self->meta) != 0;
        self->meta.what = 0;
        if (!makes_sense(intern, stream, record)) {
                intern->n_damaged++;
                return 0;
        }
        intern->catalog->threads[stream->thread].tid = stream->tid;
        stack = stack_of(intern, self, record);
        if (stack < 0)
                return stack;
        object = object_of(intern, stream, record, (uint32_t) stack);
        if (object < 0)
                return object;
        note_lives(intern, stream, record, time_ns);
        if (!intern->catalog->threads[stream->thread].first_stack && record_kind(record) != EV_THREAD_START)
                intern->catalog->threads[stream->thread].first_stack = (uint32_t) stack;
        *ret_event = (struct event) {
                .time_ns = time_ns,
                .thread = stream->thread,
                .object = (uint32_t) object,
                .stack = (uint32_t) stack,
                .sequence = record_number(record),
                .value = record->value,
                .kind = (uint8_t) record_kind(record),
                .flags = (uint8_t) (record_flags(record) & ~RECORD_SHARED),
        };
        return 1;
}

void intern_end(struct stream *stream) {
        struct intern_thread *self = stream->user;

        if (!self)
                return;
        free(self->slots);
        free(self);
        stream->user = NULL;
}

bool intern_end_process(struct intern *intern, const struct stream *stream, uint64_t time_ns, struct event *ret_event) {
        uint32_t id = stream->image < intern->size_process_of ? intern->process_of[stream->image] : 0;
        struct process *process = &intern->catalog->processes[id];

        if (id == 0 || process->ended_ns != UINT64_MAX)
                return false;
        process->ended_ns = session_ns(intern->session, stream->ended);
        *ret_event = (struct event) { .time_ns = time_ns, .thread = stream->thread, .value = PROCESS_CUT_OFF, .kind = EV_PROCESS_EXIT };
        return true;
}
