/* A picture of the window without a user. */
#pragma once

#include "window.h"

/* Renders the window as it is now. NULL with a sentence when that failed. */
GdkTexture *screenshot_take(HeddleWindow *window, GError **ret_error);
/* The same, to a file. FALSE with a sentence when the picture could not be made or written. */
gboolean screenshot_save(HeddleWindow *window, const char *path, GError **ret_error);
/* Calls `ready` once the window has come to rest: nothing is being made any more, and it was drawn since. */
void screenshot_when_settled(HeddleWindow *window, GSourceFunc ready, void *data);
