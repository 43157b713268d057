/* Loads a trace in a worker, with progress. */
#pragma once

#include <gio/gio.h>

#include "model/timeline.h"

#define HEDDLE_LOAD_ERROR (heddle_load_error_quark())
GQuark heddle_load_error_quark(void); /* codes are errno values; the message is one sentence */

/* Called in the main thread. */
typedef void (*loader_progress)(double part, const char *words, void *data);

/* `progress` is not called any more once `done` was, or after `cancellable` was cancelled. */
void loader_start(const char *path, GCancellable *cancellable, loader_progress progress, GAsyncReadyCallback done,
                  void *data);
gboolean loader_finish(GAsyncResult *result, struct trace **ret_trace, struct timeline **ret_timeline,
                       GError **ret_error);
