/* Threads: spawn one, join it for its result. Modelled on std::thread.
 *
 *     static void *add(void *numbers) { … return sum; }
 *
 *     heddle_thread *adder;
 *     void *sum;
 *
 *     if (heddle_spawn("adder", add, numbers, &adder) < 0)
 *             …
 *     heddle_join(adder, &sum);
 *
 * A handle must be joined or detached, once; either consumes it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <heddle/api.h>

HEDDLE_BEGIN

/* A thread that has been spawned. Rust: JoinHandle. */
typedef struct heddle_thread heddle_thread;

#define HEDDLE_NAME_BYTES 64   /* longer names are cut; the kernel, and so gdb and top, shows the first 15 bytes */
#define HEDDLE_PANIC_BYTES 192 /* longer messages are cut */

/* How a thread ended. Rust: the Result of JoinHandle::join. */
struct heddle_outcome {
        bool panicked;
        void *value;                      /* what its function returned, or gave pthread_exit(); NULL if it panicked */
        char message[HEDDLE_PANIC_BYTES]; /* of the panic, else "" */
};

/* Starts a thread that calls `run(argument)`. `name` may be NULL: Heddle then shows the function's.
 * 0, -ENOMEM, -EAGAIN (too many threads). Rust: thread::Builder::spawn. */
HEDDLE_API_CHECKED int heddle_spawn(const char *name, void *(*run)(void *), void *argument, heddle_thread **ret_thread);

/* Blocks until the thread has ended, and frees the handle, whatever it returns except -EDEADLK.
 * `ret_value` (may be NULL) gets the value, or NULL after a panic.
 * 0; -EOWNERDEAD: it ended, by a panic; -ECANCELED: it ended, by pthread_cancel(); -EDEADLK: it is the calling thread.
 * Rust: JoinHandle::join. */
HEDDLE_API int heddle_join(heddle_thread *thread, void **ret_value);

/* The same, with the panic's message. `ret_outcome` is written unless it returns -EDEADLK. */
HEDDLE_API int heddle_join_outcome(heddle_thread *thread, struct heddle_outcome *ret_outcome);

/* Lets the thread go on by itself, and frees the handle. Rust: dropping a JoinHandle. */
HEDDLE_API void heddle_detach(heddle_thread *thread);

/* True once the thread's function is over, so that joining it hardly blocks. Rust: JoinHandle::is_finished. */
HEDDLE_API bool heddle_is_finished(const heddle_thread *thread);

/* The thread's name, "" if it has none; valid as long as the handle. Rust: Thread::name. */
HEDDLE_API const char *heddle_thread_name(const heddle_thread *thread);

/* The calling thread, or NULL in one that heddle_spawn() did not make (such as main). Not to be joined or detached
 * by way of this: the handle belongs to who spawned it. Valid until the thread ends. Rust: thread::current. */
HEDDLE_API heddle_thread *heddle_current(void);

/* Lets another thread that is ready run. Rust: thread::yield_now. */
HEDDLE_API void heddle_yield(void);

/* Blocks for at least that long, also when signals arrive. Rust: thread::sleep. */
HEDDLE_API void heddle_sleep(uint64_t duration_ns);
#define HEDDLE_MS UINT64_C(1000000)
#define HEDDLE_S UINT64_C(1000000000)

/* Ends the calling thread because something is wrong that it cannot mend: prints the message to standard error,
 * poisons and unlocks every heddle_mutex it holds, then ends it as pthread_exit() does: clean-up handlers run, in C++
 * destructors too, and in C, where compiled with -fexceptions, the variables with a cleanup attribute.
 * The other threads go on, and who joins it learns of it. In main it ends the process with exit(101).
 * A panic while panicking aborts. Rust: panic!. */
HEDDLE_API void heddle_panic(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* True in clean-up code that runs because of a panic. Rust: thread::panicking. */
HEDDLE_API bool heddle_panicking(void);

HEDDLE_END
