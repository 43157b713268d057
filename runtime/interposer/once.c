/* pthread_once(). Who runs the routine holds the once meanwhile; who has to wait for that holds it for a moment after, for
 * reading. Once it is done, a call costs one load and no record.
 *
 * Whether a call will run the routine, or wait for another thread that does, is known only inside; so each records first that
 * it waits. A routine that is cancelled, or left by a C++ exception, has not run: glibc lets the next thread run it, and
 * so the unlock is recorded by a clean-up. */
#include "interposer/once.h"

enum { ONCE_DONE = 2 }; /* glibc's mark in the control word */

/* A call that has come as far as the C library. */
struct once_call {
        struct emit_site site;
        pthread_once_t *control;
        void (*routine)(void);
        struct once_call *outer; /* of the same thread, which a routine or a signal handler called this one in */
        bool has_run;
};

static __thread struct once_call *innermost __attribute__((tls_model("initial-exec")));

static void record(const struct once_call *call, enum event_kind kind, unsigned flags) {
        emit(call->site, kind, OBJECT_ONCE, flags, (uint64_t) (uintptr_t) call->control, 0, 0);
}

static void record_locked(const struct once_call *call, unsigned flags) {
        emit_after(call->site, EV_LOCK, OBJECT_ONCE, flags, (uint64_t) (uintptr_t) call->control, 0, 0);
}

static void end_run(struct once_call **call) {
        record(*call, EV_UNLOCK, 0);
}

static void run_recorded(void) {
        struct once_call *call __attribute__((cleanup(end_run))) = innermost;

        call->has_run = true;
        record_locked(call, 0);
        call->routine();
}

static void end_call(struct once_call *call) {
        innermost = call->outer;
}

static int call_recorded(struct emit_site site, pthread_once_t *control, void (*routine)(void)) {
        struct once_call call __attribute__((cleanup(end_call))) = { site, control, routine, innermost, false };
        int result;

        record(&call, EV_LOCK_WAIT, 0);
        innermost = &call;
        result = REAL(pthread_once)(control, run_recorded);
        if (!call.has_run) {
                record_locked(&call, RECORD_READ);
                record(&call, EV_UNLOCK, RECORD_READ);
        }
        return result;
}

int once_do(struct emit_site site, pthread_once_t *control, void (*routine)(void)) {
        if ((__atomic_load_n(control, __ATOMIC_ACQUIRE) & ONCE_DONE) != 0 || !wrapper_records())
                return REAL(pthread_once)(control, routine);
        return call_recorded(site, control, routine);
}

EXPORT int pthread_once(pthread_once_t *control, void (*routine)(void)) {
        return once_do(EMIT_SITE, control, routine);
}
