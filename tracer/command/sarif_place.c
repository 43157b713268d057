#include "command/sarif_place.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/json.h"

/* Files */

int sarif_root_init(struct sarif_root *root) {
        char *by_shell;

        *root = (struct sarif_root) { .folders[0] = getcwd(NULL, 0) };
        if (!root->folders[0])
                return errno == ENOMEM ? -ENOMEM : 0; /* the folder is gone: then nothing lies in it */
        by_shell = get_current_dir_name(); /* with symbolic links in it, as compilers note it */
        if (by_shell && strcmp(by_shell, root->folders[0]) != 0)
                root->folders[1] = by_shell;
        else
                free(by_shell);
        return 0;
}

void sarif_root_finish(struct sarif_root *root) {
        free(root->folders[0]);
        free(root->folders[1]);
}

/* The part of an absolute path below the current folder, or NULL. */
static const char *below_root(const struct sarif_root *root, const char *path) {
        for (size_t i = 0; i < 2; i++) {
                size_t n = root->folders[i] ? strlen(root->folders[i]) : 0;

                if (n > 1 && strncmp(path, root->folders[i], n) == 0 && path[n] == '/' && path[n + 1])
                        return path + n + 1;
        }
        return NULL;
}

/* A path with everything else than letters, digits and the few signs that mean nothing in a URI written as %XX. */
static char *uri_of(const char *scheme, const char *path, const char *end) {
        static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
        size_t size;
        char *text = NULL;
        FILE *stream = open_memstream(&text, &size);

        if (!stream)
                return NULL;
        fputs(scheme, stream);
        for (; *path; path++)
                fprintf(stream, strchr(plain, *path) ? "%c" : "%%%02X", (unsigned char) *path);
        fputs(end, stream);
        if (fclose(stream) == 0)
                return text;
        free(text);
        return NULL;
}

bool sarif_add_root(cJSON *run, const struct sarif_root *root) {
        cJSON *bases, *base;
        char *uri;
        bool ok;

        if (!root->folders[0])
                return true;
        bases = cJSON_AddObjectToObject(run, "originalUriBaseIds");
        base = bases ? cJSON_AddObjectToObject(bases, SARIF_ROOT_ID) : NULL;
        uri = uri_of("file://", root->folders[0], root->folders[0][1] ? "/" : "");
        ok = base && uri && cJSON_AddStringToObject(base, "uri", uri);
        free(uri);
        return ok;
}

/* A relative path is as the compiler was given it; relative to what, only who compiled it knows. */
static bool add_artifact(cJSON *physical, const struct sarif_root *root, const char *path) {
        cJSON *artifact = cJSON_AddObjectToObject(physical, "artifactLocation");
        const char *below = below_root(root, path);
        char *uri = below ? uri_of("", below, "") : uri_of(path[0] == '/' ? "file://" : "", path, "");
        bool ok = artifact && uri && cJSON_AddStringToObject(artifact, "uri", uri) &&
                  (!below || cJSON_AddStringToObject(artifact, "uriBaseId", SARIF_ROOT_ID));

        free(uri);
        return ok;
}

/* Locations */

bool sarif_add_message(cJSON *object, const char *name, const char *text) {
        cJSON *message = cJSON_AddObjectToObject(object, name);
        char *doubled = malloc(2 * strlen(text) + 1), *end = doubled;
        bool ok;

        for (; doubled && *text; text++) {
                *end++ = *text;
                if (*text == '{' || *text == '}')
                        *end++ = *text;
        }
        if (doubled)
                *end = '\0';
        ok = message && doubled && json_add_text(message, "text", doubled);
        free(doubled);
        return ok;
}

static bool add_physical(cJSON *location, const struct sarif_root *root, const struct frame *frame) {
        cJSON *physical = cJSON_AddObjectToObject(location, "physicalLocation"), *region;

        if (!physical || !add_artifact(physical, root, frame->file))
                return false;
        if (frame->line == 0)
                return true;
        region = cJSON_AddObjectToObject(physical, "region");
        return region && cJSON_AddNumberToObject(region, "startLine", frame->line);
}

static bool add_function(cJSON *location, const struct frame *frame) {
        cJSON *list = cJSON_AddArrayToObject(location, "logicalLocations"), *function = cJSON_CreateObject();

        return cJSON_AddItemToArray(list, function) && json_add_text(function, "fullyQualifiedName", frame->function) &&
               cJSON_AddStringToObject(function, "kind", "function");
}

bool sarif_fill_location(cJSON *location, const struct sarif_root *root, const struct frame *frame, const char *message) {
        bool ok = location != NULL;

        if (ok && frame && frame->file && frame->file[0])
                ok = add_physical(location, root, frame);
        if (ok && frame && frame->function)
                ok = add_function(location, frame);
        return ok && (!message || sarif_add_message(location, "message", message));
}

/* Fingerprints */

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

/* FNV-1a. It is kept in other people's databases, so it never changes: that of analysis/hash.h may. */
static uint64_t mark_text(uint64_t mark, const char *text) {
        do
                mark = (mark ^ (unsigned char) *text) * FNV_PRIME;
        while (*text++);
        return mark;
}

static const char *base_name(const char *path) {
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

/* Files without their folders: the same wherever they were compiled, and wherever this is called. */
static uint64_t mark_step(const struct finding_step *step, const struct catalog *catalog, bool with_lines) {
        const struct frame *site = catalog_site(catalog, step->stack);
        char line[16];
        uint64_t mark;

        snprintf(line, sizeof(line), "%" PRIu32, site && with_lines ? site->line : 0);
        mark = mark_text(FNV_BASIS, event_info(step->event)->name ?: "");
        if (site && site->file)
                mark = mark_text(mark, base_name(site->file));
        else if (site && site->module)
                mark = mark_text(mark, base_name(site->module));
        return mark_text(mark_text(mark, site && site->function ? site->function : ""), line);
}

/* Who queues behind a ring, and which way the witness takes, is different every time. */
static bool tells_apart(const struct finding *finding, const struct finding_step *step) {
        return step->role != STEP_WITNESS && step->role != STEP_QUEUES && (finding->n_rings == 0 || step->ring > 0);
}

static int compare_marks(const void *left, const void *right) {
        uint64_t a = *(const uint64_t *) left, b = *(const uint64_t *) right;

        return (a > b) - (a < b);
}

/* Steps are a set: which thread comes first is chance. */
static uint64_t mark_places(const struct finding *finding, const struct catalog *catalog, uint64_t *marks, bool with_lines) {
        uint64_t mark = mark_text(FNV_BASIS, finding_kind_name(finding->kind));
        size_t n = 0;

        for (size_t i = 0; i < finding->n_steps; i++)
                if (tells_apart(finding, &finding->steps[i]))
                        marks[n++] = mark_step(&finding->steps[i], catalog, with_lines);
        if (n > 0)
                qsort(marks, n, sizeof(*marks), compare_marks);
        for (size_t i = 0; i < n; i++)
                if (i == 0 || marks[i] != marks[i - 1])
                        mark = (mark ^ marks[i]) * FNV_PRIME;
        return mark;
}

bool sarif_add_fingerprints(cJSON *result, const struct finding *finding, const struct catalog *catalog) {
        cJSON *prints = cJSON_AddObjectToObject(result, "partialFingerprints");
        uint64_t *marks = calloc(finding->n_steps + 1, sizeof(*marks));
        bool ok = prints && marks;

        for (int with_lines = 0; with_lines < 2 && ok; with_lines++) {
                char text[20];

                snprintf(text, sizeof(text), "%016" PRIx64, mark_places(finding, catalog, marks, with_lines));
                ok = cJSON_AddStringToObject(prints, with_lines ? "heddleLines/v1" : "heddleFunctions/v1", text);
        }
        free(marks);
        return ok;
}
