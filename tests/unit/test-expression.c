/* What a line of source calls a lock. */
#include "symbols/expression.h"
#include "test.h"

static const char *expression_of(const char *line) {
        static char expression[EXPRESSION_BYTES];

        return expression_of_call(line, expression) ? expression : "";
}

TEST(the_address_of_a_variable_is_called_by_its_name) {
        EXPECT_STR(expression_of("pthread_mutex_lock(&lock);"), "lock");
        EXPECT_STR(expression_of("if (pthread_mutex_init( & acc->lock , NULL) != 0)"), "acc->lock");
        EXPECT_STR(expression_of("r = heddle_mutex_try_lock(&table.forks[i + 1].lock);"), "");
        EXPECT_STR(expression_of("r = heddle_mutex_try_lock(&table.forks[next].lock);"), "table.forks[next].lock");
        EXPECT_STR(expression_of("HEDDLE_WITH (&self->state) {"), "self->state");
}

TEST(a_pointer_is_called_by_what_it_points_to) {
        EXPECT_STR(expression_of("pthread_mutex_lock(lock);"), "*lock");
        EXPECT_STR(expression_of("pthread_cond_wait(self->cond, &self->lock);"), "*self->cond");
}

TEST(what_is_not_plain_gets_no_name) {
        EXPECT_STR(expression_of("lock_both(a, b);"), "");
        EXPECT_STR(expression_of("my_pthread_mutex_lock(&lock);"), "");
        EXPECT_STR(expression_of("pthread_mutex_lock(lock_of(account));"), "");
        EXPECT_STR(expression_of("pthread_mutex_lock((pthread_mutex_t *) p);"), "");
        EXPECT_STR(expression_of("pthread_mutex_lock(&a); pthread_mutex_lock(&b);"), "");
        EXPECT_STR(expression_of("pthread_mutex_lock("), "");
        EXPECT_STR(expression_of("pthread_mutex_lock()"), "");
        EXPECT_STR(expression_of("pthread_mutex_lock(&a->"), "");
        EXPECT_STR(expression_of("pthread_mutex_lock(&a_name_that_goes_on_and_on_for_longer_than_any_reader_likes);"), "");
        EXPECT_STR(expression_of(""), "");
}
