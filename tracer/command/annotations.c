#include "command/annotations.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command/kinds.h"
#include "model/source.h"

/* The words behind "heddle: allow" in a comment of a line, or NULL. */
static const char *words_of(const char *line) {
        const char *mark = strstr(line, "heddle: allow "), *slash;

        if (!mark)
                return NULL;
        slash = strstr(line, "//") ?: strstr(line, "/*");
        if (line[0] != '*' && (!slash || slash > mark))
                return NULL;
        mark += strlen("heddle: allow ");
        return mark + strspn(mark, " ");
}

/* A comment and nothing else: what stands above a line and has code of its own speaks of that. */
static bool is_comment(const char *line) {
        return strncmp(line, "//", 2) == 0 || strncmp(line, "/*", 2) == 0 || line[0] == '*';
}

static bool is_newer(const char *path, uint64_t unix_ns) {
        struct stat st;

        return stat(path, &st) < 0 || (uint64_t) st.st_mtim.tv_sec * 1000000000 + (uint64_t) st.st_mtim.tv_nsec > unix_ns;
}

static ssize_t find_known(const struct suppressions *suppressions, const char *file, uint32_t line) {
        for (size_t i = 0; i < suppressions->n; i++)
                if (suppressions->items[i].is_annotation && suppressions->items[i].line == line && strcmp(suppressions->items[i].file, file) == 0)
                        return (ssize_t) i;
        return -ENOENT;
}

static char *copy_why(const char *words) {
        size_t length = strlen(words);

        if (length >= 2 && strcmp(words + length - 2, "*/") == 0)
                length -= 2;
        while (length > 0 && isspace((unsigned char) words[length - 1]))
                length--;
        return strndup(words, length);
}

/* Kept also where it is wrong, without any kind, so that it is told once. */
static ssize_t add(struct suppressions *suppressions, const char *file, uint32_t line, const char *words) {
        size_t length = words[0] == '*' ? 1 : strcspn(words, " \t*.:;");
        size_t n_kinds = length > 0 && words[length - 1] == ',' ? length - 1 : length; /* "allow lock-leak, since …" */
        struct suppression annotation = { .file = strdup(file), .line = line, .is_annotation = true, .text = strndup(words, n_kinds) };
        const char *why = words + length + strspn(words + length, " \t,.:;");
        struct fault fault;

        annotation.why = copy_why(why);
        if (!annotation.file || !annotation.text || !annotation.why || suppressions_add(suppressions, &annotation) < 0) {
                free(annotation.file);
                free(annotation.text);
                free(annotation.why);
                return -ENOMEM;
        }
        if (kinds_parse(words, n_kinds, suppressions->items[suppressions->n - 1].kinds, &fault) < 0)
                command_fail(suppressions->command, 0, "%s:%" PRIu32 ": %s", file, line, fault.message);
        return (ssize_t) suppressions->n - 1;
}

/* As annotations_find(), of one line, with -ENOENT where there is no annotation for it. */
static ssize_t look_at(struct suppressions *suppressions, const struct finding *finding, const char *file, uint32_t line, bool is_above,
                       uint64_t began_unix_ns) {
        char text[SOURCE_BYTES];
        const char *words = source_line(file, line, text) && (!is_above || is_comment(text)) ? words_of(text) : NULL;
        ssize_t at;

        if (!words)
                return -ENOENT;
        if (is_newer(file, began_unix_ns)) {
                if (suppressions->n_stale++ == 0)
                        command_fail(suppressions->command, 0, "%s has changed since the recording, so that the annotations in it do not count",
                                     file);
                return -ENOENT;
        }
        at = find_known(suppressions, file, line);
        if (at == -ENOENT)
                at = add(suppressions, file, line, words);
        return at < 0 || suppressions->items[at].kinds[finding->kind] ? at : -ENOENT;
}

ssize_t annotations_find(struct suppressions *suppressions, const struct finding *finding, const struct catalog *catalog, uint64_t began_unix_ns) {
        for (size_t i = 0; i < finding->n_steps; i++) {
                const struct finding_step *step = &finding->steps[i];
                const struct frame *site = catalog_site(catalog, step->stack);
                ssize_t at = -ENOENT;

                if (step->role == STEP_WITNESS || !site || !site->file || site->line == 0)
                        continue;
                at = look_at(suppressions, finding, site->file, site->line, false, began_unix_ns);
                if (at == -ENOENT && site->line > 1)
                        at = look_at(suppressions, finding, site->file, site->line - 1, true, began_unix_ns);
                if (at != -ENOENT)
                        return at;
        }
        return (ssize_t) suppressions->n;
}
