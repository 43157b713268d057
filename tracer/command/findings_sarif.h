/* Findings as `heddle check --sarif` prints them: SARIF 2.1.0, which code hosts show on the lines of a change. */
#pragma once

#include <stdio.h>

#include "command/suppressions.h"
#include "command/trace.h"

/* Those that are hidden too, marked as SARIF does it. 0 or -ENOMEM. */
int findings_print_sarif(const struct sifted *sifted, const struct suppressions *suppressions, const struct trace *trace, FILE *out);
