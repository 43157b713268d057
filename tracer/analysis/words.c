#include "analysis/words.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

void words_thread(FILE *out, const struct catalog *catalog, uint32_t thread) {
        char label[CATALOG_LABEL_BYTES];

        fputs(catalog_thread_label(catalog, thread, label), out);
}

void words_object(FILE *out, const struct catalog *catalog, uint32_t object) {
        char name[CATALOG_NAME_BYTES];

        fputs(catalog_object_name(catalog, object, name), out);
}

void words_where(FILE *out, const struct catalog *catalog, uint32_t stack) {
        const struct frame *site = catalog_site(catalog, stack);
        const char *slash;

        if (!site || !site->file || site->line == 0)
                return;
        slash = strrchr(site->file, '/');
        fprintf(out, " (%s:%" PRIu32 ")", slash ? slash + 1 : site->file, site->line);
}

void words_number(FILE *out, uint32_t n, bool capital) {
        static const char *const names[] = { "no", "one", "two", "three", "four", "five", "six",
                                             "seven", "eight", "nine", "ten", "eleven", "twelve" };
        const char *name = n < sizeof(names) / sizeof(*names) ? names[n] : NULL;

        if (name)
                fprintf(out, "%c%s", capital ? toupper((unsigned char) name[0]) : name[0], name + 1);
        else
                fprintf(out, "%" PRIu32, n);
}

void words_time(FILE *out, uint64_t time_ns) {
        fprintf(out, "%" PRIu64 ".%03" PRIu64 " s", time_ns / 1000000000, time_ns / 1000000 % 1000);
}

bool words_come_before(const struct catalog *catalog, uint32_t a, uint32_t b) {
        const struct object *object_a = catalog_object(catalog, a), *object_b = catalog_object(catalog, b);

        return object_a->address != object_b->address ? object_a->address < object_b->address : a < b;
}
