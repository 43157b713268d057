#include "command/suppressions.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/annotations.h"
#include "command/kinds.h"

#define BLANKS " \t\r\n"

static const char *const condition_names[] = { [CONDITION_FUNCTION] = "function", [CONDITION_FILE] = "file", [CONDITION_OBJECT] = "object" };

static void suppression_finish(struct suppression *suppression) {
        for (size_t i = 0; i < suppression->n_conditions; i++)
                free(suppression->conditions[i].pattern);
        free(suppression->conditions);
        free(suppression->file);
        free(suppression->text);
        free(suppression->why);
}

void suppressions_finish(struct suppressions *suppressions) {
        for (size_t i = 0; i < suppressions->n; i++)
                suppression_finish(&suppressions->items[i]);
        free(suppressions->items);
        *suppressions = (struct suppressions) { .command = suppressions->command };
}

int suppressions_add(struct suppressions *suppressions, const struct suppression *suppression) {
        struct suppression *items = reallocarray(suppressions->items, suppressions->n + 1, sizeof(*items));

        if (!items)
                return -ENOMEM;
        suppressions->items = items;
        items[suppressions->n++] = *suppression;
        return 0;
}

/* Reading a file */

/* Where a line is, for what there is to say of it. */
struct place {
        const char *file;
        uint32_t line;
        struct fault *ret_fault;
};

static int out_of_memory(const struct place *at) {
        return fault_set(at->ret_fault, ENOMEM, "not enough memory for %s", at->file);
}

/* For fnmatch(), with brackets and backslashes that mean themselves: "accounts[*].lock", "operator[]". */
static char *make_pattern(const char *word, size_t length) {
        char *pattern = malloc(2 * length + 1), *end = pattern;

        for (size_t i = 0; pattern && i < length; i++) {
                if (word[i] == '[' || word[i] == '\\')
                        *end++ = '\\';
                *end++ = word[i];
        }
        if (pattern)
                *end = '\0';
        return pattern;
}

static int parse_condition(const struct place *at, struct suppression *suppression, const char *word, size_t length) {
        struct condition *conditions;
        size_t n_name = strcspn(word, "="), kind = 0;

        while (kind < 3 && (strlen(condition_names[kind]) != n_name || strncmp(condition_names[kind], word, n_name) != 0))
                kind++;
        if (n_name >= length || kind == 3)
                return fault_set(at->ret_fault, EINVAL, "%s:%" PRIu32 ": \"%.*s\" is no condition; there are function=, file= and object=",
                                 at->file, at->line, (int) length, word);
        if (n_name + 1 == length)
                return fault_set(at->ret_fault, EINVAL, "%s:%" PRIu32 ": %s= needs a pattern behind it", at->file, at->line,
                                 condition_names[kind]);
        conditions = reallocarray(suppression->conditions, suppression->n_conditions + 1, sizeof(*conditions));
        if (!conditions)
                return out_of_memory(at);
        suppression->conditions = conditions;
        conditions[suppression->n_conditions] = (struct condition) { (enum condition_kind) kind, make_pattern(word + n_name + 1, length - n_name - 1) };
        return conditions[suppression->n_conditions++].pattern ? 0 : out_of_memory(at);
}

static int parse_words(const struct place *at, struct suppression *suppression, const char *text) {
        size_t length = strcspn(text, BLANKS);
        bool any_kind = length == 1 && text[0] == '*';
        struct fault fault;
        int r = kinds_parse(text, length, suppression->kinds, &fault);

        if (r < 0)
                return fault_set(at->ret_fault, -r, "%s:%" PRIu32 ": %s", at->file, at->line, fault.message);
        for (text += length; r == 0 && *(text += strspn(text, BLANKS)); text += length) {
                length = strcspn(text, BLANKS);
                r = parse_condition(at, suppression, text, length);
        }
        if (r == 0 && any_kind && suppression->n_conditions == 0)
                r = fault_set(at->ret_fault, EINVAL, "%s:%" PRIu32 ": * alone would hide everything; add function=, file= or object=",
                              at->file, at->line);
        return r;
}

static int parse_line(struct suppressions *suppressions, const struct place *at, const char *text, const char *why) {
        struct suppression suppression = { .file = strdup(at->file), .line = at->line, .text = strdup(text), .why = why ? strdup(why) : NULL };
        int r = suppression.file && suppression.text && (!why || suppression.why) ? parse_words(at, &suppression, text) : out_of_memory(at);

        if (r == 0 && suppressions_add(suppressions, &suppression) < 0)
                r = out_of_memory(at);
        if (r < 0)
                suppression_finish(&suppression);
        return r;
}

/* Takes the blanks off both ends. */
static char *trim(char *text) {
        size_t length;

        text += strspn(text, BLANKS);
        length = strlen(text);
        while (length > 0 && strchr(BLANKS, text[length - 1]))
                text[--length] = '\0';
        return text;
}

static int read_lines(struct suppressions *suppressions, struct place *at, FILE *file) {
        char *line = NULL, *why = NULL; /* the comment right above */
        size_t size = 0;
        int r = 0;

        while (r == 0 && getline(&line, &size, file) >= 0) {
                char *text = trim(line);

                at->line++;
                if (text[0] && text[0] != '#')
                        r = parse_line(suppressions, at, text, why);
                free(why);
                why = text[0] == '#' ? strdup(trim(text + 1)) : NULL;
        }
        if (r == 0 && ferror(file))
                r = fault_set(at->ret_fault, errno ? errno : EIO, "cannot read the suppressions in %s: %s", at->file, strerror(errno));
        free(line);
        free(why);
        return r;
}

int suppressions_read(struct suppressions *suppressions, const char *path, struct fault *ret_fault) {
        struct place at = { .file = path, .ret_fault = ret_fault };
        FILE *file = fopen(path, "re");
        int r;

        if (!file)
                return fault_set(ret_fault, errno, "cannot read the suppressions in %s: %s", path, strerror(errno));
        errno = 0;
        r = read_lines(suppressions, &at, file);
        fclose(file);
        return r;
}

int suppressions_read_defaults(struct suppressions *suppressions, struct fault *ret_fault) {
        const char *names = getenv("HEDDLE_SUPPRESSIONS");
        char *copy = names ? strdup(names) : NULL, *rest = NULL;
        int r = suppressions_read(suppressions, SUPPRESSIONS_DEFAULT_FILE, ret_fault);

        if (r == -ENOENT)
                r = 0;
        if (r == 0 && names && !copy)
                r = fault_set(ret_fault, ENOMEM, "not enough memory");
        for (char *name = copy ? strtok_r(copy, ":", &rest) : NULL; name && r == 0; name = strtok_r(NULL, ":", &rest))
                r = suppressions_read(suppressions, name, ret_fault);
        free(copy);
        return r;
}

/* Matching */

static bool fits(const char *pattern, const char *name) {
        return name && fnmatch(pattern, name, 0) == 0;
}

/* "config.c" and "src/config.c" as well as the whole path. */
static bool fits_file(const char *pattern, const char *path) {
        for (const char *tail = path, *slash; tail; tail = slash ? slash + 1 : NULL) {
                slash = strchr(tail, '/');
                if (fits(pattern, tail))
                        return true;
        }
        return false;
}

static bool fits_stack(const struct condition *condition, const struct stack *stack) {
        for (uint32_t i = 0; i < stack->n_frames; i++)
                if (condition->kind == CONDITION_FUNCTION ? fits(condition->pattern, stack->frames[i].function)
                                                          : fits_file(condition->pattern, stack->frames[i].file))
                        return true;
        return false;
}

/* A witness passes through much that the finding isn't about. */
static bool holds(const struct condition *condition, const struct finding *finding, const struct catalog *catalog) {
        char buffer[CATALOG_NAME_BYTES];

        if (condition->kind == CONDITION_OBJECT) {
                for (size_t i = 0; i < finding->n_objects; i++)
                        if (fits(condition->pattern, catalog_object_name(catalog, finding->objects[i], buffer)))
                                return true;
                return false;
        }
        for (size_t i = 0; i < finding->n_steps; i++)
                if (finding->steps[i].role != STEP_WITNESS && fits_stack(condition, catalog_stack(catalog, finding->steps[i].stack)))
                        return true;
        return false;
}

static bool hides(const struct suppression *suppression, const struct finding *finding, const struct catalog *catalog) {
        if (suppression->is_annotation || !suppression->kinds[finding->kind])
                return false;
        for (size_t i = 0; i < suppression->n_conditions; i++)
                if (!holds(&suppression->conditions[i], finding, catalog))
                        return false;
        return true;
}

/* The index of the suppression that hides it, n where none does, or -ENOMEM. */
static ssize_t find(struct suppressions *suppressions, const struct finding *finding, const struct catalog *catalog, uint64_t began_unix_ns) {
        for (size_t i = 0; i < suppressions->n; i++)
                if (hides(&suppressions->items[i], finding, catalog))
                        return (ssize_t) i;
        return annotations_find(suppressions, finding, catalog, began_unix_ns);
}

int suppressions_sift(struct suppressions *suppressions, const struct finding_list *findings, const struct catalog *catalog,
                      uint64_t began_unix_ns, struct sifted *ret_sifted) {
        struct sifted sifted = {
                .shown.items = calloc(findings->n + 1, sizeof(*sifted.shown.items)),
                .hidden.items = calloc(findings->n + 1, sizeof(*sifted.hidden.items)),
                .hidden_by = calloc(findings->n + 1, sizeof(*sifted.hidden_by)),
        };
        int r = sifted.shown.items && sifted.hidden.items && sifted.hidden_by ? 0 : -ENOMEM;

        for (size_t i = 0; i < findings->n && r == 0; i++) {
                ssize_t by = find(suppressions, &findings->items[i], catalog, began_unix_ns);

                if (by < 0)
                        r = -ENOMEM;
                else if ((size_t) by == suppressions->n)
                        sifted.shown.items[sifted.shown.n++] = findings->items[i];
                else {
                        suppressions->items[by].n_hidden++;
                        sifted.hidden_by[sifted.hidden.n] = (size_t) by;
                        sifted.hidden.items[sifted.hidden.n++] = findings->items[i];
                }
        }
        if (r < 0)
                sifted_finish(&sifted);
        else
                *ret_sifted = sifted;
        return r;
}

void sifted_finish(struct sifted *sifted) {
        free(sifted->shown.items);
        free(sifted->hidden.items);
        free(sifted->hidden_by);
        *sifted = (struct sifted) { 0 };
}
