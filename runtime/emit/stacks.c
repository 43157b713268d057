/* Stacks: unwinding one that is new to the thread, and telling the collector what its slot stands for.
 *
 * The unwinder is libgcc's: with glibc since 2.35 it takes no lock and allocates nothing, and it is what the C library
 * itself uses to cancel threads. libunwind was tried on paper and left out: its shared library also defines the
 * _Unwind_… functions, and preloaded into a C++ program it would take over that program's exceptions. */
#include <signal.h>
#include <unwind.h>

#include "emit/internal.h"

struct walk {
        struct emit_site site;
        const void *addresses[RECORD_STACK_FRAMES];
        uint32_t n;
        struct emit_stack *stack;
        const char *inner_cfa; /* of the frame before */
};

/* Where between two frames' ends the return address stands: just below the outer end on x86-64, anywhere on others.
 * NULL where it is in a register only. */
static const void *const *find_return_address(const char *inner, const char *outer, const void *address) {
        const void *const *slot = (const void *const *) (outer - sizeof(void *));

        for (; (const char *) slot >= inner; slot--)
                if (*slot == address)
                        return slot;
        return NULL;
}

static void check_later(struct walk *walk, const char *cfa, const void *address) {
        struct emit_stack *stack = walk->stack;
        const void *const *slot = find_return_address(walk->inner_cfa, cfa, address);
        ptrdiff_t offset = (const char *) slot - (const char *) walk->site.frame;

        if (!slot || stack->n_checked == EMIT_STACK_CHECKED || offset < 0 || offset > UINT32_MAX)
                return;
        stack->offsets[stack->n_checked] = (uint32_t) offset;
        stack->addresses[stack->n_checked++] = address;
}

/* In the context of a frame, _Unwind_GetCFA() is where its callee's frame ends, and with it the place of the return
 * address that _Unwind_GetIP() gives. */
static _Unwind_Reason_Code visit_frame(struct _Unwind_Context *context, void *data) {
        struct walk *walk = data;
        const void *address = (const void *) _Unwind_GetIP(context);
        const char *cfa = (const char *) _Unwind_GetCFA(context);

        if (walk->n == 0 && address != walk->site.caller)
                return cfa > (const char *) walk->site.frame + 64 * 1024 ? _URC_END_OF_STACK : _URC_NO_REASON;
        if (walk->n == RECORD_STACK_FRAMES || !address)
                return _URC_END_OF_STACK;
        if (walk->n > 0)
                check_later(walk, cfa, address);
        walk->addresses[walk->n++] = address;
        walk->inner_cfa = cfa;
        return _URC_NO_REASON;
}

/* What unwinding and telling may need of the stack that they run on. */
#define STACK_NEEDED 16384

static unsigned learn_stack(struct emit_thread *self, struct emit_site site, unsigned slot) {
        struct emit_stack *stack = &self->stacks[slot];
        struct walk walk = { .site = site, .stack = stack };
        uint64_t where = (uint64_t) (slot + 1) << 48 | record_where((uint64_t) (uintptr_t) site.caller, 0);

        stack->caller = NULL;
        stack->n_checked = 0;
        heddle_emit_quiet++; /* the unwinder may lock where code was registered by hand */
        self->unwinding = 1;
        _Unwind_Backtrace(visit_frame, &walk);
        self->unwinding = 0;
        heddle_emit_quiet--;
        if (walk.n == 0) /* the caller's frame was not found: code without unwind information */
                walk.addresses[walk.n++] = site.caller;
        emit_modules_tell(self, walk.addresses, walk.n);
        if (!emit_put_meta(self, EV_STACK, OBJECT_NONE, 0, where, walk.n, walk.addresses, walk.n * sizeof(*walk.addresses)))
                return 0; /* dropped: to be learned again */
        stack->caller = site.caller;
        stack->frame = site.frame;
        return slot + 1;
}

/* Not on a small alternate signal stack. Signals wait, since a handler that jumped out of here would leave the loader locked. */
static unsigned learn_stack_undisturbed(struct emit_thread *self, struct emit_site site, unsigned slot) {
        sigset_t before;

        if (emit_alternate_stack_left(__builtin_frame_address(0)) < STACK_NEEDED)
                return 0;
        emit_block_signals(&before);
        slot = learn_stack(self, site, slot);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        return slot;
}

/* A free place, else each in turn. */
static unsigned place_for(struct emit_thread *self, unsigned first) {
        for (unsigned i = first; i < first + EMIT_STACK_PROBES; i++)
                if (!self->stacks[i].caller)
                        return i;
        return first + self->n_learned % EMIT_STACK_PROBES;
}

unsigned heddle_emit_find_stack(struct emit_thread *self, struct emit_site site, unsigned first) {
        unsigned at;

        for (at = first; at < first + EMIT_STACK_PROBES; at++)
                if (emit_stack_is_same(&self->stacks[at], site)) {
                        self->stacks[first].last = at - first;
                        return at + 1;
                }
        self->n_learned++;
        at = place_for(self, first);
        self->stacks[first].last = at - first;
        return learn_stack_undisturbed(self, site, at);
}
