/* Where something is, in SARIF's words: files as URIs, lines, functions, and what tells one finding from another. */
#pragma once

#include <cjson/cJSON.h>

#include "model/catalog.h"
#include "model/finding.h"

/* Files below the current folder are told relative to it, so that they are found in another checkout too. */
struct sarif_root {
        char *folders[2]; /* the current folder, by its true path, and as the shell calls it (NULL: the same) */
};
#define SARIF_ROOT_ID "%SRCROOT%"
int sarif_root_init(struct sarif_root *root);
void sarif_root_finish(struct sarif_root *root);
/* "file:///home/ada/table/", as the base of what is relative. False when out of memory. */
bool sarif_add_root(cJSON *run, const struct sarif_root *root);

/* Adds {"text": …}, with what SARIF would take for a placeholder written so that it isn't one. */
bool sarif_add_message(cJSON *object, const char *name, const char *text);
/* Fills a location object: the physical one where file and line are known, the function where that is. */
bool sarif_fill_location(cJSON *location, const struct sarif_root *root, const struct frame *frame, const char *message);

/* Two marks of a finding that are the same in every run: made from its kind and its places, with lines and without. */
bool sarif_add_fingerprints(cJSON *result, const struct finding *finding, const struct catalog *catalog);
