/* Writes the traces that the viewer's tests look at, from stories, with the tracer's own analyses and store.
 *
 *     make-trace philosophers|crowd|calm|channels|order|long|ring FILE
 *     make-trace many FILE [EVENTS [THREADS]]
 *
 *   philosophers  five of them and main, who joins: a deadlock
 *   crowd         the same among 300 threads
 *   calm          three threads that take turns: nothing to find
 *   channels      two producers and a consumer
 *   order         locks in opposite orders that did not meet: a lock order cycle
 *   long          ten seconds of short waits, and a deadlock in its last microseconds
 *   ring          sixty threads, each waiting for the next
 *   many          so many events (10 million) of so many threads (64), to measure by: no story, and no findings */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/analysis.h"
#include "store/store.h"
#include "story.h"
#include "test.h"

/* story.c tells a running test of a bad story; this is no test and asks for the error instead. */
void test_fail(const char *file, int line, const char *format, ...) {
}

static char *text;
static size_t text_bytes;
static FILE *out;

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        vfprintf(out, format, arguments);
        va_end(arguments);
}

static const char *const names[] = { "Plato", "Kant", "Marx", "Hume", "Mill" };

/* Each eats a few times with both forks, then all take their left one at once. */
static void philosophers(unsigned from_us) {
        unsigned us = from_us;

        for (unsigned round = 0; round < 3; round++)
                for (unsigned i = 0; i < 5; i++, us += 900) {
                        say("%s: lock forks[%u] @31 in dine at %uus, lock forks[%u] @33 in dine at %uus,", names[i], i,
                            us, (i + 1) % 5, us + 60);
                        say(" unlock forks[%u] @36 in dine at %uus, unlock forks[%u] @37 in dine at %uus;", (i + 1) % 5,
                            us + 500, i, us + 510);
                }
        for (unsigned i = 0; i < 5; i++)
                say("%s: lock forks[%u] @31 in dine at %uus;", names[i], i, us + 700 * i + 400);
        for (unsigned i = 0; i < 5; i++)
                say("%s: wait-lock forks[%u] @33 in dine at %uus;", names[i], (i + 1) % 5, us + 4200 + 450 * i);
}

static void make_philosophers(void) {
        for (unsigned i = 0; i < 5; i++)
                say("main: spawn %s @58 in seat at %uus; %s: start %s at %uus;", names[i], 1000 + 150 * i, names[i],
                    names[i], 1060 + 150 * i);
        say("main: wait-join Plato @64 in seat at 2000us;");
        philosophers(1190000);
}

static void make_crowd(void) {
        for (unsigned i = 0; i < 294; i++)
                say("main: spawn worker-%u @70 in start_workers at %uus; worker-%u: start worker-%u at %uus;", i,
                    100 + 10 * i, i, i, 104 + 10 * i);
        for (unsigned i = 0; i < 5; i++)
                say("main: spawn %s @58 in seat at %uus; %s: start %s at %uus;", names[i], 4000 + 10 * i, names[i],
                    names[i], 4004 + 10 * i);
        for (unsigned round = 0; round < 4; round++)
                for (unsigned i = 0; i < 294; i++)
                        say("worker-%u: lock pool[%u].lock @80 in work at %uus, unlock pool[%u].lock @82 in work at "
                            "%uus;",
                            i, i % 40, 5000 + round * 100000 + 300 * i, i % 40, 5000 + round * 100000 + 300 * i + 200);
        say("main: wait-join Plato @64 in seat at 410000us;");
        philosophers(500000);
}

static void make_calm(void) {
        for (unsigned i = 0; i < 3; i++)
                say("main: spawn %s at %uus; %s: start %s at %uus;", names[i], 100 + 20 * i, names[i], names[i],
                    110 + 20 * i);
        for (unsigned round = 0; round < 40; round++) {
                unsigned us = 400 + round * 300;

                say("Plato: lock table at %uus; Kant: wait-lock table at %uus; Plato: unlock table at %uus;", us,
                    us + 40, us + 90);
                say("Kant: lock table at %uus, unlock table at %uus; Marx: lock table at %uus, unlock table at %uus;",
                    us + 95, us + 160, us + 200, us + 260);
        }
        for (unsigned i = 0; i < 3; i++)
                say("%s: exit %s at %uus; main: join %s at %uus;", names[i], names[i], 14000 + 100 * i, names[i],
                    14050 + 100 * i);
}

static void make_channels(void) {
        say("main: channel orders =8 at 50us, spawn cook at 100us, spawn waiter at 120us, sender-clone orders at "
            "130us, spawn guest at 140us;");
        say("cook: start cook at 110us; waiter: start waiter at 130us; guest: start guest at 150us;");
        for (unsigned i = 0; i < 30; i++) {
                say("waiter: send orders =1 at %uus; guest: send orders =2 at %uus;", 200 + 100 * i, 230 + 100 * i);
                if (i % 3 == 2)
                        say("cook: recv orders at %uus, recv orders at %uus, recv orders at %uus, recv orders at %uus;",
                            240 + 100 * i, 250 + 100 * i, 260 + 100 * i, 270 + 100 * i);
        }
        for (unsigned i = 0; i < 20; i++)
                say("cook: recv orders at %uus;", 3400 + 40 * i);
        say("cook: wait-recv orders at 4500us;");
}

static void make_order(void) {
        say("main: spawn Plato at 100us; Plato: start Plato at 110us; main: spawn Kant at 120us; Kant: start Kant at "
            "130us;");
        say("Plato: lock log @11 at 200us, lock table @12 at 300us, unlock table at 400us, unlock log at 500us;");
        say("Kant: lock table @21 at 700us, lock log @22 at 800us, unlock log at 900us, unlock table at 1000us;");
        say("Plato: exit Plato at 1100us; main: join Plato at 1110us; Kant: exit Kant at 1200us; main: join Kant at "
            "1210us;");
}

static void make_long(void) {
        say("main: spawn Plato at 100us; Plato: start Plato at 110us; main: spawn Kant at 120us; Kant: start Kant at "
            "130us;");
        for (unsigned i = 0; i < 20000; i++)
                say("Plato: lock busy at %uus; Kant: wait-lock busy at %uus; Plato: unlock busy at %uus; Kant: lock "
                    "busy at %uus, unlock busy at %uus;",
                    1000 + i * 500, 1040 + i * 500, 1050 + i * 500, 1052 + i * 500, 1060 + i * 500);
        say("Plato: lock A at 10002000us; Kant: lock B at 10002001us; Plato: wait-lock B at 10002002us; Kant: "
            "wait-lock A at 10002003us;");
}

static void make_ring(void) {
        for (unsigned i = 0; i < 60; i++)
                say("thread-%u: lock table.row[%u].lock @12 in take at %uus;", i, i, 100 + 10 * i);
        for (unsigned i = 0; i < 60; i++)
                say("thread-%u: wait-lock table.row[%u].lock @14 in take at %uus;", i, (i + 1) % 60, 1000 + 10 * i);
}

static const struct {
        const char *name;
        void (*make)(void);
        bool hangs;
} kinds[] = {
        { "philosophers", make_philosophers, true },
        { "crowd", make_crowd, true },
        { "calm", make_calm, false },
        { "channels", make_channels, true },
        { "order", make_order, false },
        { "long", make_long, true },
        { "ring", make_ring, true },
};

static int fail(const char *what, const struct fault *fault) {
        fprintf(stderr, "make-trace: %s%s%s\n", what, fault ? ": " : "", fault ? fault->message : "");
        return 1;
}

static int write_trace(struct story *story, const char *path, bool hangs) {
        uint64_t last_ns = story->n_events ? story->events[story->n_events - 1].time_ns : 0;
        struct recording recording = { (char *) "./dinner",
                                       (char *) "/nowhere",
                                       (char *) "a test",
                                       UINT64_C(1700000000000000000),
                                       last_ns + (hangs ? last_ns / 60 + 20 : 0),
                                       true,
                                       0,
                                       hangs ? 123 : 0,
                                       (char *) (hangs ? "stopped by Heddle: deadlock" : "exited with status 0"),
                                       NULL };
        struct store_writer *writer;
        struct derived derived = { 0 };
        struct finding_list findings = { 0 };
        struct fault fault = { "" };
        int r;

        unlink(path);
        if (store_writer_new(path, &writer, &fault) < 0)
                return fail("creating", &fault);
        r = store_writer_add_events(writer, story->events, story->n_events, &fault);
        if (r >= 0)
                r = analyse(story_source(story), &story->catalog, 0, &derived, &findings);
        if (r >= 0)
                r = store_writer_add_findings(writer, &findings, &fault);
        if (r >= 0)
                r = store_writer_add_waits(writer, derived.waits, derived.n_waits, &fault);
        if (r >= 0)
                r = store_writer_add_messages(writer, derived.messages, derived.n_messages, &fault);
        if (r >= 0)
                r = store_writer_add_lock_edges(writer, derived.edges, derived.n_edges, &fault);
        if (r >= 0)
                r = store_writer_finish(writer, &story->catalog, &recording, &fault);
        store_writer_free(writer);
        derived_finish(&derived);
        finding_list_finish(&findings);
        return r < 0 ? fail("writing", &fault) : 0;
}

/* ---- many events ---- */

struct many {
        struct event_source base;
        uint64_t n, at;
        uint32_t n_threads;
        struct event batch[4096];
};

#define MANY_LOCKS 200

/* Thread after thread takes a lock of its own or a shared one, a tenth of the times after waiting for it. */
static struct event many_event(const struct many *many, uint64_t i) {
        uint64_t round = i / 20;
        uint32_t thread = (uint32_t) (round * 7919 % many->n_threads), lock = thread % MANY_LOCKS;
        unsigned step = (unsigned) (i % 20);
        struct event event = { .time_ns = i * 1000,
                               .thread = thread + 1,
                               .object = lock + 1,
                               .stack = 1 + step % 2,
                               .kind = step % 2 ? EV_UNLOCK : EV_LOCK };

        if (step == 19)
                event.kind = EV_LOCK_FAIL; /* a wait that gives up, so that what follows is well formed */
        if (step == 18)
                event.kind = EV_LOCK_WAIT;
        return event;
}

static int many_next(struct event_source *source, const struct event **ret_events) {
        struct many *many = (struct many *) source;
        uint64_t left = many->n - many->at, n = left < 4096 ? left : 4096;

        for (uint64_t i = 0; i < n; i++)
                many->batch[i] = many_event(many, many->at + i);
        source->first_id = many->at + 1;
        many->at += n;
        *ret_events = many->batch;
        return (int) n;
}

static struct many *many_new(uint64_t n, uint32_t n_threads) {
        struct many *many = calloc(1, sizeof(*many));

        many->base.next = many_next;
        many->n = n;
        many->n_threads = n_threads;
        return many;
}

static void fill_catalog(struct catalog *catalog, uint32_t n_threads, uint64_t end_ns) {
        char name[32];

        catalog_init(catalog);
        catalog_add_process(catalog);
        for (uint32_t i = 0; i < n_threads; i++) {
                catalog_add_thread(catalog);
                snprintf(name, sizeof(name), "worker-%u", i);
                catalog->threads[i + 1] = (struct thread) { .process = 1, .name = strdup(name), .ended_ns = end_ns };
        }
        for (uint32_t i = 0; i < MANY_LOCKS; i++) {
                catalog_add_object(catalog);
                snprintf(name, sizeof(name), "shard[%u].lock", i);
                catalog->objects[i + 1] = (struct object) {
                        .process = 1, .kind = OBJECT_MUTEX, .address = 4096 + i, .name = strdup(name)
                };
        }
        for (uint32_t i = 0; i < 2; i++) {
                catalog_add_stack(catalog);
                catalog->stacks[i + 1].process = 1;
        }
}

static int write_many(const char *path, uint64_t n, uint32_t n_threads) {
        struct recording recording = { (char *) "./many",
                                       (char *) "/nowhere",
                                       (char *) "a test",
                                       UINT64_C(1700000000000000000),
                                       n * 1000,
                                       true,
                                       0,
                                       0,
                                       (char *) "exited with status 0",
                                       NULL };
        struct many *many = many_new(n, n_threads);
        struct store_writer *writer;
        struct catalog catalog;
        struct derived derived = { 0 };
        struct finding_list findings = { 0 };
        struct fault fault = { "" };
        const struct event *events;
        int r, got;

        unlink(path);
        fill_catalog(&catalog, n_threads, n * 1000);
        r = store_writer_new(path, &writer, &fault);
        while (r >= 0 && (got = many_next(&many->base, &events)) > 0)
                r = store_writer_add_events(writer, events, (size_t) got, &fault);
        many->at = 0;
        if (r >= 0)
                r = analyse(&many->base, &catalog, 0, &derived, &findings);
        if (r >= 0)
                r = store_writer_add_waits(writer, derived.waits, derived.n_waits, &fault);
        if (r >= 0)
                r = store_writer_finish(writer, &catalog, &recording, &fault);
        return r < 0 ? fail("writing", &fault) : 0; /* the program ends here: what it holds goes with it */
}

int main(int argc, char **argv) {
        char error[STORY_ERROR_BYTES];
        struct story *story = NULL;
        int r = 1;

        if (argc >= 3 && strcmp(argv[1], "many") == 0)
                return write_many(argv[2], argc > 3 ? strtoull(argv[3], NULL, 10) : 10000000,
                                  argc > 4 ? (uint32_t) strtoul(argv[4], NULL, 10) : 64);
        if (argc != 3)
                return fail("which trace, and where to?", NULL);
        for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
                if (strcmp(kinds[i].name, argv[1]) != 0)
                        continue;
                out = open_memstream(&text, &text_bytes);
                if (!out)
                        return fail("out of memory", NULL);
                kinds[i].make();
                fclose(out);
                story = story_read(text, error);
                r = error[0] ? fail(error, NULL) : write_trace(story, argv[2], kinds[i].hangs);
        }
        if (!story)
                return fail("there is no such trace", NULL);
        story_free(story);
        free(text);
        return r;
}
