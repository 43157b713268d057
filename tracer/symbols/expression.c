/* Names for what has no symbol, from the source itself: a lock in the heap or on a stack is best known by what the
 * program calls it where it makes it. This reads one line, and no C: it would rather say nothing than guess. */
#include "symbols/expression.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

/* Their first argument is the address of the object. */
static const char *const families[] = {
        "pthread_mutex_", "pthread_cond_", "pthread_rwlock_", "pthread_spin_", "pthread_barrier_",
        "heddle_mutex_",  "HEDDLE_WITH",   "sem_",            "mtx_",          "cnd_",
        "g_mutex_",       "g_rec_mutex_",  "g_rw_lock_",      "g_cond_",
};

/* C++: "lock_guard<std::mutex> g(m)". */
static const char *const guards[] = { "lock_guard", "unique_lock", "scoped_lock", "shared_lock" };

/* C++: "m.lock()". */
static const char *const methods[] = { "lock", "try_lock", "try_lock_for", "try_lock_until", "lock_shared", "try_lock_shared",
                                       "wait", "wait_for", "wait_until", "notify_one", "notify_all", "acquire", "release",
                                       "try_acquire" };

#define N_ITEMS(array) (sizeof(array) / sizeof(*(array)))

/* Where the object stands on the line. */
struct mention {
        const char *text; /* NULL: nowhere */
        size_t length;
        bool is_object; /* else it is its address */
        bool is_guess;
};

static bool is_word(char c) {
        return isalnum((unsigned char) c) || c == '_';
}

static size_t word_length(const char *text) {
        size_t length = 0;

        while (is_word(text[length]))
                length++;
        return length;
}

static const char *skip_blanks(const char *text) {
        return text + strspn(text, " \t");
}

static bool is_one_of(const char *word, size_t length, const char *const *words, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (strlen(words[i]) == length && strncmp(word, words[i], length) == 0)
                        return true;
        return false;
}

/* How long the argument is, without blanks behind it; 0 where the line ends first. */
static size_t argument_length(const char *argument) {
        size_t length = 0;
        int depth = 0;

        for (; argument[length] && !(depth == 0 && strchr(",)}", argument[length])); length++)
                depth += strchr("([", argument[length]) ? 1 : strchr(")]", argument[length]) ? -1 : 0;
        if (!argument[length])
                return 0;
        while (length > 0 && argument[length - 1] == ' ')
                length--;
        return length;
}

/* "pthread_mutex_lock(&acc->lock)" */
static struct mention mention_in_call(const char *word) {
        for (size_t i = 0; i < N_ITEMS(families); i++) {
                const char *end = skip_blanks(word + word_length(word));
                struct mention mention = { 0 };

                if (strncmp(word, families[i], strlen(families[i])) != 0 || *end != '(')
                        continue;
                mention.text = skip_blanks(end + 1);
                mention.is_object = *mention.text == '&';
                mention.text = skip_blanks(mention.text + mention.is_object);
                mention.length = argument_length(mention.text);
                return mention;
        }
        return (struct mention) { 0 };
}

/* Behind template arguments, if there are any. */
static const char *skip_template(const char *text) {
        int depth = 0;

        if (*text != '<')
                return text;
        for (; *text; text++) {
                depth += *text == '<' ? 1 : *text == '>' ? -1 : 0;
                if (depth == 0)
                        return text + 1;
        }
        return text;
}

/* "std::lock_guard<std::mutex> guard(acc.lock)". One that takes several locks names none. */
static struct mention mention_in_guard(const char *word) {
        size_t length = word_length(word);
        struct mention mention = { .is_object = true };
        const char *name, *end;

        if (!is_one_of(word, length, guards, N_ITEMS(guards)))
                return (struct mention) { 0 };
        name = skip_blanks(skip_template(skip_blanks(word + length)));
        end = skip_blanks(name + word_length(name));
        if (end == name || (*end != '(' && *end != '{'))
                return (struct mention) { 0 };
        mention.text = skip_blanks(end + 1);
        mention.length = argument_length(mention.text);
        if (strncmp(word, "scoped_lock", length) == 0 && *skip_blanks(mention.text + mention.length) == ',')
                mention.length = 0;
        return mention;
}

/* "acc->lock.lock()": what is in front of the name of the method. */
static struct mention mention_before_method(const char *line, const char *word) {
        size_t length = word_length(word), sign;
        const char *begin;

        if (!is_one_of(word, length, methods, N_ITEMS(methods)) || *skip_blanks(word + length) != '(')
                return (struct mention) { 0 };
        sign = word > line && word[-1] == '.' ? 1 : word > line + 1 && word[-1] == '>' && word[-2] == '-' ? 2 : 0;
        if (sign == 0)
                return (struct mention) { 0 };
        for (begin = word - sign; begin > line && (is_word(begin[-1]) || strchr(".[]->", begin[-1])); begin--)
                ;
        return (struct mention) { .text = begin, .length = (size_t) (word - sign - begin), .is_object = sign == 1, .is_guess = true };
}

/* The only one on the line. */
static struct mention only_mention(const char *line) {
        struct mention found = { 0 };

        for (const char *c = line; *c; c++) {
                struct mention mention;

                if (!is_word(*c) || (c > line && is_word(c[-1])))
                        continue;
                mention = mention_in_call(c);
                if (!mention.text)
                        mention = mention_in_guard(c);
                if (!mention.text)
                        mention = mention_before_method(line, c);
                if (mention.text && found.text)
                        return (struct mention) { 0 };
                if (mention.text)
                        found = mention;
        }
        return found;
}

/* Names, members, elements and what they point to; nothing that is computed, called or cast. */
static bool is_path(const char *text, size_t length) {
        for (size_t i = 0; i < length; i++)
                if (!is_word(text[i]) && !strchr(".[]", text[i]) && !(text[i] == '-' && i + 1 < length && text[i + 1] == '>') &&
                    !(text[i] == '>' && i > 0 && text[i - 1] == '-'))
                        return false;
        return length > 0 && (isalpha((unsigned char) text[0]) || text[0] == '_');
}

bool expression_of_call(const char *line, struct expression *ret_expression) {
        struct mention mention = only_mention(line);
        char *to = ret_expression->text;

        if (!mention.text || !is_path(mention.text, mention.length) || mention.length + 2 > EXPRESSION_BYTES)
                return false;
        if (!mention.is_object)
                *to++ = '*';
        memcpy(to, mention.text, mention.length);
        to[mention.length] = '\0';
        ret_expression->is_guess = mention.is_guess;
        return true;
}
