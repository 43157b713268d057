/* Two of the runtime's mutexes in opposite order, by guards.
 *
 * verdict: deadlock forth back pair.a pair.b behind: main
 * exit: 123 */
#include <heddle/heddle.h>

#include "all-arrive.h"

static struct {
        struct heddle_mutex a, b;
} pair;
static atomic_int n_arrived;

static void *forth(void *data) {
        HEDDLE_WITH(&pair.a) {
                all_arrive(&n_arrived, 2);
                HEDDLE_WITH(&pair.b)
                        n_arrived++;
        }
        return data;
}

static void *back(void *data) {
        HEDDLE_GUARD b = heddle_mutex_guard(&pair.b);
        all_arrive(&n_arrived, 2);
        HEDDLE_GUARD a = heddle_mutex_guard(&pair.a);
        return data;
}

int main(void) {
        heddle_thread *threads[2];

        if (heddle_spawn("forth", forth, NULL, &threads[0]) < 0 || heddle_spawn("back", back, NULL, &threads[1]) < 0)
                return 1;
        heddle_join(threads[0], NULL);
        heddle_join(threads[1], NULL);
        return 0;
}
