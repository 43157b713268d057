/* Code that a compiler made at run time is registered with the unwinder, which takes a lock of its own then: as LLVM does, in
 * every program that draws with Mesa. From there on the unwinder takes that lock to look for any code.
 *
 * verdict: none
 * exit: 0 */
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

void __register_frame(void *frames);
void __deregister_frame(void *frames);

static char code[64];

/* What .eh_frame has: a common entry, one for a function, the end. */
static struct {
        uint32_t common_bytes, common_id;
        uint8_t version, augmentation, code_align, data_align, return_register, padding[3];
        uint32_t bytes, to_common;
        void *from;
        uintptr_t n_bytes;
        uint32_t end;
} frames = { 12, 0, 1, 0, 1, 0x78, 16, { 0 }, 20, 20, code, sizeof(code), 0 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *take_it(void *argument) {
        pthread_mutex_lock(&lock);
        pthread_mutex_unlock(&lock);
        return argument;
}

int main(void) {
        pthread_t thread;

        __register_frame(&frames);
        pthread_create(&thread, NULL, take_it, NULL);
        take_it(NULL);
        pthread_join(thread, NULL);
        __deregister_frame(&frames);
        return 0;
}
