/* heddle_mutex: a raw lock with an owner, a sequence number for the trace, poisoning and guards.
 *
 * The fields beside the word are written by the owner alone, under the lock. `owner` is also read by threads that
 * try to unlock what they do not hold; what they read then may be anything but themselves. */
#include <heddle/mutex.h>

#include <errno.h>

#include "core/raw_lock.h"
#include "core/self.h"

static inline uint64_t address(const struct heddle_mutex *mutex) {
        return (uint64_t) (uintptr_t) mutex;
}

static inline void record(const struct heddle_mutex *mutex, struct emit_site site, enum event_kind event,
                          unsigned flags, uint32_t sequence, uint32_t value) {
        emit(site, event, OBJECT_MUTEX, flags, address(mutex), sequence, value);
}

/* The word has just become ours. */
static inline int become_owner(struct heddle_mutex *mutex, struct emit_site site, unsigned flags) {
        struct self *self = &heddle_self;

        store_relaxed(&mutex->owner, self);
        mutex->next_held = self->held;
        self->held = mutex;
        if (unlikely(emit_is_on()))
                record(mutex, site, EV_LOCK, flags, ++mutex->sequence, 0);
        return unlikely(load_relaxed(&mutex->poisoned)) ? -EOWNERDEAD : 0;
}

static void lock_contended(struct heddle_mutex *mutex, struct emit_site site) {
        struct park_reason reason = {
                .site = site, .event = EV_LOCK_WAIT, .object_kind = OBJECT_MUTEX, .object = address(mutex),
        };

        raw_lock_wait(&mutex->word, &reason);
}

static inline int lock(struct heddle_mutex *mutex, struct emit_site site) {
        if (unlikely(!raw_lock_try(&mutex->word)))
                lock_contended(mutex, site);
        return become_owner(mutex, site, 0);
}

/* Mostly it is the one taken last, but locks may be released in any order. */
static inline void forget_held(struct self *self, struct heddle_mutex *mutex) {
        struct heddle_mutex **link = &self->held;

        while (unlikely(*link != mutex))
                link = &(*link)->next_held;
        *link = mutex->next_held;
}

static inline int unlock(struct heddle_mutex *mutex, struct emit_site site) {
        struct self *self = &heddle_self;

        if (unlikely(load_relaxed(&mutex->owner) != self))
                return -EPERM;
        forget_held(self, mutex);
        store_relaxed(&mutex->owner, NULL);
        if (unlikely(emit_is_on()))
                record(mutex, site, EV_UNLOCK, 0, ++mutex->sequence, 0);
        raw_unlock(&mutex->word);
        return 0;
}

void heddle_mutex_init(struct heddle_mutex *mutex) {
        *mutex = (struct heddle_mutex) HEDDLE_MUTEX_INIT;
        record(mutex, EMIT_SITE, EV_LOCK_INIT, 0, 0, 0);
}

int heddle_mutex_finish(struct heddle_mutex *mutex) {
        if (load_acquire(&mutex->word) != RAW_FREE)
                return -EBUSY;
        record(mutex, EMIT_SITE, EV_LOCK_DESTROY, 0, 0, 0);
        *mutex = (struct heddle_mutex) HEDDLE_MUTEX_INIT;
        return 0;
}

void heddle_mutex_name(struct heddle_mutex *mutex, const char *name) {
        heddle_emit_name(OBJECT_MUTEX, address(mutex), name);
}

int heddle_mutex_lock(struct heddle_mutex *mutex) {
        return lock(mutex, EMIT_SITE);
}

int heddle_mutex_try_lock(struct heddle_mutex *mutex) {
        if (raw_lock_try(&mutex->word))
                return become_owner(mutex, EMIT_SITE, RECORD_TRY);
        record(mutex, EMIT_SITE, EV_LOCK_FAIL, RECORD_TRY, 0, EBUSY);
        return -EBUSY;
}

int heddle_mutex_unlock(struct heddle_mutex *mutex) {
        return unlock(mutex, EMIT_SITE);
}

bool heddle_mutex_is_poisoned(const struct heddle_mutex *mutex) {
        return load_relaxed(&mutex->poisoned);
}

void heddle_mutex_clear_poison(struct heddle_mutex *mutex) {
        store_relaxed(&mutex->poisoned, 0);
}

struct heddle_guard heddle_mutex_guard(struct heddle_mutex *mutex) {
        int error = lock(mutex, EMIT_SITE);

        return (struct heddle_guard) { mutex, error };
}

/* Under a panic the mutex is unlocked already, or even held by another thread: unlock() sees that and does nothing. */
void heddle_guard_drop(struct heddle_guard *guard) {
        struct heddle_mutex *mutex = guard->mutex;

        guard->mutex = NULL;
        if (mutex)
                (void) unlock(mutex, EMIT_SITE);
}

void mutex_poison_held(struct emit_site site) {
        struct heddle_mutex *mutex;

        while ((mutex = heddle_self.held)) {
                store_relaxed(&mutex->poisoned, 1);
                record(mutex, site, EV_POISON, 0, 0, 0);
                (void) unlock(mutex, site);
        }
}
