/* What a program does that is not recorded, and that the collector should know of, so that it can say so. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "emit/internal.h"

#define PLACES 64 /* a power of two; who has more is told of often enough */
#define PATH_BYTES_MAX 480

/* Places that have been told. One that finds another in its slot takes it, and is told again when it comes back. */
static const void *_Atomic places[PLACES];

void heddle_emit_unseen_wait(const void *caller) {
        const void *_Atomic *place = &places[((uintptr_t) caller * UINT64_C(0x9e3779b97f4a7c15)) >> 32 & (PLACES - 1)];
        struct emit_thread *self = &heddle_emit_self;
        int saved_errno = errno;

        if (atomic_load_explicit(place, memory_order_relaxed) == caller || !emit_begin(self, __builtin_frame_address(0)))
                return;
        emit_modules_tell(self, &caller, 1);
        if (emit_put_meta(self, EV_UNSEEN_WAIT, OBJECT_NONE, 0, record_where((uint64_t) (uintptr_t) caller, 0), 0, NULL, 0))
                atomic_store_explicit(place, caller, memory_order_relaxed);
        emit_end(self);
        errno = saved_errno;
}

/* Also in a child of vfork(), which is this thread as far as its memory goes. */
void heddle_emit_exec(const char *path) {
        struct emit_thread *self = &heddle_emit_self;
        int saved_errno = errno;
        char text[PATH_BYTES_MAX];
        size_t n = 0;

        if (!path || !emit_begin(self, __builtin_frame_address(0)))
                return;
        if (path[0] != '/' && strchr(path, '/') && getcwd(text, sizeof(text) - 1)) {
                n = strlen(text);
                text[n++] = '/';
        }
        strncpy(text + n, path, sizeof(text) - 1 - n);
        text[sizeof(text) - 1] = 0;
        emit_put_meta(self, EV_EXEC, OBJECT_NONE, 0, 0, 0, text, strlen(text) + 1);
        emit_end(self);
        errno = saved_errno;
}
