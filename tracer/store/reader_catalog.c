/* The catalog and the recording of an open trace; stacks are in reader_stacks.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/reader.h"

bool reader_is_possible_id(const struct store_reader *reader, uint64_t id) {
        return id > 0 && id <= reader->size_bytes / 8 && id < UINT32_MAX / 2;
}

int reader_reach(struct store_reader *reader, int (*add)(struct catalog *catalog), const uint32_t *n, uint64_t id,
                 const char *what) {
        if (!reader_is_possible_id(reader, id)) {
                reader_tell_damage(reader, what);
                return 0;
        }
        while (*n <= id)
                if (add(&reader->catalog) < 0)
                        return -ENOMEM;
        return 1;
}

int reader_take_text(sqlite3_stmt *row, int column, char **field) {
        char *value;
        int r = column_text(row, column, &value);

        if (r < 0)
                return r;
        free(*field);
        *field = value;
        return 0;
}

static const char some_processes[] = "some processes", some_threads[] = "some threads", some_objects[] = "some objects",
                  some_modules[] = "some modules";

static int visit_process(struct store_reader *reader, sqlite3_stmt *row, void *data) {
        uint64_t id = column_integer(row, 0);
        int r = reader_reach(reader, catalog_add_process, &reader->catalog.n_processes, id, some_processes);
        struct process *process = &reader->catalog.processes[r > 0 ? id : 0];

        (void) data;
        if (r <= 0)
                return r;
        process->pid = (uint32_t) column_integer(row, 1);
        process->began_ns = column_integer(row, 3);
        process->ended_ns = column_moment(row, 4);
        process->n_unseen = (uint32_t) column_moment(row, 5); /* NULL: nobody looked */
        process->catches_signals = column_integer(row, 6);
        return reader_take_text(row, 2, &process->program);
}

static int visit_thread(struct store_reader *reader, sqlite3_stmt *row, void *data) {
        uint64_t id = column_integer(row, 0);
        int r = reader_reach(reader, catalog_add_thread, &reader->catalog.n_threads, id, some_threads);
        struct thread *thread = &reader->catalog.threads[r > 0 ? id : 0];

        (void) data;
        if (r <= 0)
                return r;
        thread->process = (uint32_t) column_integer(row, 1);
        thread->tid = (uint32_t) column_integer(row, 2);
        thread->parent = (uint32_t) column_integer(row, 4);
        thread->began_ns = column_integer(row, 5);
        thread->ended_ns = column_moment(row, 6);
        thread->start_routine = column_integer(row, 7);
        return reader_take_text(row, 3, &thread->name);
}

static int visit_object(struct store_reader *reader, sqlite3_stmt *row, void *data) {
        uint64_t id = column_integer(row, 0);
        int r = reader_reach(reader, catalog_add_object, &reader->catalog.n_objects, id, some_objects);
        struct object *object = &reader->catalog.objects[r > 0 ? id : 0];
        const unsigned char *kind = sqlite3_column_text(row, 2);

        (void) data;
        if (r <= 0)
                return r;
        object->process = (uint32_t) column_integer(row, 1);
        object->kind = (uint8_t) (kind ? object_kind_from_name((const char *) kind) : OBJECT_NONE);
        object->address = column_integer(row, 3);
        object->capacity = (uint32_t) column_integer(row, 5);
        object->created_by = (uint32_t) column_integer(row, 6);
        object->created_at = (uint32_t) column_integer(row, 7);
        object->replaces = (uint32_t) column_integer(row, 9);
        r = reader_take_text(row, 8, &object->type);
        return r < 0 ? r : reader_take_text(row, 4, &object->name);
}

static int visit_module(struct store_reader *reader, sqlite3_stmt *row, void *data) {
        uint64_t id = column_integer(row, 0);
        int r = reader_reach(reader, catalog_add_module, &reader->catalog.n_modules, id, some_modules);
        struct module *module = &reader->catalog.modules[r > 0 ? id : 0];

        (void) data;
        if (r <= 0)
                return r;
        module->process = (uint32_t) column_integer(row, 1);
        module->bias = column_integer(row, 3);
        module->from = column_integer(row, 4);
        module->end = column_integer(row, 5);
        r = reader_take_text(row, 6, &module->build_id);
        return r < 0 ? r : reader_take_text(row, 2, &module->path);
}

/* Tables only grow: what is new in them has no column in traces of old. */
static bool has_column(const struct store_reader *reader, const char *table, const char *column) {
        return sqlite3_table_column_metadata(reader->database, "main", table, column, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;
}

int reader_load_catalog(struct store_reader *reader, struct fault *ret_fault) {
        bool has_replaces = has_column(reader, "object", "replaces"), has_unseen = has_column(reader, "process", "unseen_threads");
        bool has_type = has_column(reader, "object", "type"), has_build_id = has_column(reader, "module", "build_id");
        const struct visit visits[] = {
                { has_unseen ? "SELECT id, pid, program, began_ns, ended_ns, unseen_threads, catches_signals FROM process"
                             : "SELECT id, pid, program, began_ns, ended_ns, 0, 0 FROM process",
                  "id", some_processes, true, visit_process, NULL },
                { "SELECT id, process, tid, name, parent, began_ns, ended_ns, start_routine FROM thread", "id",
                  some_threads, true, visit_thread, NULL },
                { has_replaces ? "SELECT id, process, kind, address, name, capacity, created_by, created_at, type, replaces FROM object"
                  : has_type   ? "SELECT id, process, kind, address, name, capacity, created_by, created_at, type, NULL FROM object"
                               : "SELECT id, process, kind, address, name, capacity, created_by, created_at, NULL, NULL FROM object",
                  "id", some_objects, true, visit_object, NULL },
                { has_build_id ? "SELECT id, process, path, bias, low, high, build_id FROM module"
                               : "SELECT id, process, path, bias, low, high, NULL FROM module",
                  "id", some_modules, true, visit_module, NULL },
        };

        for (size_t i = 0; i < sizeof(visits) / sizeof(*visits); i++) {
                int r = reader_visit(reader, &visits[i], ret_fault);

                if (r < 0)
                        return r;
        }
        return reader_load_stacks(reader, ret_fault);
}

void recording_finish(struct recording *recording) {
        free(recording->command);
        free(recording->directory);
        free(recording->host);
        free(recording->ended);
        free(recording->remarks);
        free(recording->unseen);
        *recording = (struct recording){ 0 };
}

static int visit_meta(struct store_reader *reader, sqlite3_stmt *row, void *data) {
        struct recording *recording = &reader->recording;
        const char *key = (const char *) sqlite3_column_text(row, 0);
        const struct {
                const char *key;
                char **text;
        } texts[] = {
                { "command", &recording->command }, { "directory", &recording->directory },
                { "host", &recording->host },       { "ended", &recording->ended },
                { "remarks", &recording->remarks }, { "unseen", &recording->unseen },
        };

        (void) data;
        for (size_t i = 0; key && i < sizeof(texts) / sizeof(*texts); i++)
                if (strcmp(key, texts[i].key) == 0)
                        return reader_take_text(row, 1, texts[i].text);
        if (!key)
                return 0;
        if (strcmp(key, "began_unix_ns") == 0)
                recording->began_unix_ns = column_integer(row, 1);
        else if (strcmp(key, "duration_ns") == 0)
                recording->duration_ns = column_integer(row, 1);
        else if (strcmp(key, "finished") == 0)
                recording->finished = column_integer(row, 1) == 1;
        else if (strcmp(key, "n_lost") == 0)
                recording->n_lost = column_integer(row, 1);
        else if (strcmp(key, "exit_status") == 0)
                recording->exit_status = (int) column_integer(row, 1);
        return 0;
}

int reader_load_recording(struct store_reader *reader, struct fault *ret_fault) {
        const struct visit visit = {
                "SELECT key, value FROM meta", "key", "how the recording went", false, visit_meta, NULL
        };

        reader->recording.exit_status = -1;
        return reader_visit(reader, &visit, ret_fault);
}
