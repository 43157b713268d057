/* {"heddle": SCHEMA, "trace", "complete", "findings": [{"id", "kind", "certainty", "title", "threads", "objects",
 *   "steps": [{"thread", "event", "object", "time_ns", "function", "file", "line", "stack", "role", "ring", "holder"}],
 *   "witness": [a step, …], "advice", "time_ns", "seen", "origins": [{"object", "kind", "type", "made", "function", "file", "line"}]}],
 *   "suppressed": how many findings are not among them}
 * Names stand for threads and objects; null where there is none or it isn't known. Fields are added, never taken away. */
#include "command/findings_json.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>

#include "graph/json.h"
#include "graph/text.h"

static bool add_line(cJSON *object, uint32_t line) {
        return (line > 0 ? cJSON_AddNumberToObject(object, "line", line) : cJSON_AddNullToObject(object, "line")) != NULL;
}

static bool add_thread(cJSON *object, const char *name, const struct catalog *catalog, uint32_t thread) {
        char buffer[CATALOG_NAME_BYTES];

        return json_add_text(object, name, thread ? catalog_thread_name(catalog, thread, buffer) : NULL);
}

static bool add_stack(cJSON *object, const struct stack *stack) {
        cJSON *frames = cJSON_AddArrayToObject(object, "stack");
        bool ok = frames != NULL;

        for (uint32_t i = 0; i < stack->n_frames && ok; i++) {
                const struct frame *frame = &stack->frames[i];
                cJSON *item = cJSON_CreateObject();

                ok = cJSON_AddItemToArray(frames, item) && json_add_text(item, "function", frame->function) &&
                     json_add_text(item, "file", frame->file) && add_line(item, frame->line) && json_add_text(item, "module", frame->module);
        }
        return ok;
}

static bool add_step(cJSON *steps, const struct finding_step *step, const struct catalog *catalog) {
        const struct frame *site = catalog_site(catalog, step->stack);
        cJSON *item = cJSON_CreateObject();
        char buffer[CATALOG_NAME_BYTES];

        return cJSON_AddItemToArray(steps, item) && add_thread(item, "thread", catalog, step->thread) &&
               json_add_text(item, "event", event_info(step->event)->name) &&
               json_add_text(item, "object", step->object ? catalog_object_name(catalog, step->object, buffer) : NULL) &&
               cJSON_AddNumberToObject(item, "time_ns", (double) step->time_ns) &&
               json_add_text(item, "function", site ? site->function : NULL) && json_add_text(item, "file", site ? site->file : NULL) &&
               add_line(item, site ? site->line : 0) && add_stack(item, catalog_stack(catalog, step->stack)) &&
               cJSON_AddStringToObject(item, "role", step_role_name(step->role)) &&
               cJSON_AddNumberToObject(item, "ring", step->ring) && add_thread(item, "holder", catalog, step->holder);
}

static bool add_names(cJSON *finding, const struct finding *from, const struct catalog *catalog) {
        cJSON *threads = cJSON_AddArrayToObject(finding, "threads"), *objects = cJSON_AddArrayToObject(finding, "objects");
        char buffer[CATALOG_NAME_BYTES];
        bool ok = threads && objects;

        for (size_t i = 0; i < from->n_threads + from->n_objects && ok; i++) {
                bool is_thread = i < from->n_threads;
                const char *name = is_thread ? catalog_thread_name(catalog, from->threads[i], buffer)
                                             : catalog_object_name(catalog, from->objects[i - from->n_threads], buffer);
                char *clean = text_clean(name);

                ok = clean && cJSON_AddItemToArray(is_thread ? threads : objects, cJSON_CreateString(clean));
                free(clean);
        }
        return ok;
}

/* What the objects are and where they were made, or, where "made" is false, first used. */
static bool add_origins(cJSON *finding, const struct finding *from, const struct catalog *catalog) {
        cJSON *origins = cJSON_AddArrayToObject(finding, "origins");
        bool ok = origins != NULL;

        for (size_t i = 0; i < from->n_objects && ok; i++) {
                const struct object *object = catalog_object(catalog, from->objects[i]);
                const struct frame *site = catalog_site(catalog, object->created_at);
                char buffer[CATALOG_NAME_BYTES];
                cJSON *item;

                if (object->kind == OBJECT_THREAD) /* which have a list of their own */
                        continue;
                item = cJSON_CreateObject();
                ok = cJSON_AddItemToArray(origins, item) &&
                     json_add_text(item, "object", catalog_object_name(catalog, from->objects[i], buffer)) &&
                     json_add_text(item, "kind", object_kind_name(object->kind)) && json_add_text(item, "type", object->type) &&
                     cJSON_AddBoolToObject(item, "made", object->created_by != 0) &&
                     json_add_text(item, "function", site ? site->function : NULL) &&
                     json_add_text(item, "file", site ? site->file : NULL) && add_line(item, site ? site->line : 0);
        }
        return ok;
}

static bool add_finding(cJSON *findings, const struct finding *finding, const struct catalog *catalog) {
        cJSON *item = cJSON_CreateObject(), *steps, *witness;
        bool ok = cJSON_AddItemToArray(findings, item) && cJSON_AddNumberToObject(item, "id", finding->id) &&
                  cJSON_AddStringToObject(item, "kind", finding_kind_name(finding->kind)) &&
                  cJSON_AddStringToObject(item, "certainty", certainty_name(finding->certainty)) &&
                  json_add_text(item, "title", finding->title) && add_names(item, finding, catalog);

        steps = cJSON_AddArrayToObject(item, "steps");
        witness = cJSON_AddArrayToObject(item, "witness");
        ok = ok && steps && witness;
        for (size_t i = 0; i < finding->n_steps && ok; i++)
                ok = add_step(finding->steps[i].role == STEP_WITNESS ? witness : steps, &finding->steps[i], catalog);
        return ok && json_add_text(item, "advice", finding->advice) &&
               cJSON_AddNumberToObject(item, "time_ns", (double) finding->time_ns) &&
               cJSON_AddNumberToObject(item, "seen", (double) finding->n_seen) && add_origins(item, finding, catalog);
}

static bool fill(cJSON *root, const struct finding_list *findings, size_t n_suppressed, const struct trace *trace) {
        cJSON *list;
        bool ok = cJSON_AddNumberToObject(root, "heddle", STORE_VERSION) && json_add_text(root, "trace", trace->path) &&
                  cJSON_AddBoolToObject(root, "complete", trace_is_complete(trace));

        list = cJSON_AddArrayToObject(root, "findings");
        ok = ok && list;
        for (size_t i = 0; i < findings->n && ok; i++)
                ok = add_finding(list, &findings->items[i], trace->catalog);
        return ok && cJSON_AddNumberToObject(root, "suppressed", (double) n_suppressed);
}

int findings_print_json(const struct finding_list *findings, size_t n_suppressed, const struct trace *trace, FILE *out) {
        cJSON *root = cJSON_CreateObject();
        char *text = root && fill(root, findings, n_suppressed, trace) ? cJSON_Print(root) : NULL;

        if (text)
                fprintf(out, "%s\n", text);
        cJSON_Delete(root);
        cJSON_free(text);
        return text ? 0 : -ENOMEM;
}
