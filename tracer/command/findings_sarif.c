/* One run with a rule for each kind of finding and a result for each finding. The first place is where the host shows it;
 * the others are related. Two flows of code, one thread flow for each thread: what the steps are, and the schedule that leads
 * there, in which `executionOrder` says how the threads take turns. */
#include "command/findings_sarif.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command/config.h"
#include "command/sarif_place.h"
#include "graph/json.h"

#define SCHEMA "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
#define SENTENCE_BYTES 640

struct sarif {
        const struct trace *trace;
        const struct catalog *catalog;
        struct sarif_root root;
};

/* Rules */

static const char *level_of(enum finding_kind kind) {
        static const char *const levels[] = { [SEVERITY_NOTE] = "note", [SEVERITY_WARNING] = "warning", [SEVERITY_ERROR] = "error" };

        return levels[finding_kind_severity(kind)];
}

static bool add_rule(cJSON *rules, enum finding_kind kind) {
        cJSON *rule = cJSON_CreateObject(), *configuration;

        if (!cJSON_AddItemToArray(rules, rule))
                return false;
        configuration = cJSON_AddObjectToObject(rule, "defaultConfiguration");
        return configuration && cJSON_AddStringToObject(rule, "id", finding_kind_name(kind)) &&
               cJSON_AddStringToObject(configuration, "level", level_of(kind)) &&
               sarif_add_message(rule, "shortDescription", finding_kind_headline(kind)) &&
               sarif_add_message(rule, "fullDescription", finding_kind_meaning(kind)) &&
               sarif_add_message(rule, "help", finding_kind_meaning(kind));
}

static bool add_tool(cJSON *run) {
        cJSON *tool = cJSON_AddObjectToObject(run, "tool"), *driver = tool ? cJSON_AddObjectToObject(tool, "driver") : NULL;
        cJSON *rules = driver ? cJSON_AddArrayToObject(driver, "rules") : NULL;
        bool ok = rules && cJSON_AddStringToObject(driver, "name", "Heddle") &&
                  cJSON_AddStringToObject(driver, "semanticVersion", HEDDLE_VERSION);

        for (unsigned kind = 1; kind < N_FINDING_KINDS && ok; kind++)
                ok = add_rule(rules, (enum finding_kind) kind);
        return ok;
}

/* Steps */

/* "Plato waits for forks[1], held by Kant" */
static const char *tell_step(const struct sarif *sarif, const struct finding_step *step, char text[static SENTENCE_BYTES]) {
        char thread[CATALOG_LABEL_BYTES], object[CATALOG_NAME_BYTES], holder[CATALOG_LABEL_BYTES];
        bool is_held = step->role != STEP_WITNESS && step->event == EV_LOCK_WAIT && step->holder != 0;
        int n;

        n = snprintf(text, SENTENCE_BYTES, "%.*s %s", SENTENCE_BYTES / 4, catalog_thread_label(sarif->catalog, step->thread, thread),
                     event_info(step->event)->phrase ?: "?");
        if (step->object != 0 && catalog_object_thread(sarif->catalog, step->object) != step->thread)
                n += snprintf(text + n, (size_t) (SENTENCE_BYTES - n), " %.*s", SENTENCE_BYTES / 4,
                              catalog_object_name(sarif->catalog, step->object, object));
        if (is_held)
                snprintf(text + n, (size_t) (SENTENCE_BYTES - n), ", held by %.*s", SENTENCE_BYTES / 4,
                         catalog_thread_label(sarif->catalog, step->holder, holder));
        return text;
}

static bool fill_step_location(const struct sarif *sarif, cJSON *location, const struct finding_step *step) {
        char sentence[SENTENCE_BYTES];

        return sarif_fill_location(location, &sarif->root, catalog_site(sarif->catalog, step->stack), tell_step(sarif, step, sentence));
}

/* The place of a finding: of the first wait that its source is known of, else of any such step, else of the first. */
static const struct finding_step *main_step(const struct sarif *sarif, const struct finding *finding) {
        const struct finding_step *best = finding->n_steps > 0 ? &finding->steps[0] : NULL;
        int best_value = 0;

        for (size_t i = 0; i < finding->n_steps; i++) {
                const struct finding_step *step = &finding->steps[i];
                const struct frame *site = catalog_site(sarif->catalog, step->stack);
                int value = site && site->file ? 1 + (step->role != STEP_WITNESS) + (step->role == STEP_WAITS) : 0;

                if (value > best_value) {
                        best = step;
                        best_value = value;
                }
        }
        return best;
}

static bool add_locations(const struct sarif *sarif, cJSON *result, const struct finding *finding) {
        const struct finding_step *first = main_step(sarif, finding);
        cJSON *list = cJSON_AddArrayToObject(result, "locations"), *related = cJSON_AddArrayToObject(result, "relatedLocations");
        bool ok = list && related;

        for (size_t i = 0; i < finding->n_steps && ok; i++) {
                const struct finding_step *step = &finding->steps[i];
                cJSON *location;

                if (step != first && step->role == STEP_WITNESS)
                        continue;
                location = cJSON_CreateObject();
                ok = cJSON_AddItemToArray(step == first ? list : related, location) && fill_step_location(sarif, location, step) &&
                     (step == first || cJSON_AddNumberToObject(location, "id", (double) i + 1));
        }
        return ok;
}

/* Flows */

static bool add_stack(const struct sarif *sarif, cJSON *flow_step, const struct finding_step *step) {
        const struct stack *stack = catalog_stack(sarif->catalog, step->stack);
        cJSON *item, *frames;
        bool ok;

        if (stack->n_frames < 2)
                return true;
        item = cJSON_AddObjectToObject(flow_step, "stack");
        frames = item ? cJSON_AddArrayToObject(item, "frames") : NULL;
        ok = frames != NULL;
        for (uint32_t i = 0; i < stack->n_frames && ok; i++) {
                cJSON *frame = cJSON_CreateObject();

                ok = cJSON_AddItemToArray(frames, frame) &&
                     sarif_fill_location(cJSON_AddObjectToObject(frame, "location"), &sarif->root, &stack->frames[i], NULL);
        }
        return ok;
}

static bool add_flow_step(const struct sarif *sarif, cJSON *steps, const struct finding_step *step, unsigned order) {
        cJSON *item = cJSON_CreateObject();

        return cJSON_AddItemToArray(steps, item) && fill_step_location(sarif, cJSON_AddObjectToObject(item, "location"), step) &&
               add_stack(sarif, item, step) && cJSON_AddNumberToObject(item, "executionOrder", order);
}

/* That of a thread, made by its first step. */
static cJSON *thread_flow(const struct sarif *sarif, cJSON *flows, const struct finding_step *step) {
        char id[32], label[CATALOG_LABEL_BYTES];
        cJSON *flow;

        snprintf(id, sizeof(id), "thread %u", step->thread);
        cJSON_ArrayForEach(flow, flows)
                if (strcmp(cJSON_GetObjectItem(flow, "id")->valuestring, id) == 0)
                        return cJSON_GetObjectItem(flow, "locations");
        flow = cJSON_CreateObject();
        if (!cJSON_AddItemToArray(flows, flow) || !cJSON_AddStringToObject(flow, "id", id) ||
            !sarif_add_message(flow, "message", catalog_thread_label(sarif->catalog, step->thread, label)))
                return NULL;
        return cJSON_AddArrayToObject(flow, "locations");
}

static bool is_of_flow(const struct finding_step *step, bool is_witness) {
        return (step->role == STEP_WITNESS) == is_witness;
}

static bool has_flow(const struct finding *finding, bool is_witness) {
        for (size_t i = 0; i < finding->n_steps; i++)
                if (is_of_flow(&finding->steps[i], is_witness))
                        return true;
        return false;
}

static int compare_times(const void *left, const void *right) {
        const struct finding_step *const *a = left, *const *b = right;

        if ((*a)->time_ns != (*b)->time_ns)
                return (*a)->time_ns < (*b)->time_ns ? -1 : 1;
        return ((*a)->event_id > (*b)->event_id) - ((*a)->event_id < (*b)->event_id);
}

/* What was seen goes in the order of time; a witness comes in the order of its schedule. */
static bool fill_flow(const struct sarif *sarif, cJSON *flows, const struct finding *finding, bool is_witness) {
        const struct finding_step **steps = calloc(finding->n_steps + 1, sizeof(const struct finding_step *));
        bool ok = steps != NULL;
        unsigned n = 0;

        for (size_t i = 0; i < finding->n_steps && ok; i++)
                if (is_of_flow(&finding->steps[i], is_witness))
                        steps[n++] = &finding->steps[i];
        if (ok && !is_witness)
                qsort(steps, n, sizeof(*steps), compare_times);
        for (unsigned i = 0; i < n && ok; i++) {
                cJSON *locations = thread_flow(sarif, flows, steps[i]);

                ok = locations && add_flow_step(sarif, locations, steps[i], i + 1);
        }
        free(steps);
        return ok;
}

static bool add_flow(const struct sarif *sarif, cJSON *code_flows, const struct finding *finding, bool is_witness) {
        cJSON *flow, *threads;

        if (!has_flow(finding, is_witness))
                return true;
        flow = cJSON_CreateObject();
        if (!cJSON_AddItemToArray(code_flows, flow) ||
            !sarif_add_message(flow, "message", is_witness ? "A schedule that leads there" : "What the threads did"))
                return false;
        threads = cJSON_AddArrayToObject(flow, "threadFlows");
        return threads && fill_flow(sarif, threads, finding, is_witness);
}

static bool add_flows(const struct sarif *sarif, cJSON *result, const struct finding *finding) {
        cJSON *flows = cJSON_AddArrayToObject(result, "codeFlows");

        return flows && add_flow(sarif, flows, finding, false) && add_flow(sarif, flows, finding, true);
}

/* Results */

/* The sentence and the advice: hosts show nothing else beside the line. */
static bool add_words(cJSON *result, const struct finding *finding) {
        char *words = NULL;
        const char *title = finding->title ? finding->title : finding_kind_headline(finding->kind);
        bool ok = asprintf(&words, "%s%s%s", title, finding->advice ? " What to do: " : "", finding->advice ?: "") >= 0 &&
                  sarif_add_message(result, "message", words);

        free(words);
        return ok;
}

/* An empty list says that somebody asked and it is not suppressed. */
static bool add_suppression(const struct sarif *sarif, cJSON *result, const struct suppression *suppression) {
        cJSON *list = cJSON_AddArrayToObject(result, "suppressions"), *item;
        struct frame place;

        if (!list || !suppression)
                return list != NULL;
        item = cJSON_CreateObject();
        place = (struct frame) { .file = suppression->file, .line = suppression->line };
        return cJSON_AddItemToArray(list, item) && cJSON_AddStringToObject(item, "kind", suppression->is_annotation ? "inSource" : "external") &&
               (!suppression->why || json_add_text(item, "justification", suppression->why)) &&
               sarif_fill_location(cJSON_AddObjectToObject(item, "location"), &sarif->root, &place, NULL);
}

static bool add_result(const struct sarif *sarif, cJSON *results, const struct finding *finding, const struct suppression *suppression) {
        cJSON *result = cJSON_CreateObject(), *properties;

        if (!cJSON_AddItemToArray(results, result) || !cJSON_AddStringToObject(result, "ruleId", finding_kind_name(finding->kind)) ||
            !cJSON_AddNumberToObject(result, "ruleIndex", (double) finding->kind - 1) ||
            !cJSON_AddStringToObject(result, "level", level_of(finding->kind)) || !add_words(result, finding) ||
            !add_locations(sarif, result, finding) || !add_flows(sarif, result, finding) ||
            !sarif_add_fingerprints(result, finding, sarif->catalog) || !add_suppression(sarif, result, suppression))
                return false;
        properties = cJSON_AddObjectToObject(result, "properties");
        return properties && cJSON_AddStringToObject(properties, "certainty", certainty_name(finding->certainty)) &&
               cJSON_AddNumberToObject(properties, "seen", (double) finding->n_seen);
}

/* That the tool ran, and what it could not see. */
static bool add_invocation(const struct sarif *sarif, cJSON *run) {
        cJSON *list = cJSON_AddArrayToObject(run, "invocations"), *invocation = cJSON_CreateObject(), *remarks, *remark;
        char reason[TRACE_REASON_BYTES];

        if (!cJSON_AddItemToArray(list, invocation) || !cJSON_AddTrueToObject(invocation, "executionSuccessful"))
                return false;
        trace_incomplete_reason(sarif->trace, reason);
        if (!reason[0])
                return true;
        remarks = cJSON_AddArrayToObject(invocation, "toolExecutionNotifications");
        remark = cJSON_CreateObject();
        return cJSON_AddItemToArray(remarks, remark) && cJSON_AddStringToObject(remark, "level", "warning") &&
               sarif_add_message(remark, "message", reason);
}

static bool fill(const struct sarif *sarif, cJSON *log, const struct sifted *sifted, const struct suppressions *suppressions) {
        cJSON *runs, *run = cJSON_CreateObject(), *results;
        bool ok = cJSON_AddStringToObject(log, "$schema", SCHEMA) && cJSON_AddStringToObject(log, "version", "2.1.0");

        runs = cJSON_AddArrayToObject(log, "runs");
        if (!cJSON_AddItemToArray(runs, run) || !ok || !add_tool(run) || !add_invocation(sarif, run) || !sarif_add_root(run, &sarif->root))
                return false;
        results = cJSON_AddArrayToObject(run, "results");
        ok = results != NULL;
        for (size_t i = 0; i < sifted->shown.n && ok; i++)
                ok = add_result(sarif, results, &sifted->shown.items[i], NULL);
        for (size_t i = 0; i < sifted->hidden.n && ok; i++)
                ok = add_result(sarif, results, &sifted->hidden.items[i], &suppressions->items[sifted->hidden_by[i]]);
        return ok;
}

int findings_print_sarif(const struct sifted *sifted, const struct suppressions *suppressions, const struct trace *trace, FILE *out) {
        struct sarif sarif = { .trace = trace, .catalog = trace->catalog };
        cJSON *log = cJSON_CreateObject();
        char *text = NULL;

        if (sarif_root_init(&sarif.root) == 0 && log && fill(&sarif, log, sifted, suppressions))
                text = cJSON_Print(log);
        if (text)
                fprintf(out, "%s\n", text);
        sarif_root_finish(&sarif.root);
        cJSON_Delete(log);
        cJSON_free(text);
        return text ? 0 : -ENOMEM;
}
