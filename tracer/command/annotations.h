/* Suppressions that stand in the source, as comments on the line of a step of a finding, or on a line of their own above it:
 *
 *     pthread_mutex_lock(&b); // heddle: allow lock-order-cycle only before the threads start
 *
 * A file that was changed after the recording may have other lines there: what it says is not followed, and that is told. */
#pragma once

#include <sys/types.h>

#include "command/suppressions.h"

/* The index of the suppression, which is added where it is new; suppressions->n where there is none; or -ENOMEM. */
ssize_t annotations_find(struct suppressions *suppressions, const struct finding *finding, const struct catalog *catalog, uint64_t began_unix_ns);

/* Takes over what the suppression owns. 0 or -ENOMEM. */
int suppressions_add(struct suppressions *suppressions, const struct suppression *suppression);
