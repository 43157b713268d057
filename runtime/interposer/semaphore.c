/* Semaphores, unnamed and named. One that is free costs one record on taking it; only one that is not costs a further
 * record, before the thread waits. sem_post() is called by signal handlers too: nothing here is unsafe in one.
 */
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdarg.h>

#include "interposer/deadline.h"
#include "interposer/real.h"

/* What glibc keeps behind the count: 0 for a semaphore of one process. Not an int to the compiler, so it has to be told. */
typedef int __attribute__((may_alias)) mark;
#if defined(__LP64__)
enum { MARK_PLACE = 2 };
#else
enum { MARK_PLACE = 1 };
#endif

static unsigned sharing_of(const sem_t *semaphore) {
        return ((const mark *) semaphore)[MARK_PLACE] ? RECORD_SHARED : 0;
}

static void record_taken(struct emit_site site, const sem_t *semaphore, unsigned flags) {
        emit_after(site, EV_SEM_TAKE, OBJECT_SEMAPHORE, flags, (uint64_t) (uintptr_t) semaphore, 0, 0);
}

static void record_not_taken(struct emit_site site, const sem_t *semaphore, unsigned flags, int error) {
        emit(site, EV_SEM_FAIL, OBJECT_SEMAPHORE, flags, (uint64_t) (uintptr_t) semaphore, 0, (uint32_t) error);
}

/* One call that may wait. */
struct taking {
        struct emit_site site;
        sem_t *semaphore;
        unsigned flags;
        int (*call)(const struct taking *taking); /* the real function */
        clockid_t clock;
        const struct timespec *deadline;
};

static int call_wait(const struct taking *taking) {
        return REAL(sem_wait)(taking->semaphore);
}

static int call_timedwait(const struct taking *taking) {
        return REAL(sem_timedwait)(taking->semaphore, taking->deadline);
}

static int call_clockwait(const struct taking *taking) {
        return REAL(sem_clockwait)(taking->semaphore, taking->clock, taking->deadline);
}

static int record_outcome(const struct taking *taking, int result) {
        if (result == 0)
                record_taken(taking->site, taking->semaphore, taking->flags);
        else
                record_not_taken(taking->site, taking->semaphore, taking->flags, errno);
        return result;
}

static void record_cancelled(void *data) {
        const struct taking *taking = data;

        record_not_taken(taking->site, taking->semaphore, taking->flags, ECANCELED);
}

__attribute__((noinline)) static int wait_for_a_post(struct taking *taking) {
        int result;

        emit(taking->site, EV_SEM_WAIT, OBJECT_SEMAPHORE, taking->flags, (uint64_t) (uintptr_t) taking->semaphore, 0, 0);
        pthread_cleanup_push(record_cancelled, taking);
        result = taking->call(taking);
        pthread_cleanup_pop(0);
        return record_outcome(taking, result);
}

/* The real functions are cancelled before they look whether the semaphore is free, so this is too. */
static int take(struct taking *taking) {
        int saved_errno = errno;

        taking->flags |= sharing_of(taking->semaphore);
        pthread_testcancel();
        if (REAL(sem_trywait)(taking->semaphore) == 0)
                return record_outcome(taking, 0);
        errno = saved_errno;
        return wait_for_a_post(taking);
}

EXPORT int sem_wait(sem_t *semaphore) {
        struct taking taking = { .site = EMIT_SITE, .semaphore = semaphore, .call = call_wait };

        return wrapper_records() ? take(&taking) : call_wait(&taking);
}

EXPORT int sem_timedwait(sem_t *semaphore, const struct timespec *deadline) {
        struct taking taking = {
                .site = EMIT_SITE, .semaphore = semaphore, .flags = RECORD_TIMED, .call = call_timedwait, .deadline = deadline,
        };

        if (!wrapper_records())
                return call_timedwait(&taking);
        return deadline_is_valid(CLOCK_REALTIME, deadline) ? take(&taking) : record_outcome(&taking, call_timedwait(&taking));
}

EXPORT int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *deadline) {
        struct taking taking = {
                .site = EMIT_SITE, .semaphore = semaphore, .flags = RECORD_TIMED, .call = call_clockwait, .clock = clock, .deadline = deadline,
        };

        if (!wrapper_records())
                return call_clockwait(&taking);
        return deadline_is_valid(clock, deadline) ? take(&taking) : record_outcome(&taking, call_clockwait(&taking));
}

EXPORT int sem_trywait(sem_t *semaphore) {
        struct taking taking = { .site = EMIT_SITE, .semaphore = semaphore, .flags = RECORD_TRY | sharing_of(semaphore) };
        int result = REAL(sem_trywait)(semaphore);

        return wrapper_records() ? record_outcome(&taking, result) : result;
}

/* Recorded before: whoever it lets through must not seem to be through first. */
EXPORT int sem_post(sem_t *semaphore) {
        struct emit_site site = EMIT_SITE;

        if (wrapper_records())
                emit(site, EV_SEM_POST, OBJECT_SEMAPHORE, sharing_of(semaphore), (uint64_t) (uintptr_t) semaphore, 0, 0);
        return REAL(sem_post)(semaphore);
}

EXPORT int sem_init(sem_t *semaphore, int shared, unsigned count) {
        struct emit_site site = EMIT_SITE;
        int result = REAL(sem_init)(semaphore, shared, count);

        if (result == 0 && wrapper_records())
                emit(site, EV_LOCK_INIT, OBJECT_SEMAPHORE, sharing_of(semaphore), (uint64_t) (uintptr_t) semaphore, 0, count);
        return result;
}

EXPORT int sem_destroy(sem_t *semaphore) {
        struct emit_site site = EMIT_SITE;

        /* Before, since the memory may be another semaphore right after. */
        if (wrapper_records())
                emit(site, EV_LOCK_DESTROY, OBJECT_SEMAPHORE, sharing_of(semaphore), (uint64_t) (uintptr_t) semaphore, 0, 0);
        return REAL(sem_destroy)(semaphore);
}

/* The count it begins with is not recorded: other processes may have changed it before and may do so any time. */
EXPORT sem_t *sem_open(const char *name, int flags, ...) {
        unsigned mode = 0, count = 0;
        sem_t *semaphore;
        va_list arguments;

        if (flags & O_CREAT) {
                va_start(arguments, flags);
                mode = va_arg(arguments, unsigned);
                count = va_arg(arguments, unsigned);
                va_end(arguments);
        }
        semaphore = REAL(sem_open)(name, flags, mode, count);
        if (semaphore != SEM_FAILED && wrapper_records())
                heddle_emit_shared_name(OBJECT_SEMAPHORE, (uint64_t) (uintptr_t) semaphore, name);
        return semaphore;
}

/* The C library unmaps it by itself, after the last. */
EXPORT int sem_close(sem_t *semaphore) {
        heddle_emit_unmapped(semaphore, sizeof(*semaphore));
        return REAL(sem_close)(semaphore);
}
