#include "analysis/words.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
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

static void put_part(FILE *out, const struct catalog *catalog, char part, va_list *arguments) {
        switch (part) {
        case 't':
                words_thread(out, catalog, va_arg(*arguments, uint32_t));
                return;
        case 'o':
                words_object(out, catalog, va_arg(*arguments, uint32_t));
                return;
        case 'w':
                words_where(out, catalog, va_arg(*arguments, uint32_t));
                return;
        case 'n':
                words_number(out, va_arg(*arguments, uint32_t), false);
                return;
        case 'N':
                fprintf(out, "%" PRIu64, va_arg(*arguments, uint64_t));
                return;
        case 'T':
                words_time(out, va_arg(*arguments, uint64_t));
                return;
        default:
                fputs(va_arg(*arguments, const char *), out);
                return;
        }
}

char *words_sentence(const struct catalog *catalog, const char *format, ...) {
        char *text = NULL;
        size_t length;
        FILE *out = open_memstream(&text, &length);
        va_list arguments;

        if (!out)
                return NULL;
        va_start(arguments, format);
        for (; *format; format++)
                if (*format == '%')
                        put_part(out, catalog, *++format, &arguments);
                else
                        fputc(*format, out);
        va_end(arguments);
        return fclose(out) == 0 ? text : NULL;
}

bool words_come_before(const struct catalog *catalog, uint32_t a, uint32_t b) {
        const struct object *object_a = catalog_object(catalog, a), *object_b = catalog_object(catalog, b);

        return object_a->address != object_b->address ? object_a->address < object_b->address : a < b;
}
