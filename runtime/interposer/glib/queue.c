/* GAsyncQueue: a message queue that any thread may use from both ends. A message has no number, since one may be put in
 * front of others; what comes out is told by its time.
 *
 * Each function has a twin for callers that have locked the queue themselves. Its lock is recorded as a mutex at the queue's
 * address. Only a caller's own locking is: what a push or a pop does inside is short and takes nothing else. */
#include "interposer/glib/glib.h"

enum { UNBOUNDED = UINT32_MAX };

static void record_new(struct emit_site site, const void *queue) {
        emit(site, EV_CHANNEL_NEW, OBJECT_QUEUE, 0, (uint64_t) (uintptr_t) queue, 0, UNBOUNDED);
}

EXPORT void *g_async_queue_new(void) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;
        void *queue = glib->g_async_queue_new();

        if (glib_records(glib))
                record_new(site, queue);
        return queue;
}

EXPORT void *g_async_queue_new_full(void (*free_item)(void *)) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;
        void *queue = glib->g_async_queue_new_full(free_item);

        if (glib_records(glib))
                record_new(site, queue);
        return queue;
}

/* ---- its lock. It is at the beginning of the queue, where nobody else has any business, and there is no way to try */

EXPORT glib_void g_async_queue_lock(void *queue) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;
        bool records = glib_records(glib);
        GLIB_INSIDE;

        if (!records)
                return glib->g_async_queue_lock(queue);
        glib_record(site, EV_LOCK_WAIT, OBJECT_MUTEX, 0, queue);
        glib->g_async_queue_lock(queue);
        glib_record_after(site, EV_LOCK, OBJECT_MUTEX, 0, queue);
        return 0;
}

EXPORT glib_void g_async_queue_unlock(void *queue) {
        struct emit_site site = EMIT_SITE;
        const struct glib *glib = GLIB;

        if (glib_records(glib))
                glib_record(site, EV_UNLOCK, OBJECT_MUTEX, 0, queue);
        GLIB_INSIDE;
        return glib->g_async_queue_unlock(queue);
}

/* ---- in */

static glib_void push(struct emit_site site, const struct glib *glib, void *queue, void *item, glib_void (*real)(void *, void *)) {
        if (glib_records(glib))
                glib_record(site, EV_SEND, OBJECT_QUEUE, 0, queue);
        GLIB_INSIDE;
        return real(queue, item);
}

#define PUSH(name)                                                \
        EXPORT glib_void name(void *queue, void *item) {               \
                const struct glib *glib = GLIB;                   \
                                                                  \
                return push(EMIT_SITE, glib, queue, item, glib->name);   \
        }

PUSH(g_async_queue_push)
PUSH(g_async_queue_push_unlocked)
PUSH(g_async_queue_push_front)
PUSH(g_async_queue_push_front_unlocked)

/* The program's own comparison is called inside, and may lock: only what GLib does is left out. */
#define PUSH_SORTED(name)                                                                                  \
        EXPORT glib_void name(void *queue, void *item, int (*compare)(const void *, const void *, void *), void *data) { \
                struct emit_site site = EMIT_SITE;                                                         \
                const struct glib *glib = GLIB;                                                            \
                                                                                                           \
                if (glib_records(glib))                                                                    \
                        glib_record(site, EV_SEND, OBJECT_QUEUE, 0, queue);                                \
                return glib->name(queue, item, compare, data);                                                    \
        }

PUSH_SORTED(g_async_queue_push_sorted)
PUSH_SORTED(g_async_queue_push_sorted_unlocked)

/* ---- out */

static void *try_to_pop(struct emit_site site, const struct glib *glib, void *queue, void *(*real)(void *)) {
        bool records = glib_records(glib);
        void *item;
        GLIB_INSIDE;

        item = real(queue);
        if (records && item)
                glib_record_after(site, EV_RECV, OBJECT_QUEUE, RECORD_TRY, queue);
        else if (records)
                glib_record_refused(site, EV_RECV_FAIL, OBJECT_QUEUE, RECORD_TRY, queue, EAGAIN);
        return item;
}

#define TRY_POP(name)                                               \
        EXPORT void *name(void *queue) {                            \
                const struct glib *glib = GLIB;                     \
                                                                    \
                return try_to_pop(EMIT_SITE, glib, queue, glib->name); \
        }

TRY_POP(g_async_queue_try_pop)
TRY_POP(g_async_queue_try_pop_unlocked)

/* A pop that may wait. `locked`: by the caller, and the queue lets go of the lock while it waits. */
struct pop {
        struct emit_site site;
        void *queue;
        unsigned flags;
        bool locked;
};

static void record_wait(const struct pop *pop) {
        if (pop->locked)
                glib_record(pop->site, EV_UNLOCK, OBJECT_MUTEX, 0, pop->queue);
        glib_record(pop->site, EV_RECV_WAIT, OBJECT_QUEUE, pop->flags, pop->queue);
}

static void record_waited(const struct pop *pop, const void *item) {
        if (item)
                glib_record_after(pop->site, EV_RECV, OBJECT_QUEUE, pop->flags, pop->queue);
        else
                glib_record_refused(pop->site, EV_RECV_FAIL, OBJECT_QUEUE, pop->flags, pop->queue, ETIMEDOUT);
        if (pop->locked)
                glib_record_after(pop->site, EV_LOCK, OBJECT_MUTEX, 0, pop->queue);
}

/* The real pop is `wait`; a queue that has something costs one record. */
#define POP(name, parameters, arguments, try, wait_flags, by_caller)                        \
        EXPORT void *name parameters {                                                      \
                struct pop pop = { EMIT_SITE, queue, wait_flags, by_caller };               \
                const struct glib *glib = GLIB;                                             \
                bool records = glib_records(glib);                                          \
                void *item;                                                                 \
                GLIB_INSIDE;                                                                \
                                                                                            \
                if (!records)                                                               \
                        return glib->name arguments;                                        \
                item = glib->try(queue);                                                    \
                if (item) {                                                                 \
                        glib_record_after(pop.site, EV_RECV, OBJECT_QUEUE, pop.flags, queue); \
                        return item;                                                        \
                }                                                                           \
                record_wait(&pop);                                                          \
                item = glib->name arguments;                                                \
                record_waited(&pop, item);                                                  \
                return item;                                                                \
        }

POP(g_async_queue_pop, (void *queue), (queue), g_async_queue_try_pop, 0, false)
POP(g_async_queue_pop_unlocked, (void *queue), (queue), g_async_queue_try_pop_unlocked, 0, true)
POP(g_async_queue_timeout_pop, (void *queue, uint64_t timeout), (queue, timeout), g_async_queue_try_pop, RECORD_TIMED, false)
POP(g_async_queue_timeout_pop_unlocked, (void *queue, uint64_t timeout), (queue, timeout), g_async_queue_try_pop_unlocked, RECORD_TIMED, true)
POP(g_async_queue_timed_pop, (void *queue, void *end_time), (queue, end_time), g_async_queue_try_pop, end_time ? RECORD_TIMED : 0, false)
POP(g_async_queue_timed_pop_unlocked, (void *queue, void *end_time), (queue, end_time), g_async_queue_try_pop_unlocked, end_time ? RECORD_TIMED : 0, true)

static int take_out(struct emit_site site, const struct glib *glib, void *queue, void *item, int (*real)(void *, void *)) {
        bool records = glib_records(glib);
        int found;
        GLIB_INSIDE;

        found = real(queue, item);
        if (records && found)
                glib_record_after(site, EV_RECV, OBJECT_QUEUE, RECORD_TRY, queue);
        return found;
}

EXPORT int g_async_queue_remove(void *queue, void *item) {
        const struct glib *glib = GLIB;

        return take_out(EMIT_SITE, glib, queue, item, glib->g_async_queue_remove);
}

EXPORT int g_async_queue_remove_unlocked(void *queue, void *item) {
        const struct glib *glib = GLIB;

        return take_out(EMIT_SITE, glib, queue, item, glib->g_async_queue_remove_unlocked);
}
