/* What the program did that Heddle does not record, told: one sentence each of what it is, why, and what to do. */
#pragma once

#include "analysis/analysis.h"
#include "collect/unseen.h"
#include "model/catalog.h"

/* The sentences, one a line, for the caller to free; NULL where there is nothing to tell. */
char *unseen_tell(const struct catalog *catalog, const struct unseen *unseen, const struct derived *derived);
