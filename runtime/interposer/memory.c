/* Memory that goes away: what other processes use may have lain in it (emit/shared.c). */
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interposer/real.h"

/* An allocator may unmap while it begins, before anything has been looked up: looking up could need it. */
EXPORT int munmap(void *memory, size_t n_bytes) {
        heddle_emit_unmapped(memory, n_bytes);
        return real_functions.munmap ? real_functions.munmap(memory, n_bytes) : (int) syscall(SYS_munmap, memory, n_bytes);
}

/* How much is attached there, the system knows; a segment that is attached again is looked up again. */
EXPORT int shmdt(const void *memory) {
        heddle_emit_unmapped(memory, 1);
        return REAL(shmdt)(memory);
}
