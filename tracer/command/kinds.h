/* Lists of kinds of findings, as people write them: "deadlock,lock-order-cycle". */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "model/fault.h"
#include "model/finding.h"

/* Sets those of the first `length` bytes; "*" is all of them. 0, or -EINVAL with a sentence that names what there is. */
int kinds_parse(const char *words, size_t length, bool kinds[static N_FINDING_KINDS], struct fault *ret_fault);
