#include "source.h"

#include <string.h>
#include <sys/stat.h>

#define SOURCE_BYTES_MAX (8 << 20)

struct source {
        char **lines; /* NULL: could not be read */
        guint n;
        uint64_t changed_unix_ns;
};

struct sources {
        GHashTable *files; /* path -> struct source */
        char *folder;      /* of the trace; NULL: unknown */
};

static void source_free(void *data) {
        struct source *source = data;

        g_strfreev(source->lines);
        g_free(source);
}

struct sources *sources_new(const char *trace) {
        struct sources *sources = g_new0(struct sources, 1);

        sources->folder = trace ? g_path_get_dirname(trace) : NULL;
        sources->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, source_free);
        return sources;
}

void sources_free(struct sources *sources) {
        if (!sources)
                return;
        g_hash_table_unref(sources->files);
        g_free(sources->folder);
        g_free(sources);
}

/* A label takes UTF-8 only, and shows a tab as wide as it likes. */
static char *clean(const char *line) {
        g_autofree char *valid = g_utf8_make_valid(line, -1);
        g_auto(GStrv) parts = g_strsplit(valid, "\t", -1);

        return g_strchomp(g_strjoinv("        ", parts));
}

static struct source *read_source(const char *path) {
        struct source *source = g_new0(struct source, 1);
        g_autofree char *text = NULL;
        struct stat status;

        if (stat(path, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size > SOURCE_BYTES_MAX ||
            !g_file_get_contents(path, &text, NULL, NULL))
                return source;
        source->changed_unix_ns = (uint64_t) status.st_mtim.tv_sec * 1000000000 + (uint64_t) status.st_mtim.tv_nsec;
        source->lines = g_strsplit(text, "\n", -1);
        source->n = g_strv_length(source->lines);
        for (guint i = 0; i < source->n; i++) {
                char *line = clean(source->lines[i]);

                g_free(source->lines[i]);
                source->lines[i] = line;
        }
        return source;
}

/* A trace may be taken along with the sources it was recorded from. */
static struct source *read_beside(const char *folder, const char *path) {
        g_autofree char *name = g_path_get_basename(path);
        g_autofree char *beside = g_build_filename(folder, name, NULL);

        return read_source(beside);
}

static struct source *source_of(struct sources *sources, const char *path) {
        struct source *source = g_hash_table_lookup(sources->files, path);

        if (!source) {
                source = read_source(path);
                if (!source->lines && sources->folder) {
                        source_free(source);
                        source = read_beside(sources->folder, path);
                }
                g_hash_table_insert(sources->files, g_strdup(path), source);
        }
        return source;
}

const char *sources_line(struct sources *sources, const char *path, uint32_t line) {
        struct source *source = source_of(sources, path);

        return source->lines && line >= 1 && line <= source->n ? source->lines[line - 1] : NULL;
}

const char *sources_doubt(struct sources *sources, const char *path, uint64_t recorded_unix_ns) {
        struct source *source = source_of(sources, path);

        if (!source->lines)
                return "source not found";
        return recorded_unix_ns > 0 && source->changed_unix_ns > recorded_unix_ns
                       ? "this file was changed since the recording"
                       : NULL;
}
