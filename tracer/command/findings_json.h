/* Findings as `heddle check --json` prints them. */
#pragma once

#include <stdio.h>

#include "command/trace.h"

/* 0 or -ENOMEM. */
int findings_print_json(const struct finding_list *findings, size_t n_suppressed, const struct trace *trace, FILE *out);
