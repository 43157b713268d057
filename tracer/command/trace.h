/* A trace as the subcommands see it: opened with the reason told where it can't be, read with progress shown, analysed. */
#pragma once

#include "analysis/analysis.h"
#include "command/command.h"
#include "store/store.h"

#define TRACE_REASON_BYTES 512

struct trace {
        const char *path;
        struct store_reader *reader;
        const struct catalog *catalog;
        const struct recording *recording;
        uint64_t n_events;
        char told[TRACE_REASON_BYTES]; /* by trace_warn() */
};

/* 0, or EXIT_NO_TRACE with the reason told. */
int trace_open(const struct command *command, const char *path, struct trace *ret_trace);
void trace_close(struct trace *trace);

/* By what is known so far: damage among the events shows only when they are read. */
bool trace_is_complete(const struct trace *trace);
/* Why it isn't complete, in one sentence, written to `text`: "the recording did not come to its end". Empty when it is. */
void trace_incomplete_reason(const struct trace *trace, char text[static TRACE_REASON_BYTES]);
/* Says on standard error that what is printed may lack something. Nothing for a complete trace, and nothing twice: call it
 * before printing, and again when everything has been read. */
void trace_warn(const struct command *command, struct trace *trace);

/* Visits every event in order, until the end or until it returns false. On a terminal, shows progress once a second has passed.
 * 0, or EXIT_NO_TRACE with the reason told. */
typedef bool trace_visit(const struct event *event, uint64_t id, void *data);
int trace_for_each(const struct command *command, struct trace *trace, trace_visit *visit, void *data);

/* Analyses the events again, whatever was found when it was recorded; `what` is of enum analyse_what. 0, or EXIT_NO_TRACE with the reason told. */
int trace_analyse(const struct command *command, struct trace *trace, unsigned what, struct derived *ret_derived, struct finding_list *ret_findings);
