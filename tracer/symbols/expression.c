/* Names for what has no symbol, from the source itself: a lock in the heap or on a stack is best known by what the
 * program calls it where it makes it. This reads one line, and no C: it would rather say nothing than guess. */
#include "symbols/expression.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

/* Their first argument is the object. */
static const char *const families[] = {
        "pthread_mutex_", "pthread_cond_", "pthread_rwlock_", "pthread_spin_", "pthread_barrier_",
        "heddle_mutex_",  "HEDDLE_WITH",   "sem_",            "mtx_",          "cnd_",
};

static bool is_word(char c) {
        return isalnum((unsigned char) c) || c == '_';
}

/* Behind the "(" of a call of one of the families that begins at `word`, or NULL. */
static const char *argument_of(const char *word) {
        for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
                const char *end = word + strlen(families[i]);

                if (strncmp(word, families[i], strlen(families[i])) != 0)
                        continue;
                while (is_word(*end))
                        end++;
                end += strspn(end, " ");
                return *end == '(' ? end + 1 : NULL;
        }
        return NULL;
}

/* The argument of the only such call on the line, or NULL. */
static const char *only_argument(const char *line) {
        const char *found = NULL;

        for (const char *c = line; *c; c++) {
                const char *argument = (c == line || !is_word(c[-1])) ? argument_of(c) : NULL;

                if (argument && found)
                        return NULL;
                if (argument)
                        found = argument;
        }
        return found;
}

/* How long the argument is, without blanks behind it; 0 where the line ends first. */
static size_t length_of(const char *argument) {
        size_t length = 0;
        int depth = 0;

        for (; argument[length] && !(depth == 0 && strchr(",)", argument[length])); length++)
                depth += argument[length] == '(' || argument[length] == '[' ? 1
                         : argument[length] == ')' || argument[length] == ']' ? -1
                                                                               : 0;
        if (!argument[length])
                return 0;
        while (length > 0 && argument[length - 1] == ' ')
                length--;
        return length;
}

/* Names, members, elements and what they point to; nothing that is computed, called or cast. */
static bool is_path(const char *text, size_t length) {
        for (size_t i = 0; i < length; i++)
                if (!is_word(text[i]) && !strchr(".[]", text[i]) && !(text[i] == '-' && i + 1 < length && text[i + 1] == '>') &&
                    !(text[i] == '>' && i > 0 && text[i - 1] == '-'))
                        return false;
        return length > 0 && (isalpha((unsigned char) text[0]) || text[0] == '_');
}

bool expression_of_call(const char *line, char ret_expression[static EXPRESSION_BYTES]) {
        const char *argument = only_argument(line);
        bool is_address;
        size_t length;

        if (!argument)
                return false;
        argument += strspn(argument, " ");
        is_address = *argument == '&';
        argument += is_address;
        argument += strspn(argument, " ");
        length = length_of(argument);
        if (!is_path(argument, length) || length + 2 > EXPRESSION_BYTES)
                return false;
        if (!is_address)
                *ret_expression++ = '*';
        memcpy(ret_expression, argument, length);
        ret_expression[length] = '\0';
        return true;
}
