/* A test's name is the claim it checks. Tests register themselves:
 *
 *     TEST(two_threads_in_opposite_order_are_a_cycle) { EXPECT_EQ(n_cycles(story), 1); }
 *
 * Link with test_main.c. `PROGRAM [NAME]` runs all tests, or those whose name contains NAME; the exit status is 1 if one
 * failed, and 77 (which Meson counts as skipped) if every test that ran was skipped. */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct test {
        const char *name;
        void (*run)(void);
        struct test *next;
};

void test_register(struct test *test);
void test_fail(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Says why, and counts the running test as skipped. */
void test_skip(const char *reason);

#define TEST(id)                                                                                  \
        static void test_##id(void);                                                              \
        __attribute__((constructor)) static void register_##id(void) {                           \
                static struct test test = { #id, test_##id, NULL };                               \
                test_register(&test);                                                             \
        }                                                                                         \
        static void test_##id(void)

/* Each goes on after a failure; the ASSERT forms leave the test. */
#define EXPECT(condition)                                                                         \
        do {                                                                                      \
                if (!(condition))                                                                 \
                        test_fail(__FILE__, __LINE__, "%s", #condition);                          \
        } while (0)
#define ASSERT(condition)                                                                         \
        do {                                                                                      \
                if (!(condition)) {                                                               \
                        test_fail(__FILE__, __LINE__, "%s", #condition);                          \
                        return;                                                                   \
                }                                                                                 \
        } while (0)
#define EXPECT_EQ(got, wanted)                                                                    \
        do {                                                                                      \
                long long got_ = (long long) (got), wanted_ = (long long) (wanted);               \
                if (got_ != wanted_)                                                              \
                        test_fail(__FILE__, __LINE__, "%s is %lld, wanted %lld", #got, got_, wanted_); \
        } while (0)
#define EXPECT_STR(got, wanted)                                                                   \
        do {                                                                                      \
                const char *got_ = (got), *wanted_ = (wanted);                                    \
                if (!got_ || !wanted_ || strcmp(got_, wanted_) != 0)                              \
                        test_fail(__FILE__, __LINE__, "%s is \"%s\", wanted \"%s\"", #got, got_ ? got_ : "(null)", wanted_ ? wanted_ : "(null)"); \
        } while (0)
#define EXPECT_CONTAINS(text, part)                                                               \
        do {                                                                                      \
                const char *text_ = (text), *part_ = (part);                                      \
                if (!text_ || !strstr(text_, part_))                                              \
                        test_fail(__FILE__, __LINE__, "%s does not contain \"%s\":\n%s", #text, part_, text_ ? text_ : "(null)"); \
        } while (0)
