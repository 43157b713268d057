/* The frames of stacks: looked up, then cut to what the program's author wrote. Inside, Heddle's own libraries and the
 * headers of the C++ library are cut away, so that a stack begins where the program asked for the lock; outside, what
 * called main() or the thread's function; and what of ours lies in between. The recorded addresses stay in the trace, whole. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/symboliser.h"

struct frames {
        IMAGE_ARRAY(struct frame, items);
};

static void frame_finish(struct frame *frame) {
        free(frame->function);
        free(frame->file);
        free(frame->module);
}

static void frames_finish(struct frames *frames) {
        for (size_t i = 0; i < frames->n_items; i++)
                frame_finish(&frames->items[i]);
        free(frames->items);
}

/* ---- looking up ---- */

static int copy_text(const char *text, char **ret_copy) {
        *ret_copy = text ? strdup(text) : NULL;
        return text && !*ret_copy ? -ENOMEM : 0;
}

static int add_frame(struct frames *frames, uint64_t address, const struct place *place, const char *module) {
        struct frame *frame;

        if (IMAGE_RESERVE(frames, items) < 0)
                return -ENOMEM;
        frame = &frames->items[frames->n_items++];
        *frame = (struct frame){ .address = address, .line = place->line };
        if (copy_text(place->function, &frame->function) < 0 || copy_text(place->file, &frame->file) < 0 ||
            copy_text(module, &frame->module) < 0)
                return -ENOMEM;
        return 0;
}

/* A recorded address is the one a call returns to; the call itself lies before it, maybe on another line. */
static int add_frames_at(struct symboliser *symboliser, uint32_t process, uint64_t address, struct frames *frames) {
        uint64_t call = address > 0 ? address - 1 : 0;
        const struct mapping *mapping = symboliser_mapping(symboliser, process, call);
        const struct places *places;
        struct image *image;
        int r;

        if (!mapping)
                return add_frame(frames, address, &(struct place){ 0 }, NULL);
        r = symboliser_image(symboliser, mapping, &image);
        if (r == 0)
                r = image_places(image, call - mapping->bias, &places);
        for (size_t i = 0; r == 0 && i < places->n; i++)
                r = add_frame(frames, address, &places->items[i], mapping->path);
        return r;
}

/* ---- cutting ---- */

static const char *file_name(const char *path) {
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

static bool begins_with(const char *text, const char *start) {
        return strncmp(text, start, strlen(start)) == 0;
}

/* What starts a program or a thread, and unwinding gone astray. */
static bool is_start_frame(const struct frame *frame) {
        static const char *const libraries[] = { "libc.so",  "libc-2.",  "libpthread", "ld-linux",
                                                 "ld-2.",    "ld-musl",  "libc.musl",  "libheddle",
                                                 "libasan.", "libtsan.", "libclang_rt", "libglib-2." };
        static const char *const functions[] = { "_start", "start_thread", "clone", "clone3", "__clone", "__clone3" };

        if (!frame->module)
                return true;
        for (size_t i = 0; i < sizeof(libraries) / sizeof(*libraries); i++)
                if (begins_with(file_name(frame->module), libraries[i]))
                        return true;
        for (size_t i = 0; frame->function && i < sizeof(functions) / sizeof(*functions); i++)
                if (strcmp(frame->function, functions[i]) == 0)
                        return true;
        return false;
}

static bool is_heddle_frame(const struct frame *frame) {
        return (frame->module && is_heddle_library(frame->module)) ||
               (frame->file && strstr(frame->file, "/include/heddle/"));
}

/* std::mutex::lock(), std::thread::join() and the like, which are compiled into the program that uses them or lie in
 * the C++ library. Without debug information the name tells. */
static bool is_cxx_frame(const struct frame *frame) {
        if (frame->module && (begins_with(file_name(frame->module), "libstdc++.so") ||
                              begins_with(file_name(frame->module), "libc++.so")))
                return true;
        if (frame->file)
                return strstr(frame->file, "/include/") && strstr(frame->file, "/c++/");
        return frame->function &&
               (begins_with(frame->function, "std::") || begins_with(frame->function, "__gnu_cxx::"));
}

/* The locks of GLib, some of which it makes from those of pthreads, and what has no name beside them. */
static bool is_glib_lock_frame(const struct frame *frame) {
        static const char *const functions[] = { "g_mutex_", "g_rec_mutex_", "g_rw_lock_", "g_cond_", "g_private_" };

        if (!frame->module || !begins_with(file_name(frame->module), "libglib-2.0.so"))
                return false;
        for (size_t i = 0; frame->function && i < sizeof(functions) / sizeof(*functions); i++)
                if (begins_with(frame->function, functions[i]))
                        return true;
        return !frame->function;
}

/* What stands between the program's own call and the call that was recorded. */
static bool is_library_frame(const struct frame *frame) {
        return is_cxx_frame(frame) || is_glib_lock_frame(frame);
}

static size_t count_inner(const struct frames *frames, bool (*is_theirs)(const struct frame *), size_t from) {
        size_t n = from;

        while (n < frames->n_items && is_theirs(&frames->items[n]))
                n++;
        return n < frames->n_items ? n : from; /* all of it: then rather keep it */
}

/* Up to where main() was called: behind that comes _start, which is the program's own and may have no name. */
static size_t count_up_to_main(const struct frames *frames, size_t from) {
        for (size_t i = from + 1; i < frames->n_items; i++)
                if (frames->items[i].function && begins_with(frames->items[i].function, "__libc_start_"))
                        return i;
        return frames->n_items;
}

static bool is_between_frame(const struct frame *frame) {
        const char *module = frame->module ? file_name(frame->module) : "";

        return is_heddle_frame(frame) || is_cxx_frame(frame) || begins_with(module, "libc.so") || begins_with(module, "libc-2.") ||
               begins_with(module, "libpthread");
}

static bool any_of_heddle(const struct frames *frames, size_t from, size_t to) {
        for (size_t i = from; i < to; i++)
                if (is_heddle_frame(&frames->items[i]))
                        return true;
        return false;
}

/* What the program has called back by us: the routine of a pthread_once() comes behind the C library and us twice. */
static void cut_round_trips(struct frames *frames) {
        size_t n = 0;

        for (size_t i = 0; i < frames->n_items; i++) {
                size_t end = count_inner(frames, is_between_frame, i);

                if (any_of_heddle(frames, i, end))
                        while (i < end)
                                frame_finish(&frames->items[i++]);
                frames->items[n++] = frames->items[i];
        }
        frames->n_items = n;
}

static void cut_frames(struct frames *frames) {
        size_t inner = count_inner(frames, is_library_frame, count_inner(frames, is_heddle_frame, 0));
        size_t n = count_up_to_main(frames, inner);

        for (size_t i = n; i < frames->n_items; i++)
                frame_finish(&frames->items[i]);
        while (n > inner + 1 && (is_start_frame(&frames->items[n - 1]) || is_cxx_frame(&frames->items[n - 1])))
                frame_finish(&frames->items[--n]);
        for (size_t i = 0; i < inner; i++)
                frame_finish(&frames->items[i]);
        memmove(frames->items, frames->items + inner, (n - inner) * sizeof(*frames->items));
        frames->n_items = n - inner;
        cut_round_trips(frames);
}

static int symbolise_stack(struct symboliser *symboliser, struct stack *stack) {
        struct frames frames = { 0 };
        int r = 0;

        for (uint32_t i = 0; r == 0 && i < stack->n_pcs; i++)
                r = add_frames_at(symboliser, stack->process, stack->pcs[i], &frames);
        if (r < 0) {
                frames_finish(&frames);
                return r;
        }
        cut_frames(&frames);
        stack->frames = frames.items;
        stack->n_frames = (uint32_t) frames.n_items;
        return 0;
}

int symbolise_stacks(struct symboliser *symboliser) {
        struct catalog *catalog = symboliser->catalog;

        for (uint32_t i = 1; i < catalog->n_stacks; i++) {
                struct stack *stack = &catalog->stacks[i];
                int r = stack->n_frames == 0 && stack->pcs && stack->n_pcs > 0 ? symbolise_stack(symboliser, stack) : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}
