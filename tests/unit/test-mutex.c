/* Mutexes, guards and poisoning: what <heddle/mutex.h> promises. */
#include <heddle/heddle.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "test.h"

#define N_THREADS 4
#define N_ROUNDS 20000

static struct heddle_mutex counter_lock = HEDDLE_MUTEX_INIT;
static long counter; /* deliberately not atomic */

static void *count(void *data) {
        for (int i = 0; i < N_ROUNDS; i++)
                HEDDLE_WITH(&counter_lock)
                        counter++;
        return NULL;
}

TEST(no_increment_under_a_mutex_is_lost) {
        heddle_thread *threads[N_THREADS];

        counter = 0;
        for (int i = 0; i < N_THREADS; i++)
                ASSERT(heddle_spawn("counter", count, NULL, &threads[i]) == 0);
        for (int i = 0; i < N_THREADS; i++)
                heddle_join(threads[i], NULL);
        EXPECT_EQ(counter, (long) N_THREADS * N_ROUNDS);
}

/* Several holders that sleep while they hold, so that the others sleep too, and have to be woken. */
static void *count_slowly(void *data) {
        for (int i = 0; i < 20; i++) {
                heddle_mutex_lock(&counter_lock);
                counter++;
                heddle_sleep(HEDDLE_MS / 10);
                heddle_mutex_unlock(&counter_lock);
        }
        return NULL;
}

TEST(sleeping_waiters_are_woken) {
        heddle_thread *threads[N_THREADS];

        counter = 0;
        for (int i = 0; i < N_THREADS; i++)
                ASSERT(heddle_spawn(NULL, count_slowly, NULL, &threads[i]) == 0);
        for (int i = 0; i < N_THREADS; i++)
                heddle_join(threads[i], NULL);
        EXPECT_EQ(counter, N_THREADS * 20);
}

TEST(try_lock_fails_on_a_mutex_that_is_held) {
        struct heddle_mutex mutex = HEDDLE_MUTEX_INIT;

        EXPECT_EQ(heddle_mutex_try_lock(&mutex), 0);
        EXPECT_EQ(heddle_mutex_try_lock(&mutex), -EBUSY);
        EXPECT_EQ(heddle_mutex_unlock(&mutex), 0);
        EXPECT_EQ(heddle_mutex_try_lock(&mutex), 0);
        EXPECT_EQ(heddle_mutex_unlock(&mutex), 0);
}

static void *unlock(void *mutex) {
        return (void *) (intptr_t) heddle_mutex_unlock(mutex);
}

TEST(only_the_owner_unlocks) {
        struct heddle_mutex mutex = HEDDLE_MUTEX_INIT;
        heddle_thread *thread;
        void *result = NULL;

        EXPECT_EQ(heddle_mutex_unlock(&mutex), -EPERM);
        heddle_mutex_lock(&mutex);
        ASSERT(heddle_spawn(NULL, unlock, &mutex, &thread) == 0);
        heddle_join(thread, &result);
        EXPECT_EQ((intptr_t) result, -EPERM);
        EXPECT_EQ(heddle_mutex_unlock(&mutex), 0);
}

TEST(locks_may_be_released_in_any_order) {
        struct heddle_mutex mutexes[3] = { HEDDLE_MUTEX_INIT, HEDDLE_MUTEX_INIT, HEDDLE_MUTEX_INIT };
        static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                            { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

        for (int i = 0; i < 6; i++) {
                for (int j = 0; j < 3; j++)
                        EXPECT_EQ(heddle_mutex_lock(&mutexes[j]), 0);
                for (int j = 0; j < 3; j++)
                        EXPECT_EQ(heddle_mutex_unlock(&mutexes[orders[i][j]]), 0);
        }
}

static bool is_free(struct heddle_mutex *mutex) {
        if (heddle_mutex_try_lock(mutex) != 0)
                return false;
        heddle_mutex_unlock(mutex);
        return true;
}

static int return_from_guard(struct heddle_mutex *mutex) {
        HEDDLE_GUARD guard = heddle_mutex_guard(mutex);

        return is_free(mutex) ? -1 : 5;
}

TEST(a_guard_unlocks_however_its_block_is_left) {
        struct heddle_mutex mutex = HEDDLE_MUTEX_INIT;

        EXPECT_EQ(return_from_guard(&mutex), 5);
        EXPECT(is_free(&mutex));
        for (int i = 0; i < 2; i++) {
                HEDDLE_GUARD guard = heddle_mutex_guard(&mutex);
                EXPECT(!is_free(&mutex));
                if (i == 0)
                        continue;
                break;
        }
        EXPECT(is_free(&mutex));
        HEDDLE_WITH(&mutex) {
                EXPECT(!is_free(&mutex));
                break;
        }
        EXPECT(is_free(&mutex));
        HEDDLE_WITH(&mutex)
                goto out;
out:
        EXPECT(is_free(&mutex));
}

TEST(a_guard_may_be_dropped_early_and_twice) {
        struct heddle_mutex mutex = HEDDLE_MUTEX_INIT;
        HEDDLE_GUARD guard = heddle_mutex_guard(&mutex);

        heddle_guard_drop(&guard);
        EXPECT(is_free(&mutex));
        heddle_mutex_lock(&mutex);
        heddle_guard_drop(&guard);
        EXPECT(!is_free(&mutex));
        heddle_mutex_unlock(&mutex);
}

struct vault {
        struct heddle_mutex outer, inner, released;
        bool fell;
};

static void *panic_in_vault(void *data) {
        struct vault *vault = data;
        HEDDLE_GUARD guard = heddle_mutex_guard(&vault->outer);

        heddle_mutex_lock(&vault->released);
        heddle_mutex_lock(&vault->inner);
        heddle_mutex_unlock(&vault->released);
        heddle_panic("the vault is empty");
}

TEST(a_panic_poisons_and_unlocks_what_its_thread_holds) {
        struct vault vault = { HEDDLE_MUTEX_INIT, HEDDLE_MUTEX_INIT, HEDDLE_MUTEX_INIT, false };
        heddle_thread *thread;

        ASSERT(heddle_spawn("thief", panic_in_vault, &vault, &thread) == 0);
        EXPECT_EQ(heddle_join(thread, NULL), -EOWNERDEAD);
        EXPECT_EQ(heddle_mutex_lock(&vault.outer), -EOWNERDEAD);
        EXPECT_EQ(heddle_mutex_try_lock(&vault.inner), -EOWNERDEAD);
        EXPECT_EQ(heddle_mutex_try_lock(&vault.released), 0);
        EXPECT(heddle_mutex_is_poisoned(&vault.outer) && !heddle_mutex_is_poisoned(&vault.released));
        EXPECT_EQ(heddle_mutex_unlock(&vault.outer), 0);
        EXPECT_EQ(heddle_mutex_unlock(&vault.inner), 0);
        EXPECT_EQ(heddle_mutex_unlock(&vault.released), 0);
}

TEST(poison_stays_until_it_is_cleared) {
        struct vault vault = { HEDDLE_MUTEX_INIT, HEDDLE_MUTEX_INIT, HEDDLE_MUTEX_INIT, false };
        heddle_thread *thread;

        ASSERT(heddle_spawn(NULL, panic_in_vault, &vault, &thread) == 0);
        heddle_join(thread, NULL);
        for (int i = 0; i < 2; i++) {
                HEDDLE_GUARD guard = heddle_mutex_guard(&vault.outer);
                EXPECT_EQ(guard.error, -EOWNERDEAD);
        }
        heddle_mutex_clear_poison(&vault.outer);
        HEDDLE_GUARD guard = heddle_mutex_guard(&vault.outer);
        EXPECT_EQ(guard.error, 0);
}

static void *wait_for_inner(void *data) {
        struct vault *vault = data;

        return (void *) (intptr_t) heddle_mutex_lock(&vault->inner);
}

static void *panic_when_told(void *data) {
        struct vault *vault = data;

        heddle_mutex_lock(&vault->inner);
        heddle_mutex_unlock(&vault->outer); /* not its own: refused, and not poisoned later */
        heddle_sleep(20 * HEDDLE_MS);
        heddle_panic("while somebody waits");
}

TEST(who_waits_for_a_mutex_whose_owner_panics_gets_it_poisoned) {
        struct vault vault = { HEDDLE_MUTEX_INIT, HEDDLE_MUTEX_INIT, HEDDLE_MUTEX_INIT, false };
        heddle_thread *owner, *waiter;
        void *result = NULL;

        heddle_mutex_lock(&vault.outer);
        ASSERT(heddle_spawn(NULL, panic_when_told, &vault, &owner) == 0);
        while (is_free(&vault.inner))
                heddle_yield();
        ASSERT(heddle_spawn(NULL, wait_for_inner, &vault, &waiter) == 0);
        heddle_join(waiter, &result);
        EXPECT_EQ((intptr_t) result, -EOWNERDEAD);
        EXPECT_EQ(heddle_join(owner, NULL), -EOWNERDEAD);
        EXPECT(!heddle_mutex_is_poisoned(&vault.outer));
        heddle_mutex_unlock(&vault.outer);
}

TEST(a_mutex_that_is_held_cannot_be_finished) {
        struct heddle_mutex *mutex = malloc(sizeof *mutex);

        ASSERT(mutex != NULL);
        heddle_mutex_init(mutex);
        heddle_mutex_name(mutex, "short-lived");
        heddle_mutex_lock(mutex);
        EXPECT_EQ(heddle_mutex_finish(mutex), -EBUSY);
        heddle_mutex_unlock(mutex);
        EXPECT_EQ(heddle_mutex_finish(mutex), 0);
        free(mutex);
}
