/* What a line of source calls a lock. */
#include "symbols/expression.h"
#include "test.h"

static const char *expression_of(const char *line) {
        static struct expression expression;

        return expression_of_call(line, &expression) ? expression.text : "";
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

TEST(in_cxx_it_is_what_a_guard_takes_or_what_the_method_is_of) {
        struct expression expression;

        EXPECT_STR(expression_of("std::lock_guard<std::mutex> guard(acc->lock);"), "acc->lock");
        EXPECT_STR(expression_of("{ std::unique_lock lk{m, std::defer_lock}; n++; }"), "m");
        EXPECT_STR(expression_of("std::shared_lock<std::shared_mutex> l(this->table);"), "this->table");
        EXPECT_STR(expression_of("std::scoped_lock both(a, b);"), "");
        EXPECT_STR(expression_of("std::lock_guard<std::mutex> guard(lock_of(acc));"), "");
        EXPECT_STR(expression_of("std::lock_guard<std::mutex>"), "");
        EXPECT_STR(expression_of("std::lock_guard<std::mutex> guard("), "");
        EXPECT_STR(expression_of("acc->lock.lock();"), "acc->lock");
        EXPECT_STR(expression_of("mutex->lock();"), "*mutex");
        EXPECT_STR(expression_of("get().lock();"), "");
        EXPECT_STR(expression_of("lock();"), "");
        EXPECT(expression_of_call("guard.lock();", &expression) && expression.is_guess);
        EXPECT(expression_of_call("std::lock_guard guard(m);", &expression) && !expression.is_guess);
}

TEST(locks_of_glib_are_called_the_same_way) {
        EXPECT_STR(expression_of("g_mutex_lock (&queue->lock);"), "queue->lock");
        EXPECT_STR(expression_of("g_rec_mutex_init (&self->priv->mutex);"), "self->priv->mutex");
}
