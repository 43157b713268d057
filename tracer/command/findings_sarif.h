/* Findings as `heddle check --sarif` prints them: SARIF 2.1.0, which code hosts show on the lines of a change. */
#pragma once

#include <stdio.h>

#include "command/trace.h"

/* 0 or -ENOMEM. */
int findings_print_sarif(const struct finding_list *findings, const struct trace *trace, FILE *out);
