/* Everything that events refer to by number: processes, threads, objects and stacks.
 * Filled by the collector as it learns, or by the store from a file; read by everybody.
 * Ids are indices from 1; entry 0 of each array is a blank, so that an unknown id (0) reads as empty.
 *
 * A thread is known by its thread id everywhere. Where an event's *object* is a thread (spawn,
 * join, start, exit), `event.object` is an object id whose object has kind OBJECT_THREAD and
 * whose `address` is the thread id; object_thread() gives it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

#include "wire/record.h"

struct process {
        uint32_t pid;
        char *program; /* path of the executable */
        uint64_t began_ns;
        uint64_t ended_ns; /* UINT64_MAX: still there when the trace ended */
        /* When all of its recorded threads waited and one could be woken by anybody, as seen last: threads that were alive and are
         * not recorded (UINT32_MAX: nobody looked), and whether a handler waited for signals from outside. */
        uint32_t n_unseen;
        bool catches_signals;
};

struct thread {
        uint32_t process;
        uint32_t tid;     /* of the operating system */
        char *name;       /* given by the program, else its start function, else "thread N"; "main" */
        uint32_t parent;  /* thread id, 0 for a process's first */
        uint64_t start_routine; /* address of the function it was spawned with; 0: not known */
        uint64_t began_ns;
        uint64_t ended_ns; /* UINT64_MAX: never */
        uint32_t first_stack; /* stack id of the first thing it did, 0: not known; known while recording only, as that is */
};

struct object {
        uint32_t process;
        uint8_t kind;     /* enum object_kind */
        uint64_t address; /* a thread's id when kind is OBJECT_THREAD */
        char *name;       /* "table.forks[2]", "mutex at bank.c:31" */
        uint32_t capacity; /* of a channel: UINT32_MAX unbounded, 0 rendezvous */
        uint32_t created_by; /* thread id; 0 unknown */
        uint32_t created_at; /* stack id; of its first use where its making was not seen */
        char *type;       /* of the structure that it is a part of, "struct account"; NULL: of none, or not known */
        uint32_t replaces;   /* object id: was in this memory and not destroyed, perhaps held still; 0: none */
};

struct frame {
        uint64_t address;
        char *function; /* NULL: unknown */
        char *file;     /* as the compiler was given it, made absolute where possible; NULL: unknown */
        uint32_t line;  /* 0: unknown */
        char *module;   /* path of the file mapped there */
};

struct stack {
        uint32_t process;
        uint32_t n_pcs;
        uint64_t *pcs;       /* innermost first, return addresses as recorded */
        uint32_t n_frames;   /* 0 until symbolised; more than n_pcs where calls were inlined */
        struct frame *frames; /* innermost first */
};

struct module {
        uint32_t process;
        uint64_t bias;  /* load address minus address in the file */
        uint64_t end;   /* first address behind it */
        char *path;
        uint64_t from;  /* first address of it */
        char *build_id; /* in hexadecimal, which tells the file from others at the same path; NULL: it has none */
};

/* A growing array of T named items[0 … n-1]. */
#define CATALOG_TABLE(type, name) struct type *name; uint32_t n_##name; uint32_t size_##name

struct catalog {
        CATALOG_TABLE(process, processes);
        CATALOG_TABLE(thread, threads);
        CATALOG_TABLE(object, objects);
        CATALOG_TABLE(stack, stacks);
        CATALOG_TABLE(module, modules);
};

/* n_… counts include the blank entry 0, so ids run from 1 to n_… - 1. */
int catalog_init(struct catalog *catalog);
void catalog_finish(struct catalog *catalog);

/* Each appends a zeroed entry and returns its id, or -ENOMEM. Pointers into the table move. */
int catalog_add_process(struct catalog *catalog);
int catalog_add_thread(struct catalog *catalog);
int catalog_add_object(struct catalog *catalog);
int catalog_add_stack(struct catalog *catalog);
int catalog_add_module(struct catalog *catalog);

/* Blank entries for ids out of range, so that a damaged trace cannot lead astray. */
const struct process *catalog_process(const struct catalog *catalog, uint32_t id);
const struct thread *catalog_thread(const struct catalog *catalog, uint32_t id);
const struct object *catalog_object(const struct catalog *catalog, uint32_t id);
const struct stack *catalog_stack(const struct catalog *catalog, uint32_t id);

/* Never NULL: a name to show, "thread 7" or "mutex 3" where nothing better is known. The buffer is
 * used only where a name has to be made up. */
#define CATALOG_NAME_BYTES 64
const char *catalog_thread_name(const struct catalog *catalog, uint32_t id, char buffer[static CATALOG_NAME_BYTES]);
const char *catalog_object_name(const struct catalog *catalog, uint32_t id, char buffer[static CATALOG_NAME_BYTES]);

/* The same, for where threads of several processes are told of: with its process, "main of 4711", where a thread of
 * another one has the same name. */
#define CATALOG_LABEL_BYTES 256
const char *catalog_thread_label(const struct catalog *catalog, uint32_t id, char buffer[static CATALOG_LABEL_BYTES]);

/* The thread that this object is, or 0. */
uint32_t catalog_object_thread(const struct catalog *catalog, uint32_t object_id);

/* What an object is beside its name: "mutex in struct account, made in open_account (bank.c:31)", "first used" where its making
 * was not seen; as much of it as is known, at least its kind. */
#define CATALOG_ORIGIN_BYTES 256
void catalog_object_origin(const struct catalog *catalog, uint32_t id, char ret_words[static CATALOG_ORIGIN_BYTES]);

/* The innermost frame of a stack that is the program's own (has a source line, else the
 * first one with a function), or NULL. */
const struct frame *catalog_site(const struct catalog *catalog, uint32_t stack_id);
