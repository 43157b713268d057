#include "command/kinds.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* "deadlock, lock-order-cycle, …" */
static void list_kinds(size_t n_bytes, char *text) {
        size_t n = 0;

        text[0] = '\0';
        for (unsigned kind = 1; kind < N_FINDING_KINDS && n < n_bytes; kind++)
                n += (size_t) snprintf(text + n, n_bytes - n, "%s%s", kind > 1 ? ", " : "", finding_kind_name(kind));
}

static int set_kind(const char *word, bool *kinds, struct fault *ret_fault) {
        enum finding_kind kind = finding_kind_from_name(word);
        char known[sizeof(ret_fault->message) - 100];

        if (strcmp(word, "*") == 0) {
                memset(kinds, true, N_FINDING_KINDS * sizeof(*kinds));
                return 0;
        }
        list_kinds(sizeof(known), known);
        if (kind == FINDING_NONE)
                return fault_set(ret_fault, EINVAL, "there is no kind \"%s\" of finding; there are %s", word, known);
        kinds[kind] = true;
        return 0;
}

int kinds_parse(const char *words, size_t length, bool kinds[static N_FINDING_KINDS], struct fault *ret_fault) {
        const char *end = words + length;
        int r = 0;

        do {
                size_t n = strcspn(words, ",");
                char word[64];

                n = n < (size_t) (end - words) ? n : (size_t) (end - words);
                snprintf(word, sizeof(word), "%.*s", (int) n, words);
                r = set_kind(word, kinds, ret_fault);
                words += n + 1;
        } while (r == 0 && words <= end);
        return r;
}
