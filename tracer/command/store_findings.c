#include "command/store_findings.h"

#include <string.h>

static int store_derived(struct store_writer *writer, const struct derived *derived, const struct finding_list *findings, struct fault *ret_fault) {
        int r = store_writer_add_waits(writer, derived->waits, derived->n_waits, ret_fault);

        if (r == 0)
                r = store_writer_add_messages(writer, derived->messages, derived->n_messages, ret_fault);
        if (r == 0)
                r = store_writer_add_lock_edges(writer, derived->edges, derived->n_edges, ret_fault);
        if (r == 0)
                r = store_writer_add_findings(writer, findings, ret_fault);
        return r;
}

int store_findings(struct store_writer *writer, struct event_source *source, const struct catalog *catalog, unsigned what,
                   struct derived *ret_derived, struct finding_list *ret_findings, struct fault *ret_fault) {
        struct finding_list findings = { 0 };
        struct derived derived = { 0 };
        int r = analyse(source, catalog, what, &derived, &findings);

        if (r < 0)
                fault_set(ret_fault, -r, "cannot analyse the trace: %s", strerror(-r));
        else
                r = store_derived(writer, &derived, &findings, ret_fault);
        if (r < 0) {
                derived_finish(&derived);
                finding_list_finish(&findings);
                return r;
        }
        *ret_derived = derived;
        *ret_findings = findings;
        return 0;
}
