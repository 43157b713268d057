/* Findings that somebody has looked at and does not want to be told again: lines of a file, and comments in the source.
 *
 *     # Only at start, when there is one thread.
 *     lock-order-cycle  function=load_*  file=src/config.c
 *     deadlock,lost-wakeup object=pool.lock
 *     * file=third_party*
 *
 * KIND or KINDS, or * for any, then conditions, each of which has to hold for something of the finding: a call in the stack
 * of a step (function, file), or an object that takes part. In a pattern, * stands for anything and ? for one character;
 * what has no such sign has to be equal. A file's pattern may begin at any of its folders. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command/command.h"
#include "model/catalog.h"
#include "model/fault.h"
#include "model/finding.h"

enum condition_kind { CONDITION_FUNCTION, CONDITION_FILE, CONDITION_OBJECT };

struct suppression {
        char *file;         /* where it is written */
        uint32_t line;
        bool is_annotation; /* in the source */
        char *text;         /* as it is written, without what is around it */
        char *why;          /* the comment; NULL: none */
        bool kinds[N_FINDING_KINDS];
        struct condition {
                enum condition_kind kind;
                char *pattern; /* for fnmatch() */
        } *conditions;
        size_t n_conditions;
        size_t n_hidden;    /* how many findings it has hidden */
};

struct suppressions {
        const struct command *command; /* which tells what is wrong with an annotation */
        struct suppression *items;
        size_t n;
        size_t n_stale;     /* annotations that were not followed, since their file is newer than the recording */
};

#define SUPPRESSIONS_DEFAULT_FILE ".heddle-suppressions"

/* 0, or a negative errno with a sentence that has file and line. */
int suppressions_read(struct suppressions *suppressions, const char *path, struct fault *ret_fault);
/* What holds without being asked for: the file above in the current folder, if it is there, and those that the
 * environment's HEDDLE_SUPPRESSIONS names, with colons between them. */
int suppressions_read_defaults(struct suppressions *suppressions, struct fault *ret_fault);
void suppressions_finish(struct suppressions *suppressions);

/* Findings, sorted out. Both lists borrow from the one they were made of. */
struct sifted {
        struct finding_list shown, hidden;
        size_t *hidden_by; /* which suppression, of each hidden one */
};
/* `began_unix_ns`: when the program was recorded; annotations in files that are newer do not count. 0 or -ENOMEM. */
int suppressions_sift(struct suppressions *suppressions, const struct finding_list *findings, const struct catalog *catalog,
                      uint64_t began_unix_ns, struct sifted *ret_sifted);
void sifted_finish(struct sifted *sifted);
