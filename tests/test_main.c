#include "test.h"

#include <stdarg.h>

static struct test *first_test, **last_test = &first_test;
static bool failed, skipped;

void test_register(struct test *test) {
        *last_test = test;
        last_test = &test->next;
}

void test_fail(const char *file, int line, const char *format, ...) {
        va_list arguments;

        failed = true;
        printf("    %s:%d: ", file, line);
        va_start(arguments, format);
        vprintf(format, arguments);
        va_end(arguments);
        printf("\n");
}

void test_skip(const char *reason) {
        skipped = true;
        printf("    skipped: %s\n", reason);
}

int main(int argc, char **argv) {
        unsigned n_ok = 0, n_failed = 0, n_skipped = 0;

        setvbuf(stdout, NULL, _IOLBF, 0);
        for (struct test *test = first_test; test; test = test->next) {
                if (argc > 1 && !strstr(test->name, argv[1]))
                        continue;
                failed = skipped = false;
                test->run();
                printf("%s %s\n", failed ? "FAILED" : skipped ? "skip" : "ok", test->name);
                n_failed += failed;
                n_skipped += !failed && skipped;
                n_ok += !failed && !skipped;
        }
        printf("%u ok, %u failed, %u skipped\n", n_ok, n_failed, n_skipped);
        if (n_failed > 0 || n_ok + n_skipped == 0)
                return 1;
        return n_ok > 0 ? 0 : 77;
}
