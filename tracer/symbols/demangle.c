/* The C++ library is not linked to but loaded when the first C++ symbol is met: on a machine without it no C++ program
 * ran, and a trace has its names already. */
#include "symbols/demangle.h"

#include <ctype.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#define LONGEST_SYMBOL 4096 /* its author has something else in mind than a name */
#define LONGEST_NAME 48     /* with template arguments */
#define ELLIPSIS "…"

typedef char *demangle_function(const char *mangled, char *buffer, size_t *length, int *ret_status);

static demangle_function *demangle;

static void load_demangler(void) {
        static const char *const libraries[] = { "libstdc++.so.6", "libc++abi.so.1" };

        for (size_t i = 0; i < sizeof(libraries) / sizeof(*libraries) && !demangle; i++) {
                void *library = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);

                if (library)
                        demangle = (demangle_function *) dlsym(library, "__cxa_demangle");
        }
}

/* NULL where it is no C++ symbol, or nobody is there to read it. */
static char *demangled(const char *symbol) {
        static once_flag loaded = ONCE_FLAG_INIT;
        int status = 0;

        if (strncmp(symbol, "_Z", 2) != 0 || strlen(symbol) > LONGEST_SYMBOL)
                return NULL;
        call_once(&loaded, load_demangler);
        return demangle ? demangle(symbol, NULL, NULL, &status) : NULL;
}

static bool begins_with(const char *text, const char *start) {
        return strncmp(text, start, strlen(start)) == 0;
}

static bool is_word(char c) {
        return isalnum((unsigned char) c) || c == '_';
}

/* How much of `at` is a thing in which brackets are no brackets: "operator<<", "operator()"; 0 for none. */
static size_t operator_length(const char *name, const char *at) {
        static const char *const brackets[] = { "()", "<=>", "<<=", ">>=", "<<", ">>", "<=", ">=", "->*", "->", "<", ">" };
        size_t length = strlen("operator");

        if (!begins_with(at, "operator") || is_word(at[length]) || (at > name && is_word(at[-1])))
                return 0;
        for (size_t i = 0; i < sizeof(brackets) / sizeof(*brackets); i++)
                if (begins_with(at + length, brackets[i]))
                        return length + strlen(brackets[i]);
        return length;
}

/* Behind the bracket that closes the one here; the end of the text where none does. */
static const char *behind_bracket(const char *at, char open, char close) {
        unsigned depth = 0;
        const char *begin = at;

        for (; *at; at++) {
                size_t skipped = operator_length(begin, at);

                if (skipped > 0) {
                        at += skipped - 1;
                        continue;
                }
                if (*at == '>' && at > begin && at[-1] == '-')
                        continue;
                depth += *at == open;
                if (*at == close && --depth == 0)
                        return at + 1;
        }
        return at;
}

/* Takes away what is not the name itself: "(anonymous namespace)::", "[abi:cxx11]", parameters with what follows them unless
 * that is still part of the name, and the return type that functions made from templates have in front. In place. */
static void strip_parameters(char *name) {
        char *to = name, *begin = name;
        const char *at = name;
        bool is_operator = false;

        while (*at) {
                size_t n = operator_length(name, at);

                if (n > 0) {
                        is_operator = true;
                } else if (begins_with(at, "decltype(") && !(at > name && is_word(at[-1]))) {
                        n = (size_t) (behind_bracket(at + strlen("decltype"), '(', ')') - at);
                } else if (begins_with(at, "(anonymous namespace)::")) {
                        at += strlen("(anonymous namespace)::");
                        continue;
                } else if (*at == '[') {
                        at = behind_bracket(at, '[', ']');
                        continue;
                } else if (*at == '(') {
                        at = behind_bracket(at, '(', ')');
                        at += begins_with(at, " const::") ? strlen(" const") : 0;
                        if (!begins_with(at, "::"))
                                break;
                        is_operator = false;
                        continue;
                } else if (*at == '<') {
                        n = (size_t) (behind_bracket(at, '<', '>') - at);
                } else if (begins_with(at, "{lambda(")) {
                        const char *end = behind_bracket(at + strlen("{lambda"), '(', ')');

                        memmove(to, "{lambda", strlen("{lambda"));
                        to += strlen("{lambda");
                        at = end;
                        continue;
                } else if (*at == ' ' && !is_operator) {
                        begin = to + 1;
                }
                n = n ? n : 1;
                memmove(to, at, n);
                to += n;
                at += n;
        }
        *to = '\0';
        memmove(name, begin, strlen(begin) + 1);
}

/* A lambda is called by itself, not by the operator that calls it. */
static void strip_call_operator(char *name) {
        static const char call[] = "}::operator()";
        size_t length = strlen(name), n = strlen(call);

        if (length > n && strcmp(name + length - n, call) == 0)
                name[length - n + 1] = '\0';
}

/* Where a template's argument ends. */
static const char *argument_end(const char *at) {
        while (*at && !strchr(",>", *at))
                at = *at == '<'   ? behind_bracket(at, '<', '>')
                     : *at == '(' ? behind_bracket(at, '(', ')')
                     : *at == '{' ? behind_bracket(at, '{', '}')
                                  : at + 1;
        return at;
}

/* What std::thread starts is a class made for what it was given. Where that is a lambda, compiled into it, it is the lambda. */
static void take_thread_body(char *name) {
        static const char start[] = "std::thread::_State_impl<std::thread::_Invoker<std::tuple<";
        const char *body = name + strlen(start), *end;

        if (!begins_with(name, start))
                return;
        end = argument_end(body);
        if (end == body || end[-1] != '}' || !memmem(body, (size_t) (end - body), "{lambda(", strlen("{lambda(")))
                return;
        memmove(name, body, (size_t) (end - body));
        name[end - body] = '\0';
}

/* "::h0123456789abcdef", which Rust puts behind its names. */
static void strip_rust_hash(char *name) {
        size_t length = strlen(name);
        char *hash = length > 19 ? name + length - 19 : NULL;

        if (hash && begins_with(hash, "::h") && strspn(hash + 3, "0123456789abcdef") == 16)
                *hash = '\0';
}

void shorten_templates(char *name) {
        char *to = name;
        const char *at = name;

        if (strlen(name) <= LONGEST_NAME)
                return;
        while (*at) {
                size_t n = operator_length(name, at);
                const char *end = n == 0 && *at == '<' ? behind_bracket(at, '<', '>') : NULL;

                if (end && (size_t) (end - at) >= strlen("<" ELLIPSIS ">")) {
                        memcpy(to, "<" ELLIPSIS ">", strlen("<" ELLIPSIS ">"));
                        to += strlen("<" ELLIPSIS ">");
                        at = end;
                        continue;
                }
                n = n ? n : 1;
                memmove(to, at, n);
                to += n;
                at += n;
        }
        *to = '\0';
}

/* A C function of which the compiler made a part or a variant has a dot and what it did behind its name; versions have "@". */
static char *plain_words(const char *symbol) {
        size_t length = strcspn(symbol, "@");
        const char *dot = memchr(symbol, '.', length);

        return strndup(symbol, dot && dot > symbol ? (size_t) (dot - symbol) : length);
}

char *symbol_words(const char *symbol) {
        char *plain = plain_words(symbol), *name = plain ? demangled(plain) : NULL;

        if (!name)
                return plain;
        free(plain);
        take_thread_body(name);
        strip_parameters(name);
        strip_call_operator(name);
        strip_rust_hash(name);
        shorten_templates(name);
        if (*name)
                return name;
        free(name); /* a function that returns one, say */
        return plain_words(symbol);
}
