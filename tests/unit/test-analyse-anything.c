/* A damaged trace can say anything. Nothing of it may lead the analyses astray; what they find then is of no matter. */
#include <stdlib.h>

#include "analysis/analysis.h"
#include "analysis/lock_order.h"
#include "story.h"
#include "test.h"

#define TRACES 3000
#define EVENTS 120

static uint64_t random_state;

static uint32_t pick(uint32_t n) {
        random_state ^= random_state << 13;
        random_state ^= random_state >> 7;
        random_state ^= random_state << 17;
        return (uint32_t) (random_state >> 33) % n;
}

/* Mostly small numbers that mean something, sometimes any. */
static uint32_t pick_id(uint32_t n) {
        return pick(50) ? pick(n + 1) : pick(3) ? n + 1 : UINT32_MAX - pick(3);
}

static void make_events(struct event *events, size_t n, const struct catalog *catalog) {
        for (size_t i = 0; i < n; i++)
                events[i] = (struct event) {
                        .time_ns = pick(20) ? i * 1000 : pick(UINT32_MAX),
                        .thread = pick_id(catalog->n_threads - 1),
                        .object = pick_id(catalog->n_objects - 1),
                        .stack = pick_id(catalog->n_stacks - 1),
                        .sequence = pick(10) ? pick(8) : UINT32_MAX - pick(3),
                        .value = pick(10) ? pick(5) : UINT32_MAX - pick(3),
                        .kind = (uint8_t) (pick(20) ? pick(48) : pick(256)),
                        .flags = pick(4) ? 0 : (uint8_t) pick(16),
                };
}

TEST(no_trace_is_so_damaged_that_it_does_harm) {
        struct story *s = story("A: lock x @1, lock y @2, spawn B, channel ch =1, send ch; B: lock R read @3, wait-cond c, recv ch; C: join A, lock semaphore:s;"
                                "D/2: lock z, channel other =0");
        size_t n_findings = 0;

        free(s->events);
        s->events = calloc(EVENTS, sizeof(*s->events));
        ASSERT(s->events != NULL);
        s->n_events = s->size_events = EVENTS;
        for (uint32_t seed = 1; seed <= TRACES; seed++) {
                struct derived derived;
                struct finding_list list;

                random_state = seed * UINT64_C(0x9e3779b97f4a7c15);
                make_events(s->events, EVENTS, &s->catalog);
                ASSERT(analyse(story_source(s), &s->catalog, ANALYSE_HOLDS, &derived, &list) == 0);
                for (size_t i = 0; i < list.n; i++) {
                        char *text = explain_finding(&list.items[i], &s->catalog, true);

                        EXPECT(text && text[0]);
                        free(text);
                }
                n_findings += list.n;
                derived_finish(&derived);
                finding_list_finish(&list);
        }
        printf("    %zu findings\n", n_findings);
        EXPECT(n_findings > 100); /* else the traces lead nowhere at all */
}

/* Cycles that are there, and how many of them were not looked at. */
static void find_within(struct story *story, struct lock_order_limits limits, size_t *ret_n_found, uint64_t *ret_n_unchecked) {
        struct lock_order lock_order = { .stopped = false };
        struct lock_order_counts counts;
        struct finding_list list = { 0 };

        for (size_t i = 0; i < story->n_events; i++)
                EXPECT_EQ(lock_order_apply(&lock_order, &story->catalog, &story->events[i], i + 1), 0);
        EXPECT_EQ(lock_order_find(&lock_order, &story->catalog, &limits, false, &list, &counts), 0);
        *ret_n_found = list.n;
        *ret_n_unchecked = counts.n_unchecked;
        finding_list_finish(&list);
        lock_order_finish(&lock_order);
}

TEST(a_search_that_is_cut_short_says_so) {
        struct story *s = story("T1: lock A, lock B, unlock B, unlock A; T2: lock B, lock A, unlock A, unlock B;"
                                "T1: lock C, lock D, unlock D, unlock C; T2: lock D, lock C, unlock C, unlock D");
        uint64_t n_unchecked;
        size_t n_found;

        find_within(s, lock_order_default_limits, &n_found, &n_unchecked);
        EXPECT_EQ(n_found, 2);
        EXPECT_EQ(n_unchecked, 0);
        find_within(s, (struct lock_order_limits) { .max_search_steps = 1, .max_closure_steps = 1000 }, &n_found, &n_unchecked);
        EXPECT_EQ(n_found, 1);
        EXPECT(n_unchecked > 0);
        find_within(s, (struct lock_order_limits) { .max_search_steps = 1000, .max_closure_steps = 1 }, &n_found, &n_unchecked);
        EXPECT_EQ(n_found, 1);
        EXPECT_EQ(n_unchecked, 1);
}
