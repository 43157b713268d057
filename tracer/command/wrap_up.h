/* What `heddle run` does once the program has ended: the rest of the records, names, analyses, and the finished file. */
#pragma once

#include "collect/collector.h"
#include "model/finding.h"

/* Shows progress on standard error where that is a terminal and it takes more than a second. Returns 0 with what was found
 * (for the caller to finish), or a negative errno with its sentence; the file then keeps what it has. */
int wrap_up(struct collector *collector, struct finding_list *ret_findings, struct fault *ret_fault);
