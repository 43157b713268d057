/* main waits for the auditor to end while it holds the ledger, and the auditor cannot end without the ledger.
 *
 * verdict: deadlock main auditor ledger.lock
 * exit: 123 */
#include <heddle/heddle.h>

#include <stdio.h>
#include <stdlib.h>

static struct {
        struct heddle_mutex lock;
        long total;
} ledger;

static void *audit(void *data) {
        (void) data;
        HEDDLE_WITH(&ledger.lock)
                printf("the total is %ld\n", ledger.total);
        return NULL;
}

int main(void) {
        heddle_thread *auditor;

        HEDDLE_GUARD guard = heddle_mutex_guard(&ledger.lock);
        ledger.total = 1000;
        if (heddle_spawn("auditor", audit, NULL, &auditor) < 0)
                return EXIT_FAILURE;
        heddle_join(auditor, NULL);
        return EXIT_SUCCESS;
}
