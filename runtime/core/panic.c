/* Panics: end one thread, and let the others know by poisoned locks and by the result of join.
 *
 * The locks are released first and the stack is unwound afterwards. The other way round would leave locks held
 * for ever in code compiled without -fexceptions, whose cleanup attributes the unwinder does not see; longjmp() to the
 * thread's start would skip the clean-up of everything else. */
#include <heddle/thread.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/self.h"

#define PANIC_STATUS 101 /* as a Rust program's */

static bool is_main_thread(void) {
        return gettid() == getpid();
}

static const char *own_name(void) {
        const char *name = heddle_self.thread ? heddle_thread_name(heddle_self.thread) : "";

        return *name ? name : is_main_thread() ? "main" : "<unnamed>";
}

/* Straight to the file: stdio's lock may be held by whoever panics. */
static void print_panic(const char *message) {
        dprintf(STDERR_FILENO, "thread '%s' panicked: %s\n", own_name(), message);
}

void heddle_panic(const char *format, ...) {
        struct emit_site site = EMIT_SITE;
        char message[HEDDLE_PANIC_BYTES];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(message, sizeof message, format, arguments);
        va_end(arguments);
        print_panic(message);
        if (heddle_self.panicking)
                abort();
        heddle_self.panicking = true;
        thread_keep_panic(message);
        emit(site, EV_PANIC, OBJECT_THREAD, 0, heddle_emit_thread_serial(), 0, 0);
        mutex_poison_held(site);
        if (is_main_thread())
                exit(PANIC_STATUS);
        pthread_exit(NULL);
}

bool heddle_panicking(void) {
        return heddle_self.panicking;
}
