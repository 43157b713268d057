#include "export/import_std.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "export/names.h"

#define BATCH_EVENTS 4096
#define TICK_NS 1000000
#define MOST_SHOWN 60 /* characters of what is wrong */

struct word {
        const char *at;
        size_t length;
};

/* What is known of a lock or thread while reading. */
struct lock {
        uint32_t owner, depth, sequence;
};
struct life {
        uint32_t object;
        bool is_forked, has_acted, is_joined;
};

struct reader {
        struct import *import;
        const char *path;
        uint64_t line;
        struct fault *ret_fault;
        struct names threads, locks, places;
        struct lock *states; /* by object id */
        uint32_t n_states;
        struct life *lives; /* by thread id */
        uint32_t n_lives;
        struct event batch[BATCH_EVENTS];
        size_t n_batch;
        struct word thread_name, what_name; /* of this line */
        uint32_t thread, stack;
};

#define WORD(word) (int) ((word).length < MOST_SHOWN ? (word).length : MOST_SHOWN), (word).at
#define fail(reader, format, ...) \
        fault_set((reader)->ret_fault, EBADMSG, "%s:%" PRIu64 ": " format, (reader)->path, (reader)->line, __VA_ARGS__)

static int out_of_memory(struct reader *reader) {
        return fault_set(reader->ret_fault, ENOMEM, "not enough memory for %s", reader->path);
}

/* What the lines speak of */

static int reach(void **array, uint32_t *n, uint32_t id, size_t size) {
        uint32_t wanted = id < 64 ? 64 : id * 2;
        void *bigger;

        if (id < *n)
                return 0;
        bigger = realloc(*array, wanted * size);
        if (!bigger)
                return -ENOMEM;
        memset((char *) bigger + *n * size, 0, (wanted - *n) * size);
        *array = bigger;
        *n = wanted;
        return 0;
}

static uint64_t now_ns(const struct reader *reader) {
        return (reader->import->n_events + 1) * TICK_NS;
}

static int add_object(struct reader *reader, uint8_t kind, struct word name, uint64_t address) {
        int id = catalog_add_object(reader->import->catalog);
        struct object *object;

        if (id < 0 || reach((void **) &reader->states, &reader->n_states, (uint32_t) id, sizeof(*reader->states)) < 0)
                return -ENOMEM;
        object = &reader->import->catalog->objects[id];
        *object = (struct object) { .process = 1, .kind = kind, .address = address, .capacity = UINT32_MAX, .name = strndup(name.at, name.length) };
        return object->name ? id : -ENOMEM;
}

static int add_thread(struct reader *reader, struct word name) {
        int id = catalog_add_thread(reader->import->catalog), object;
        struct thread *thread;

        if (id < 0 || reach((void **) &reader->lives, &reader->n_lives, (uint32_t) id, sizeof(*reader->lives)) < 0)
                return -ENOMEM;
        thread = &reader->import->catalog->threads[id];
        *thread = (struct thread) { .process = 1, .tid = (uint32_t) id, .began_ns = now_ns(reader), .ended_ns = UINT64_MAX,
                                    .name = strndup(name.at, name.length) };
        object = thread->name ? add_object(reader, OBJECT_THREAD, name, (uint64_t) id) : -ENOMEM;
        if (object < 0)
                return -ENOMEM;
        reader->lives[id].object = (uint32_t) object;
        return id;
}

/* "bank.c:31" is a line of a function that is not known, "345" only a number, anything else is a function. */
static int fill_frame(struct frame *frame, struct word text, const char *path) {
        size_t n_digits = 0;
        int r = 0;

        while (n_digits < text.length && isdigit((unsigned char) text.at[text.length - 1 - n_digits]))
                n_digits++;
        if (n_digits == text.length)
                r = asprintf(&frame->function, "place %.*s", (int) text.length, text.at);
        else if (n_digits > 0 && n_digits < 10 && text.length > n_digits + 1 && text.at[text.length - n_digits - 1] == ':')
                frame->line = (uint32_t) strtoul(text.at + text.length - n_digits, NULL, 10);
        if (frame->line > 0)
                frame->file = strndup(text.at, text.length - n_digits - 1);
        if (!frame->function)
                frame->function = frame->line > 0 ? strdup("??") : strndup(text.at, text.length);
        frame->module = strdup(path);
        return r >= 0 && (frame->file || frame->line == 0) && frame->function && frame->module ? 0 : -ENOMEM;
}

static int add_place(struct reader *reader, struct word text) {
        int id = catalog_add_stack(reader->import->catalog);
        struct stack *stack;

        if (id < 0)
                return -ENOMEM;
        stack = &reader->import->catalog->stacks[id];
        stack->process = 1;
        stack->pcs = calloc(1, sizeof(*stack->pcs));
        stack->frames = calloc(1, sizeof(*stack->frames));
        if (!stack->pcs || !stack->frames)
                return -ENOMEM;
        stack->n_pcs = stack->n_frames = 1;
        stack->pcs[0] = stack->frames[0].address = (uint64_t) id;
        return fill_frame(&stack->frames[0], text, reader->path) < 0 ? -ENOMEM : id;
}

/* The number of what is called so, made where it is new; or -ENOMEM. */
static int find(struct reader *reader, struct names *names, struct word word) {
        uint32_t *known = names_find(names, word.at, word.length);
        int id;

        if (!known)
                return -ENOMEM;
        if (*known != 0)
                return (int) *known;
        if (names == &reader->threads)
                id = add_thread(reader, word);
        else if (names == &reader->locks)
                id = add_object(reader, OBJECT_MUTEX, word, UINT64_C(0x10000) + 64 * reader->locks.n);
        else
                id = add_place(reader, word);
        if (id > 0)
                *known = (uint32_t) id;
        return id;
}

/* Events */

static int flush(struct reader *reader) {
        int r = reader->n_batch > 0 ? reader->import->take(reader->import->data, reader->batch, reader->n_batch, reader->ret_fault) : 0;

        reader->n_batch = 0;
        return r;
}

static int make(struct reader *reader, uint32_t thread, uint8_t kind, uint32_t object, uint32_t sequence, uint8_t flags) {
        reader->batch[reader->n_batch++] = (struct event) {
                .time_ns = now_ns(reader), .thread = thread, .kind = kind, .object = object, .sequence = sequence, .flags = flags,
                .stack = reader->stack,
        };
        reader->import->n_events++;
        return reader->n_batch == BATCH_EVENTS ? flush(reader) : 0;
}

/* The lock that this line speaks of, or NULL when out of memory, which is told. */
static struct lock *find_lock(struct reader *reader, uint32_t *ret_id) {
        int id = find(reader, &reader->locks, reader->what_name);

        if (id < 0)
                out_of_memory(reader);
        *ret_id = (uint32_t) id;
        return id < 0 ? NULL : &reader->states[id];
}

static int acquire(struct reader *reader) {
        uint32_t id;
        struct lock *lock = find_lock(reader, &id);
        char buffer[CATALOG_NAME_BYTES];

        if (!lock)
                return -ENOMEM;
        if (lock->owner != 0 && lock->owner != reader->thread)
                return fail(reader, "%.*s acquires %.*s, which %s holds", WORD(reader->thread_name), WORD(reader->what_name),
                            catalog_thread_name(reader->import->catalog, lock->owner, buffer));
        lock->owner = reader->thread;
        return make(reader, reader->thread, EV_LOCK, id, ++lock->sequence, lock->depth++ ? RECORD_AGAIN : 0);
}

static int release(struct reader *reader) {
        uint32_t id;
        struct lock *lock = find_lock(reader, &id);

        if (!lock)
                return -ENOMEM;
        if (lock->owner != reader->thread)
                return fail(reader, "%.*s releases %.*s, which it does not hold", WORD(reader->thread_name), WORD(reader->what_name));
        if (--lock->depth == 0)
                lock->owner = 0;
        return make(reader, reader->thread, EV_UNLOCK, id, ++lock->sequence, lock->depth ? RECORD_AGAIN : 0);
}

/* Asking for a lock that is free is no wait. */
static int request(struct reader *reader) {
        uint32_t id;
        struct lock *lock = find_lock(reader, &id);

        if (!lock)
                return -ENOMEM;
        return lock->owner != 0 && lock->owner != reader->thread ? make(reader, reader->thread, EV_LOCK_WAIT, id, 0, 0) : 0;
}

static int fork_thread(struct reader *reader) {
        int id = find(reader, &reader->threads, reader->what_name);

        if (id < 0)
                return out_of_memory(reader);
        if (reader->lives[id].is_forked || reader->lives[id].has_acted)
                return fail(reader, "%.*s forks %.*s, which is there already", WORD(reader->thread_name), WORD(reader->what_name));
        reader->lives[id].is_forked = true;
        reader->import->catalog->threads[id].parent = reader->thread;
        return make(reader, reader->thread, EV_SPAWN, reader->lives[id].object, 0, 0);
}

/* It has ended by then: where, the format does not say. */
static int join_thread(struct reader *reader) {
        int id = find(reader, &reader->threads, reader->what_name), r;
        struct life *life;

        if (id < 0)
                return out_of_memory(reader);
        life = &reader->lives[id];
        if ((uint32_t) id == reader->thread)
                return fail(reader, "%.*s joins itself", WORD(reader->thread_name));
        if (!life->is_forked && !life->has_acted)
                return fail(reader, "%.*s joins %.*s, which is not known", WORD(reader->thread_name), WORD(reader->what_name));
        if (life->is_joined)
                return fail(reader, "%.*s joins %.*s, which was joined before", WORD(reader->thread_name), WORD(reader->what_name));
        life->is_joined = true;
        reader->import->catalog->threads[id].ended_ns = now_ns(reader);
        r = make(reader, (uint32_t) id, EV_THREAD_EXIT, life->object, 0, 0);
        return r < 0 ? r : make(reader, reader->thread, EV_JOIN, life->object, 0, 0);
}

static int pass_access(struct reader *reader) {
        reader->import->n_accesses++;
        return 0;
}

static int pass_other(struct reader *reader) {
        reader->import->n_others++;
        return 0;
}

static const struct operation {
        const char *name;
        int (*apply)(struct reader *reader);
        bool needs_object;
} operations[] = {
        { "r", pass_access, true },      { "w", pass_access, true },    { "acq", acquire, true },
        { "rel", release, true },        { "req", request, true },      { "fork", fork_thread, true },
        { "join", join_thread, true },   { "begin", pass_other, false }, { "end", pass_other, false },
        { "branch", pass_other, false },
};

/* Lines */

/* Splits `OPERATION(WHAT)`, or `OPERATION` alone. NULL for what is neither. */
static const struct operation *read_operation(struct word text, struct word *ret_what) {
        const char *open = memchr(text.at, '(', text.length);
        size_t n_name = open ? (size_t) (open - text.at) : text.length;
        struct word what = { open ? open + 1 : text.at, open ? text.length - n_name - 1 : 0 };

        if (open && (what.length == 0 || what.at[--what.length] != ')'))
                return NULL;
        for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++) {
                const struct operation *operation = &operations[i];

                if (strlen(operation->name) != n_name || strncmp(operation->name, text.at, n_name) != 0)
                        continue;
                *ret_what = what;
                return what.length > 0 || !operation->needs_object ? operation : NULL;
        }
        return NULL;
}

static int begin_line(struct reader *reader, struct word place) {
        int thread = find(reader, &reader->threads, reader->thread_name), stack = place.length ? find(reader, &reader->places, place) : 0;

        if (thread < 0 || stack < 0)
                return out_of_memory(reader);
        reader->thread = (uint32_t) thread;
        reader->stack = (uint32_t) stack;
        if (reader->lives[thread].is_joined)
                return fail(reader, "%.*s goes on after it was joined", WORD(reader->thread_name));
        reader->lives[thread].has_acted = true;
        return 0;
}

static int read_line(struct reader *reader, const char *text, size_t length) {
        const char *first, *second;
        const struct operation *operation;
        struct word rest, place = { 0 };
        int r;

        first = memchr(text, '|', length);
        if (!first || first == text)
                return fail(reader, "\"%.*s\" is no event; one is written THREAD|OPERATION(WHAT)|PLACE", WORD(((struct word) { text, length })));
        second = memchr(first + 1, '|', length - (size_t) (first + 1 - text));
        rest = (struct word) { first + 1, (size_t) ((second ? second : text + length) - first - 1) };
        if (second)
                place = (struct word) { second + 1, (size_t) (text + length - second - 1) };
        reader->thread_name = (struct word) { text, (size_t) (first - text) };
        operation = read_operation(rest, &reader->what_name);
        if (!operation)
                return fail(reader, "\"%.*s\" is no operation; there are acq(L), rel(L), req(L), fork(T), join(T), r(V), w(V), begin, end and branch",
                            WORD(rest));
        r = begin_line(reader, place);
        return r < 0 ? r : operation->apply(reader);
}

static int read_lines(struct reader *reader, FILE *in) {
        char *line = NULL;
        size_t size = 0;
        ssize_t length;
        int r = 0;

        while (r == 0 && (errno = 0, length = getline(&line, &size, in)) >= 0) {
                size_t begin = 0, end = (size_t) length;

                reader->line++;
                while (end > 0 && isspace((unsigned char) line[end - 1]))
                        end--;
                while (begin < end && isspace((unsigned char) line[begin]))
                        begin++;
                if (memchr(line, 0, end))
                        r = fail(reader, "%s", "there is a zero byte here; this is no text");
                else if (begin < end && line[begin] != '#')
                        r = read_line(reader, line + begin, end - begin);
        }
        if (r == 0 && ferror(in))
                r = fault_set(reader->ret_fault, errno ? errno : EIO, "cannot read %s: %s", reader->path, strerror(errno ? errno : EIO));
        else if (r == 0 && !feof(in))
                r = out_of_memory(reader);
        free(line);
        return r;
}

int import_std(struct import *import, FILE *in, const char *path, struct fault *ret_fault) {
        struct reader *reader = calloc(1, sizeof(*reader));
        int process = catalog_add_process(import->catalog), r;

        if (!reader || process < 0) {
                free(reader);
                return fault_set(ret_fault, ENOMEM, "not enough memory for %s", path);
        }
        import->catalog->processes[process] = (struct process) { .pid = 1, .program = strdup(path), .ended_ns = UINT64_MAX };
        reader->import = import;
        reader->path = path;
        reader->ret_fault = ret_fault;
        r = read_lines(reader, in);
        if (r == 0)
                r = flush(reader);
        names_finish(&reader->threads);
        names_finish(&reader->locks);
        names_finish(&reader->places);
        free(reader->states);
        free(reader->lives);
        free(reader);
        return r;
}
